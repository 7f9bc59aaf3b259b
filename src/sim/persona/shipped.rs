//! The personas that ship. Names, numbers and places are invented: `Mẫu` means specimen, and no
//! such wards or streets exist.

use std::collections::BTreeSet;

use jiff::civil::date;

use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::lds::mrz::Sex;
use crate::sim::faces;
use crate::sim::persona::ActiveAuthentication;
use crate::sim::persona::ActiveRsa;
use crate::sim::persona::AtrInfo;
use crate::sim::persona::Biometrics;
use crate::sim::persona::CardSecurity;
use crate::sim::persona::ChipAuthentication;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::Citizen;
use crate::sim::persona::Details;
use crate::sim::persona::Document;
use crate::sim::persona::PaceVariant;
use crate::sim::persona::Persona;
use crate::sim::persona::PinOptions;
use crate::sim::persona::Records;
use crate::sim::persona::Title;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::CvcaFile;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Pin;
use crate::sim::personalisation::TerminalTrust;
use crate::sim::pki::SHIPPED_SIGNER;
use crate::sim::pki::card_verifiable::test_authority;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::quirk::Quirk;

/// What makes a persona.
type Maker = fn() -> Persona;

/// Each by its name, made only when it is wanted: the fingers of one are drawn and compressed.
const PERSONAS: [(&str, Maker); 5] = [
    ("an", an),
    ("binh", binh),
    ("chi", chi),
    ("dung", dung),
    ("giang", giang),
];

/// Every persona that ships; the first is the default.
pub fn shipped() -> Vec<Persona> {
    PERSONAS.iter().map(|(_, made)| made()).collect()
}

/// The persona of this name.
pub fn find(name: &str) -> Option<Persona> {
    let (_, made) = PERSONAS.iter().find(|(own, _)| *own == name)?;
    Some(made())
}

/// An ordinary card of 2021.
fn an() -> Persona {
    Persona {
        name: "an".to_owned(),
        title: Title {
            vi: "Thẻ CCCD gắn chip năm 2021, hợp lệ".to_owned(),
            en: "A 2021 card in good order".to_owned(),
        },
        citizen: Citizen {
            number: "036195000123".to_owned(),
            name: "Nguyễn Thị Mẫu An".to_owned(),
            birth: date(1995, 8, 17),
            sex: Sex::Female,
            origin: "Xã Mẫu, Huyện Mẫu, Nam Định".to_owned(),
            residence: "Số 12 Phố Mẫu, Phường Mẫu, Hà Nội".to_owned(),
            features: "Nốt ruồi C: 1,5 cm dưới trước mắt trái".to_owned(),
            issued: date(2021, 5, 10),
            expires: Some(date(2035, 8, 17)),
            father: Some("Nguyễn Văn Mẫu Ân".to_owned()),
            mother: Some("Lê Thị Mẫu Yến".to_owned()),
            old_number: Some("000000123".to_owned()),
            code16: "0123456789ABCDEF".to_owned(),
            ..citizen()
        },
        chip: ChipOptions {
            pin: Some(PinOptions {
                digits: "246810".to_owned(),
                tries: Pin::TRIES,
            }),
            puk: Some("1357924680".to_owned()),
            terminal: Some(TerminalTrust {
                authorities: vec![test_authority()],
                date: date(2021, 5, 10),
                file: CvcaFile::DEFAULT,
                versions: vec![1],
            }),
            ..chip_of_2021()
        },
    }
}

/// A card that does not expire, with a chip that knows no extended length.
fn binh() -> Persona {
    Persona {
        name: "binh".to_owned(),
        title: Title {
            vi: "Thẻ không thời hạn, chip chỉ nhận lệnh ngắn".to_owned(),
            en: "A card without expiry, on a chip that takes short commands only".to_owned(),
        },
        citizen: Citizen {
            number: "048055000456".to_owned(),
            name: "Đặng Văn Mẫu Bình".to_owned(),
            birth: date(1955, 3, 2),
            sex: Sex::Male,
            origin: "Xã Mẫu, Huyện Mẫu, Quảng Nam".to_owned(),
            residence: "Tổ 5, Phường Mẫu, Quận Mẫu, Đà Nẵng".to_owned(),
            features: "Sẹo chấm C: 2 cm trên sau cánh mũi phải".to_owned(),
            issued: date(2021, 6, 15),
            expires: None,
            father: Some("Đặng Mẫu Hữu".to_owned()),
            mother: Some("Phạm Thị Mẫu Đào".to_owned()),
            spouse: Some("Võ Thị Mẫu Nghĩa".to_owned()),
            old_number: Some("000000456".to_owned()),
            code16: "00000000FEDC4560".to_owned(),
            ..citizen()
        },
        chip: ChipOptions {
            // An RSA signature needs extended length (Doc 9303-11 §6.1.4).
            active: Some(ActiveAuthentication::Ecdsa {
                curve: Curve::BrainpoolP256r1,
                hash: Hash::Sha256,
            }),
            lengths: Lengths::Short,
            portrait: faces::BINH,
            ..chip_of_2021()
        },
    }
}

/// A card whose chip knows basic access control alone, with the older ciphers.
fn chi() -> Persona {
    Persona {
        name: "chi".to_owned(),
        title: Title {
            vi: "Thẻ chỉ có BAC, mở bằng dòng MRZ".to_owned(),
            en: "A card that opens with BAC only, by its MRZ".to_owned(),
        },
        citizen: Citizen {
            number: "079303000789".to_owned(),
            name: "Trương Mẫu Quỳnh Chi".to_owned(),
            birth: date(2003, 9, 21),
            sex: Sex::Female,
            origin: "Xã Mẫu, Huyện Mẫu, Bến Tre".to_owned(),
            residence: "Số 7/9 Đường Mẫu, Phường Mẫu, Thành phố Hồ Chí Minh".to_owned(),
            issued: date(2021, 3, 22),
            expires: Some(date(2028, 9, 21)),
            mother: Some("Trương Thị Mẫu Huyền".to_owned()),
            code16: "00000000ABCD7890".to_owned(),
            ..citizen()
        },
        chip: ChipOptions {
            pace: Vec::new(),
            chip_authentication: vec![ChipAuthentication {
                cipher: Cipher::TripleDes,
                domain: Domain::Curve(Curve::BrainpoolP256r1),
                key_id: None,
                parameters: EcParameters::Named,
                version: 1,
            }],
            active: Some(ActiveAuthentication::Ecdsa {
                curve: Curve::P256,
                hash: Hash::Sha256,
            }),
            atr_info: AtrInfo::Present,
            portrait: faces::CHI,
            quirks: BTreeSet::from([Quirk::SelectMf6d00, Quirk::ReadWhatFits]),
            ..chip_of_2021()
        },
    }
}

/// A card that has every data group there may be, which no state issues: for whoever wants to see all
/// of them decoded. Its face is the drawn one of `an`, as JPEG 2000.
fn dung() -> Persona {
    let mut chip = ChipOptions {
        terminal: Some(TerminalTrust {
            authorities: vec![test_authority()],
            date: date(2022, 1, 12),
            file: CvcaFile::DEFAULT,
            versions: vec![1],
        }),
        portrait: faces::AN_JP2,
        ..chip_of_2021()
    };
    chip.every_group();
    Persona {
        name: "dung".to_owned(),
        title: Title {
            vi: "Thẻ có đủ 16 nhóm dữ liệu, cả vân tay và mống mắt".to_owned(),
            en: "A card with all 16 data groups, fingers and irises too".to_owned(),
        },
        citizen: Citizen {
            number: "001190000321".to_owned(),
            name: "Đỗ Thị Mẫu Dung".to_owned(),
            birth: date(1990, 11, 5),
            sex: Sex::Female,
            origin: "Xã Mẫu, Huyện Mẫu, Hà Nội".to_owned(),
            residence: "Số 34 Ngõ Mẫu, Phường Mẫu, Hà Nội".to_owned(),
            features: "Nốt ruồi C: 2 cm trên trước cánh mũi trái".to_owned(),
            issued: date(2022, 1, 12),
            expires: Some(date(2030, 11, 5)),
            father: Some("Đỗ Văn Mẫu Đức".to_owned()),
            mother: Some("Ngô Thị Mẫu Lan".to_owned()),
            spouse: Some("Bùi Văn Mẫu Khoa".to_owned()),
            old_number: Some("000000321".to_owned()),
            code16: "0000000032100000".to_owned(),
            ..citizen()
        },
        chip,
    }
}

/// A passport: two lines of MRZ, what DG11 and DG12 say instead of DG13, and the face in the format that
/// passports are changing over to.
fn giang() -> Persona {
    Persona {
        name: "giang".to_owned(),
        title: Title {
            vi: "Hộ chiếu gắn chip, mở bằng dòng MRZ, ảnh khuôn mặt theo ISO/IEC 39794".to_owned(),
            en: "A passport, opened by its MRZ, the face in ISO/IEC 39794".to_owned(),
        },
        citizen: Citizen {
            number: "031098000654".to_owned(),
            name: "Hà Văn Mẫu Giang".to_owned(),
            birth: date(1998, 4, 9),
            sex: Sex::Male,
            origin: "Hải Phòng".to_owned(),
            residence: "Số 56 Phố Mẫu, Phường Mẫu, Hải Phòng".to_owned(),
            issued: date(2024, 2, 26),
            expires: Some(date(2034, 2, 26)),
            ..citizen()
        },
        chip: ChipOptions {
            document: Document::of("VNM", "VN", "P"),
            dg11: Details::Present,
            dg12: Details::Present,
            dg13: Details::Absent,
            portrait: faces::BINH,
            records: Records::Extensible,
            ..chip_of_2021()
        },
    }
}

/// What the personas have in common.
fn citizen() -> Citizen {
    Citizen {
        number: String::new(),
        name: String::new(),
        birth: date(2000, 1, 1),
        sex: Sex::Unspecified,
        nationality: "Việt Nam".to_owned(),
        ethnicity: "Kinh".to_owned(),
        religion: "Không".to_owned(),
        origin: String::new(),
        residence: String::new(),
        features: String::new(),
        issued: date(2021, 1, 19),
        expires: None,
        father: None,
        mother: None,
        spouse: None,
        old_number: None,
        code16: String::new(),
    }
}

/// The chip of the 2021 card, as far as it is known.
fn chip_of_2021() -> ChipOptions {
    ChipOptions {
        pace: vec![PaceVariant::generic(Cipher::Aes128, 13)],
        pin: None,
        puk: None,
        card_security: CardSecurity::Absent,
        directory: Vec::new(),
        bac: Bac::Offered,
        chip_authentication: vec![ChipAuthentication {
            cipher: Cipher::Aes128,
            domain: Domain::Curve(Curve::BrainpoolP256r1),
            key_id: None,
            parameters: EcParameters::Explicit,
            version: 1,
        }],
        active: Some(ActiveAuthentication::Rsa(Hash::Sha256)),
        portrait: faces::AN,
        lengths: Lengths::Extended {
            max_response: 65_536,
        },
        atr_info: AtrInfo::Absent,
        signer: SHIPPED_SIGNER,
        signature_hash: Hash::Sha256,
        quirks: BTreeSet::from([
            Quirk::SelectMf6d00,
            Quirk::CardAccess6982AfterAid,
            Quirk::ReadWhatFits,
        ]),
        faults: Vec::new(),
        terminal: None,
        biometrics: Biometrics::Fingers,
        active_rsa: ActiveRsa::USUAL,
        dg11: Details::Absent,
        dg12: Details::Absent,
        applications: Vec::new(),
        dg13: Details::Present,
        dg5: Details::Absent,
        dg7: Details::Absent,
        dg16: Details::Absent,
        reserved: Details::Absent,
        fingers: Vec::new(),
        irises: Vec::new(),
        document: Document::citizen_card(),
        records: Records::Fixed,
    }
}
