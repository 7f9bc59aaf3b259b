//! Secure messaging: one READ BINARY wrapped and its answer checked and unwrapped, for a face's
//! 15 KB in one piece and for the 223 bytes that a short answer carries.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

use cancuoc::bytes::tlv;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::crypto::cipher;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::kdf;
use cancuoc::crypto::kdf::Purpose;
use cancuoc::crypto::mac;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Response;
use cancuoc::iso7816::Status;
use cancuoc::iso7816::ins;
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

/// The secret that both sides agreed on.
const SHARED: [u8; 32] = [0x5A; 32];

/// The chip's answer to the first command of a session (Doc 9303-11 §9.8.5 figure 6).
fn answer(cipher: Cipher, data: &[u8]) -> Response {
    let encryption = kdf::derive(cipher, &SHARED, Purpose::Encryption);
    let authentication = kdf::derive(cipher, &SHARED, Purpose::Authentication);
    let block = cipher.block_len();
    // The command took counter 1.
    let mut counter = vec![0; block];
    *counter.last_mut().unwrap() = 2;
    let iv = match cipher {
        Cipher::TripleDes => Vec::new(),
        _ => encryption.encrypt(&[], &counter).unwrap(),
    };
    let cryptogram = encryption.encrypt(&iv, &cipher::pad(data, block)).unwrap();
    let mut objects = tlv::encode(0x87, &[&[0x01], &cryptogram]);
    objects.extend(tlv::encode(0x99, &[&[0x90, 0x00]]));
    let message = [counter, objects.clone()].concat();
    let message = match cipher {
        // The retail MAC pads by itself.
        Cipher::TripleDes => message,
        _ => cipher::pad(&message, block),
    };
    let code = mac::tag(&authentication, &[&message]);
    objects.extend(tlv::encode(0x8E, &[&code]));
    Response {
        data: objects,
        status: Status::SUCCESS,
    }
}

#[divan::bench(
    args = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes256],
    consts = [223, 15_000]
)]
fn protect_and_unprotect<const LENGTH: usize>(bencher: Bencher<'_, '_>, cipher: &Cipher) {
    let response = answer(*cipher, &[0xA5; LENGTH]);
    let command = Command::new(ins::READ_BINARY, 0x82, 0).expecting(LENGTH);
    bencher
        .counter(BytesCount::new(LENGTH))
        .with_inputs(|| SecureMessaging::from_shared(*cipher, &SHARED))
        .bench_local_values(|mut session| {
            session.protect(&command).unwrap();
            session.unprotect(&response).unwrap()
        });
}
