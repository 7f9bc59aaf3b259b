//! Travel records, visas, additional biometrics, certificates.

use std::sync::OnceLock;

use cancuoc::lds::lds2::biometrics::AdditionalBiometrics;
use cancuoc::lds::lds2::certificates::CertificateRecord;
use cancuoc::lds::lds2::travel::Mode;
use cancuoc::lds::lds2::travel::TravelRecord;
use cancuoc::lds::lds2::visa::VisaRecord;
use cancuoc::sim::lds2::Signer;
use cancuoc::sim::lds2::Travel;
use cancuoc::sim::lds2::Visa;
use cancuoc::sim::lds2::biometrics;
use cancuoc::sim::pki::TestPki;
use proptest::prelude::*;

/// One key for all: what is signed is not looked at here.
fn signer() -> &'static Signer {
    static SIGNER: OnceLock<Signer> = OnceLock::new();
    SIGNER.get_or_init(|| {
        let csca = TestPki::shipped().unwrap().csca;
        Signer::new("VN", &csca, 1).unwrap()
    })
}

fn text() -> impl Strategy<Value = String> {
    "[A-ZĐÀ-ỹ<0-9 ]{1,20}"
}

fn date() -> impl Strategy<Value = String> {
    (1900_u32..2100, 1_u32..13, 1_u32..29)
        .prop_map(|(year, month, day)| format!("{year:04}{month:02}{day:02}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn travel_records_come_back(
        state in "[A-Z]{3}",
        date in date(),
        inspection in [text(), text(), text()],
        mode in proptest::option::of("[A-Z]"),
        stay in proptest::option::of(any::<u16>()),
        remarks in [
            proptest::option::of(text()),
            proptest::option::of(text()),
            proptest::option::of(text()),
        ],
        certificate in 1_u8..=254,
    ) {
        let travel = Travel {
            copy: state.clone(),
            state,
            date,
            inspection,
            mode,
            stay,
            remarks,
        };
        let record = travel.record(signer(), certificate).unwrap();
        let read = TravelRecord::decode(&record).unwrap();
        let [authority, place, inspector] = travel.inspection;
        let [visa, result, conditions] = travel.remarks;
        prop_assert_eq!(&read.state, &travel.state);
        prop_assert_eq!(&read.copy, &travel.copy);
        prop_assert_eq!(read.date.to_string().replace('-', ""), travel.date);
        prop_assert_eq!((read.authority, read.place, read.inspector), (authority, place, inspector));
        prop_assert_eq!((read.visa, read.result, read.conditions), (visa, result, conditions));
        prop_assert_eq!(read.stay_days, travel.stay.map(u64::from));
        let mode = travel.mode.map(|letter| match letter.as_str() {
            "A" => Mode::Air,
            "S" => Mode::Sea,
            "L" => Mode::Land,
            _ => Mode::Other(letter),
        });
        prop_assert_eq!(read.mode, mode);
        prop_assert_eq!(read.authenticity.certificate, certificate);
        prop_assert!(read.unknown.is_empty());
        // The signed object stands in the record as it is.
        let signed = &read.authenticity.signed;
        prop_assert!(record.windows(signed.len()).any(|part| part == signed.as_slice()));
    }

    #[test]
    fn visas_come_back(state in "[A-Z]{3}", passport in "[A-Z0-9]{9}", names in [text(), text()]) {
        let [surname, given] = &names;
        let visa = Visa::new(&state, &passport, [surname, given, "19870814"]);
        let read = VisaRecord::decode(&visa.record(signer(), 7).unwrap()).unwrap();
        prop_assert_eq!(&read.state, &state);
        prop_assert_eq!(read.passport.as_deref(), Some(passport.as_str()));
        prop_assert_eq!([&read.surname, &read.given_names], [surname, given]);
        prop_assert_eq!(read.stay, Some([90, 0, 0]));
        prop_assert_eq!(read.entries, Some(2));
        prop_assert!(read.unknown.is_empty());
    }

    #[test]
    fn biometrics_come_back(data in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let read = AdditionalBiometrics::decode(&biometrics(&data, signer(), 64).unwrap()).unwrap();
        prop_assert_eq!(read.data, data);
        prop_assert_eq!(read.authenticity.certificate, 64);
    }
}

#[test]
fn certificates_come_back() {
    let read = CertificateRecord::decode(&signer().record()).unwrap();
    assert_eq!(read.certificate, signer().entity.certificate);
    assert_eq!(read.name[..2], *b"VN");
}
