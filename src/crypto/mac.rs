//! Message authentication codes of eight bytes (Doc 9303-11 §9.8.6.2, §9.8.7.2).

use cmac::Cmac;
use cmac::KeyInit;
use cmac::Mac;
use des::Des;
use retail_mac::RetailMac;
use subtle::ConstantTimeEq;

use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;

/// Length of every code here, in bytes.
pub const TAG_LEN: usize = 8;

/// Computes the code over the parts in a row.
///
/// 3DES: ISO/IEC 9797-1 MAC algorithm 3 (retail MAC), which pads by method 2 itself. AES: CMAC
/// (SP 800-38B) over the data as it is, cut to eight bytes; a caller that must pad, pads.
pub fn tag(key: &Key, parts: &[&[u8]]) -> [u8; TAG_LEN] {
    let bytes = key.expose();
    match key.cipher() {
        Cipher::TripleDes => compute::<RetailMac<Des>>(bytes, parts, RETAIL_MARK),
        Cipher::Aes128 => compute::<Cmac<aes::Aes128>>(bytes, parts, &[]),
        Cipher::Aes192 => compute::<Cmac<aes::Aes192>>(bytes, parts, &[]),
        Cipher::Aes256 => compute::<Cmac<aes::Aes256>>(bytes, parts, &[]),
    }
}

/// Padding method 2 begins with 80 in every case; `retail-mac` itself fills up with zeros only.
const RETAIL_MARK: &[u8] = &[0x80];

#[expect(clippy::expect_used, reason = "a Key has the length of its cipher")]
fn compute<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], mark: &[u8]) -> [u8; TAG_LEN] {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("a key of the cipher's length");
    for part in parts {
        mac.update(part);
    }
    mac.update(mark);
    let full = mac.finalize().into_bytes();
    let mut code = [0; TAG_LEN];
    for (to, from) in code.iter_mut().zip(full) {
        *to = from;
    }
    code
}

/// The code does not belong to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch;

/// Compares a code in constant time; all eight bytes, no more and no fewer.
///
/// # Errors
/// [`Mismatch`].
pub fn verify(key: &Key, parts: &[&[u8]], code: &[u8]) -> Result<(), Mismatch> {
    if bool::from(tag(key, parts).as_slice().ct_eq(code)) {
        Ok(())
    } else {
        Err(Mismatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::cipher::unpad;
    use crate::crypto::vectors;
    use crate::secret::Secret;

    fn key(cipher: Cipher, bytes: Vec<u8>) -> Key {
        Key::new(cipher, Secret::new(bytes)).unwrap()
    }

    #[test]
    fn basic_access_control_of_appendix_d3() {
        let file = vectors::parse(include_str!("../../tests/vectors/bac.toml"));
        let keys = vectors::table(&file, "document_keys");
        let enc = key(Cipher::TripleDes, vectors::hex(keys, "k_enc"));
        let mac = key(Cipher::TripleDes, vectors::hex(keys, "k_mac"));
        for (side, plain, encrypted, code) in [
            ("terminal", "s", "e_ifd", "m_ifd"),
            ("chip", "r", "e_ic", "m_ic"),
        ] {
            let values = vectors::table(&file, side);
            let sent = enc.encrypt(&[], &vectors::hex(values, plain)).unwrap();
            assert_eq!(sent, vectors::hex(values, encrypted));
            let code = vectors::hex(values, code);
            assert_eq!(tag(&mac, &[&sent]).as_slice(), code);
            verify(&mac, &[&sent], &code).unwrap();
        }
    }

    #[test]
    fn secure_messaging_of_appendix_d4() {
        let file = vectors::parse(include_str!(
            "../../tests/vectors/secure_messaging_3des.toml"
        ));
        let session = vectors::table(&file, "session");
        let mac = key(Cipher::TripleDes, vectors::hex(session, "ks_mac"));
        for exchange in vectors::tables(&file, "exchange") {
            for (input, code) in [("n", "cc"), ("k", "cc_response")] {
                let padded = vectors::hex(exchange, input);
                // The code pads by itself.
                let input = unpad(&padded).unwrap();
                let (head, tail) = input.split_at(5);
                verify(&mac, &[head, tail], &vectors::hex(exchange, code)).unwrap();
            }
        }
    }

    #[test]
    fn tokens_of_appendix_g1() {
        let file = vectors::parse(include_str!("../../tests/vectors/pace_gm_ecdh.toml"));
        let session = vectors::table(&file, "session");
        let mac = key(Cipher::Aes128, vectors::hex(session, "ks_mac"));
        let tokens = vectors::table(&file, "tokens");
        for side in ["token_terminal", "token_chip"] {
            let input = vectors::hex(tokens, &format!("{side}_input"));
            assert_eq!(tag(&mac, &[&input]).as_slice(), vectors::hex(tokens, side));
        }
    }

    /// SP 800-38B Appendix D, examples of 40 bytes, cut to eight bytes.
    #[test]
    fn cmac_of_every_aes() {
        let message = hex::decode(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
        )
        .unwrap();
        for (cipher, bytes, code) in [
            (
                Cipher::Aes128,
                "2b7e151628aed2a6abf7158809cf4f3c",
                "dfa66747de9ae630",
            ),
            (
                Cipher::Aes192,
                "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "8a1de5be2eb31aad",
            ),
            (
                Cipher::Aes256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "aaf3d8f1de5640c2",
            ),
        ] {
            let key = key(cipher, hex::decode(bytes).unwrap());
            assert_eq!(hex::encode(tag(&key, &[&message])), code);
        }
    }

    #[test]
    fn shorter_longer_and_changed_codes_are_refused() {
        let key = key(Cipher::Aes128, vec![7; 16]);
        let good = tag(&key, &[b"message"]);
        let mut longer = good.to_vec();
        longer.push(0);
        assert_eq!(verify(&key, &[b"message"], &longer), Err(Mismatch));
        assert_eq!(verify(&key, &[b"message"], &good[..7]), Err(Mismatch));
        assert_eq!(verify(&key, &[b"message"], &[]), Err(Mismatch));
        for bit in 0..64 {
            let mut changed = good;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&key, &[b"message"], &changed), Err(Mismatch));
        }
    }
}
