//! Encodes the elementary files of a card (Doc 9303-10 §4), written from the standard and apart
//! from the decoders, so that each checks the other.

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::cipher::Cipher;
use crate::crypto::hash::Hash;
use crate::lds::DataGroup;
use crate::lds::security_infos::Agreement;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::sim::biometrics;
use crate::sim::biometrics::face;
use crate::sim::biometrics::face::Face;
use crate::sim::faces::Portrait;
use crate::sim::personalisation::CvcaFile;
use crate::sim::pki::der;

/// bsi-de protocols/smartcard, 0.4.0.127.0.7.2.2
const SMARTCARD: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];

/// EF.COM: LDS 1.7, Unicode 4.0 and the tags of the groups (Doc 9303-10 §4.6.1).
pub fn com(groups: &[DataGroup]) -> Vec<u8> {
    let tags: Vec<u8> = groups
        .iter()
        .filter_map(|group| u8::try_from(group.tag()).ok())
        .collect();
    encode(
        0x60,
        &[
            &encode(0x5F01, &[b"0107"]),
            &encode(0x5F36, &[b"040000"]),
            &encode(0x5C, &[&tags]),
        ],
    )
}

/// DG1: the machine-readable zone without line breaks (Doc 9303-10 §4.7.1).
pub fn dg1(mrz: &str) -> Vec<u8> {
    encode(0x61, &[&encode(0x5F1F, &[mrz.as_bytes()])])
}

/// DG2: one face (Doc 9303-10 §4.7.2).
pub fn dg2(portrait: &Portrait) -> Vec<u8> {
    dg2_of(&face::record(&[Face::of(portrait)]))
}

/// DG2 around a facial record, right or wrong.
pub fn dg2_of(record: &[u8]) -> Vec<u8> {
    let one = biometrics::template(&biometrics::Header::face(), record);
    biometrics::counted(DataGroup::DG2, &[one])
}

/// One field of DG13.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dg13Field {
    /// The number alone: nothing is known.
    Absent,
    /// PrintableString: numbers and dates.
    Printable(String),
    /// UTF8String: words.
    Utf8(String),
    /// One SEQUENCE with a UTF8String, or an empty one, for each person.
    Persons(Vec<Option<String>>),
}

/// DG13 of the Vietnamese card: version 1, the identifier of UTF-8, and a set of numbered fields
/// in the order given, which real cards keep ascending.
pub fn dg13(fields: &[(u8, Dg13Field)]) -> Vec<u8> {
    /// 1.0.10646.1.0.8
    const UTF_8: &[u8] = &[0x28, 0xD3, 0x16, 0x01, 0x00, 0x08];
    let entries: Vec<Vec<u8>> = fields
        .iter()
        .map(|(number, field)| {
            let value = match field {
                Dg13Field::Absent => Vec::new(),
                Dg13Field::Printable(text) => der::printable(text),
                Dg13Field::Utf8(text) => der::utf8(text),
                Dg13Field::Persons(names) => names
                    .iter()
                    .flat_map(|name| match name {
                        Some(name) => der::sequence(&[&der::utf8(name)]),
                        None => der::sequence(&[]),
                    })
                    .collect(),
            };
            der::sequence(&[&der::small(u32::from(*number)), &value])
        })
        .collect();
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    let entries = encode(tag::SET, &entries);
    let body = der::sequence(&[&der::small(1), &der::oid(UTF_8), &entries]);
    encode(0x6D, &[&body])
}

/// DG14: SecurityInfos (Doc 9303-10 §4.7.14).
pub fn dg14(infos: &[Vec<u8>]) -> Vec<u8> {
    encode(0x6E, &[&security_infos(infos)])
}

/// DG15: a SubjectPublicKeyInfo (Doc 9303-10 §4.7.15).
pub fn dg15(public_key_info: &[u8]) -> Vec<u8> {
    encode(0x6F, &[public_key_info])
}

/// EF.CardAccess, and what DG14 holds: SET OF SecurityInfo (Doc 9303-11 §9.2).
pub fn security_infos(infos: &[Vec<u8>]) -> Vec<u8> {
    der::set_of(infos.to_vec())
}

/// EF.ATR/INFO (ISO/IEC 7816-4): card capabilities, and the extended length information object with
/// most bytes in a command and in an answer, as positive INTEGERs.
pub fn atr_info(max_command: u16, max_response: u16) -> Vec<u8> {
    /// Selection by the whole name of an application, by file identifier, by short identifier.
    const SELECTION: u8 = 0x80 | 0x10 | 0x04;
    /// Data units of one octet.
    const CODING: u8 = 0x01;
    /// Command chaining, extended length fields, and the object with their limits in this file.
    const CHAINING_AND_LENGTHS: u8 = 0x80 | 0x40 | 0x20;
    let capabilities = encode(0x47, &[&[SELECTION, CODING, CHAINING_AND_LENGTHS]]);
    let lengths = encode(
        0x7F66,
        &[
            &encode_integer(&max_command.to_be_bytes()),
            &encode_integer(&max_response.to_be_bytes()),
        ],
    );
    [capabilities, lengths].concat()
}

/// EF.DIR: one application template for each application, with its identifier and label
/// (ISO/IEC 7816-4).
pub fn directory<'a>(applications: impl Iterator<Item = (&'a [u8], Option<&'a str>)>) -> Vec<u8> {
    applications
        .flat_map(|(aid, label)| {
            let label = label.map(|text| encode(0x50, &[text.as_bytes()]));
            encode(0x61, &[&encode(0x4F, &[aid]), &label.unwrap_or_default()])
        })
        .collect()
}

/// EFDIRInfo (Doc 9303-11): a copy of EF.DIR for EF.CardSecurity, under 2.23.136.1.1.13.
pub fn directory_info(file: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(&[0x67, 0x81, 0x08, 1, 1, 13]), &der::octets(file)])
}

/// Content octets of id-PACE-… with key agreement, mapping and cipher (Doc 9303-11 §9.2.3);
/// nothing for what has no identifier.
pub fn pace_oid(protocol: PaceProtocol) -> Option<Vec<u8>> {
    let cipher = cipher_arc(protocol.cipher);
    match (protocol.mapping, protocol.cipher) {
        (Mapping::ChipAuthentication, Cipher::TripleDes) => None,
        _ => Some(smartcard(&[4, mapping_arc(protocol)?, cipher])),
    }
}

/// Content octets of id-PACE-… with key agreement and mapping alone.
pub fn pace_mapping_oid(protocol: PaceProtocol) -> Option<Vec<u8>> {
    Some(smartcard(&[4, mapping_arc(protocol)?]))
}

const fn mapping_arc(protocol: PaceProtocol) -> Option<u8> {
    match (protocol.agreement, protocol.mapping) {
        (Agreement::Dh, Mapping::Generic) => Some(1),
        (Agreement::Ecdh, Mapping::Generic) => Some(2),
        (Agreement::Dh, Mapping::Integrated) => Some(3),
        (Agreement::Ecdh, Mapping::Integrated) => Some(4),
        (Agreement::Ecdh, Mapping::ChipAuthentication) => Some(6),
        (Agreement::Dh, Mapping::ChipAuthentication) => None,
    }
}

/// Content octets of id-CA-DH or id-CA-ECDH with a cipher (Doc 9303-11 §9.2.5).
pub fn chip_authentication_oid(agreement: Agreement, cipher: Cipher) -> Vec<u8> {
    smartcard(&[3, agreement_arc(agreement), cipher_arc(cipher)])
}

/// PACEInfo version 2 (Doc 9303-11 §9.2.3), with whatever elements stand behind.
pub fn pace_info(oid: &[u8], parameter_id: Option<u8>, behind: &[u8]) -> Vec<u8> {
    let parameter_id = parameter_id.map(|id| der::small(u32::from(id)));
    der::sequence(&[
        &der::oid(oid),
        &der::small(2),
        &parameter_id.unwrap_or_default(),
        behind,
    ])
}

/// PACEDomainParameterInfo (Doc 9303-11 §9.2.3): an AlgorithmIdentifier with the domain parameters.
pub fn pace_domain_parameter_info(
    oid: &[u8],
    algorithm: &[u8],
    parameter_id: Option<u8>,
) -> Vec<u8> {
    let parameter_id = parameter_id.map(|id| der::small(u32::from(id)));
    der::sequence(&[&der::oid(oid), algorithm, &parameter_id.unwrap_or_default()])
}

/// A SecurityInfo of a protocol that nobody knows: an arc below 2.999, which is for examples.
pub fn unknown_info(arc: u8, data: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(&[0x88, 0x37, arc]), data])
}

/// ChipAuthenticationInfo (Doc 9303-11 §9.2.5; version 2 in BSI TR-03110-3). The key identifier is
/// unsigned.
pub fn chip_authentication_info(oid: &[u8], version: u32, key_id: Option<&[u8]>) -> Vec<u8> {
    der::sequence(&[
        &der::oid(oid),
        &der::small(version),
        &key_id.map(encode_integer).unwrap_or_default(),
    ])
}

/// ChipAuthenticationDomainParameterInfo for id-CA-DH or id-CA-ECDH, of version 2 (BSI TR-03110-3).
pub fn chip_domain_parameter_info(
    agreement: Agreement,
    algorithm: &[u8],
    key_id: Option<&[u8]>,
) -> Vec<u8> {
    der::sequence(&[
        &der::oid(&smartcard(&[3, agreement_arc(agreement)])),
        algorithm,
        &key_id.map(encode_integer).unwrap_or_default(),
    ])
}

/// ChipAuthenticationPublicKeyInfo for id-PK-DH or id-PK-ECDH (Doc 9303-11 §9.2.6).
pub fn chip_public_key_info(
    agreement: Agreement,
    public_key_info: &[u8],
    key_id: Option<&[u8]>,
) -> Vec<u8> {
    der::sequence(&[
        &der::oid(&smartcard(&[1, agreement_arc(agreement)])),
        public_key_info,
        &key_id.map(encode_integer).unwrap_or_default(),
    ])
}

/// TerminalAuthenticationInfo (Doc 9303-11 §9.2.7), with the place of EF.CVCA where that is not the
/// usual one.
pub fn terminal_authentication_info(version: u32, file: Option<CvcaFile>) -> Vec<u8> {
    let file = file.filter(|file| *file != CvcaFile::DEFAULT).map(|file| {
        let sfi = file.sfi.map(|sfi| der::octets(&[sfi]));
        der::sequence(&[
            &der::octets(&file.id.to_be_bytes()),
            &sfi.unwrap_or_default(),
        ])
    });
    der::sequence(&[
        &der::oid(&smartcard(&[2])),
        &der::small(version),
        &file.unwrap_or_default(),
    ])
}

/// Content octets of ecdsa-plain-… with a hash, 0.4.0.127.0.7.1.1.4.1 (Doc 9303-11 §9.2.4).
pub fn plain_ecdsa_oid(hash: Hash) -> Vec<u8> {
    let arc = match hash {
        Hash::Sha1 => 1,
        Hash::Sha224 => 2,
        Hash::Sha256 => 3,
        Hash::Sha384 => 4,
        Hash::Sha512 => 5,
    };
    vec![0x04, 0x00, 0x7F, 0x00, 0x07, 1, 1, 4, 1, arc]
}

/// ActiveAuthenticationInfo version 1 (Doc 9303-11 §9.2.4).
pub fn active_authentication_info(algorithm: &[u8]) -> Vec<u8> {
    // 2.23.136.1.1.5
    der::sequence(&[
        &der::oid(&[0x67, 0x81, 0x08, 1, 1, 5]),
        &der::small(1),
        &der::oid(algorithm),
    ])
}

fn smartcard(arcs: &[u8]) -> Vec<u8> {
    [&SMARTCARD, arcs].concat()
}

/// The arc of a key agreement below id-PK and id-CA.
const fn agreement_arc(agreement: Agreement) -> u8 {
    match agreement {
        Agreement::Dh => 1,
        Agreement::Ecdh => 2,
    }
}

/// The last arc: 3DES-CBC-CBC, AES-CBC-CMAC-128, -192, -256.
const fn cipher_arc(cipher: Cipher) -> u8 {
    match cipher {
        Cipher::TripleDes => 1,
        Cipher::Aes128 => 2,
        Cipher::Aes192 => 3,
        Cipher::Aes256 => 4,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn the_published_card_access_comes_out() {
        let oid = pace_oid(PaceProtocol {
            agreement: Agreement::Ecdh,
            mapping: Mapping::Generic,
            cipher: Cipher::Aes128,
        })
        .unwrap();
        let infos = [
            pace_info(&oid, Some(13), &[]),
            chip_authentication_info(
                &chip_authentication_oid(Agreement::Ecdh, Cipher::Aes128),
                1,
                None,
            ),
            terminal_authentication_info(1, None),
        ];
        assert_eq!(
            hex::encode_upper(security_infos(&infos)),
            "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F\
             0007020204020202010202010D"
        );
    }

    #[test]
    fn com_is_as_on_the_card() {
        let groups = [1, 2, 3, 13, 14, 15].map(|number| DataGroup::new(number).unwrap());
        assert_eq!(
            hex::encode_upper(com(&groups)),
            "60185F0104303130375F36063034303030305C066175636D6E6F"
        );
    }

    #[test]
    fn the_image_begins_84_bytes_into_dg2() {
        let portrait = Portrait {
            image: Cow::Owned(vec![0xFF; 15_000]),
            width: 480,
            height: 640,
        };
        let file = dg2(&portrait);
        assert_eq!(file.len(), 84 + 15_000);
        assert_eq!(file[83], 0);
        assert_eq!(file[84..], [0xFF; 15_000]);
    }

    /// The digest is that of a file which another program made from the published layout.
    #[test]
    fn dg13_is_as_another_program_makes_it() {
        let words = |text: &str| Dg13Field::Utf8(text.to_owned());
        let digits = |text: &str| Dg13Field::Printable(text.to_owned());
        let person = |text: &str| Some(text.to_owned());
        let fields = [
            digits("001099000123"),
            words("Nguyễn Văn Mẫu"),
            digits("15/03/1999"),
            words("Nam"),
            words("Việt Nam"),
            words("Kinh"),
            words("Không"),
            words("Xã Mẫu, Huyện Mẫu, Hà Nội"),
            words("Số 1 Phố Mẫu, Phường Mẫu, Hà Nội"),
            words("Nốt ruồi C: 1 cm dưới mắt trái"),
            digits("10/05/2021"),
            words("15/03/2024"),
            Dg13Field::Persons(vec![person("Nguyễn Văn Cha"), person("Trần Thị Mẹ")]),
            Dg13Field::Absent,
            digits("012345678"),
            digits("0123456789ABCDEF"),
        ];
        let fields: Vec<(u8, Dg13Field)> = (1..).zip(fields).collect();
        let file = dg13(&fields);
        assert_eq!(file.len(), 403);
        assert_eq!(
            hex::encode(Hash::Sha256.digest(&[&file])),
            "ede42a7666442c7959f3422df7cc78e0ed8275fbab3116bba8eac7b3d542b183"
        );
    }
}
