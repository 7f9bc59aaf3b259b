//! Files as the directory writes them, and damaged ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

/// An element of that many octets inside.
fn der(length: usize) -> Vec<u8> {
    tlv::encode(0x30, &[&vec![5; length]])
}

/// Text in lines of 76 characters, as the directory folds it.
fn folded(line: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    let mut width = 76;
    while rest.len() > width {
        let (part, more) = rest.split_at(width);
        out += part;
        out += end;
        out += " ";
        rest = more;
        width = 75;
    }
    out + rest + end
}

/// A file in the form of the directory's, with this end of line.
fn file(end: &str) -> String {
    let mut out = String::new();
    for line in [
        "version: 1".to_owned(),
        String::new(),
        "# dc=data: what conforms".to_owned(),
        "dn: c=VN,dc=data,dc=download,dc=pkd,dc=icao,dc=int".to_owned(),
        "objectClass: country".to_owned(),
        "c: VN".to_owned(),
        String::new(),
        "dn: cn=OU\\=Test\\,C\\=VN+sn=1,o=dsc,c=VN,dc=data,dc=download,dc=pkd,dc=icao,dc=int"
            .to_owned(),
        "pkdVersion: 1234".to_owned(),
        format!("userCertificate;binary:: {}", STANDARD.encode(der(700))),
        "objectClass: pkdDownload".to_owned(),
        "sn: 1".to_owned(),
        String::new(),
        String::new(),
        format!("dn:: {}", STANDARD.encode("cn=Hà Nội,o=crl,c=VN")),
        format!(
            "certificateRevocationList;binary:: {}",
            STANDARD.encode(der(40))
        ),
        format!("pkdMasterListContent:: {}", STANDARD.encode(der(41))),
        format!("CSCAMASTERLISTDATA::{}", STANDARD.encode(der(42))),
        format!("pkdDeviationListContent:: {}", STANDARD.encode(der(43))),
        format!("something;x-new:: {}", STANDARD.encode(der(44))),
        format!("jpegPhoto:: {}", STANDARD.encode(b"\xFF\xD8")),
        "pkdConformanceCode: ERR:CSCA.CDP.14".to_owned(),
        "cACertificate;binary:: ".to_owned() + &STANDARD.encode(der(45)),
    ] {
        out += &folded(&line, end);
    }
    out
}

fn fault(text: &str) -> (usize, LineFault) {
    let fault = entries(text.as_bytes()).unwrap_err();
    (fault.line, fault.fault)
}

#[test]
fn the_directory_s_files_are_read_with_either_end_of_line() {
    for end in ["\n", "\r\n"] {
        let text = file(end);
        assert!(is_ldif(text.as_bytes()));
        let read = entries(text.as_bytes()).unwrap();
        let [country, signer, rest] = read.as_slice() else {
            panic!("{read:?}");
        };
        assert_eq!((country.line, country.values.len()), (4, 0));
        assert_eq!(signer.pkd_version, Some(1234));
        assert_eq!(
            signer.dn,
            "cn=OU\\=Test\\,C\\=VN+sn=1,o=dsc,c=VN,dc=data,dc=download,dc=pkd,dc=icao,dc=int"
        );
        assert_eq!(signer.values[0].kind, Kind::Certificate);
        assert_eq!(signer.values[0].der, der(700));
        assert_eq!(rest.dn, "cn=Hà Nội,o=crl,c=VN");
        assert_eq!(rest.conformance.as_deref(), Some("ERR:CSCA.CDP.14"));
        let kinds: Vec<(Kind, usize)> = rest
            .values
            .iter()
            .map(|value| (value.kind, value.der.len() - 2))
            .collect();
        assert_eq!(
            kinds,
            [
                (Kind::Crl, 40),
                (Kind::MasterList, 41),
                (Kind::MasterList, 42),
                (Kind::DeviationList, 43),
                (Kind::Other, 44),
                (Kind::Certificate, 45),
            ]
        );
    }
}

#[test]
fn a_mark_a_missing_version_and_a_missing_last_end_are_accepted() {
    let text = "\u{FEFF}# words\n folded words: with a colon\n\ndn: c=VN\nc: VN";
    assert!(is_ldif(text.as_bytes()));
    assert_eq!(entries(text.as_bytes()).unwrap()[0].line, 4);
}

#[test]
fn other_files_are_no_ldif() {
    for other in [
        &b""[..],
        b"words",
        b"\x30\x82\x01\x00",
        b"-----BEGIN CERTIFICATE-----\nMII\n",
        b"dn",
        b"{\"dn\": 1}",
    ] {
        assert!(!is_ldif(other));
        assert!(entries(other).is_err());
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, expected) in [
        ("", (1, LineFault::Empty)),
        ("version: 2\n\ndn: c=VN\n", (1, LineFault::Version)),
        (" dn: c=VN\n", (1, LineFault::Continuation)),
        ("c: VN\n", (1, LineFault::NoName)),
        (
            "dn: c=VN\nversion: 1\n\nversion: 1\n",
            (4, LineFault::NoName),
        ),
        ("dn: c=VN\nc: VN\ndn: c=DE\n", (3, LineFault::SecondName)),
        ("dn: c=VN\nwords\n", (2, LineFault::NoAttribute)),
        ("dn: c=VN\n: VN\n", (2, LineFault::NoAttribute)),
        ("dn: c=VN\nà: VN\n", (2, LineFault::NoAttribute)),
        ("dn:: /w==\n", (1, LineFault::Text)),
        (
            "dn: c=VN\nuserCertificate;binary:: M?==\n",
            (2, LineFault::Base64),
        ),
        (
            "dn: c=VN\n# words\nuserCertificate;binary:< file:///etc/passwd\n",
            (3, LineFault::Url),
        ),
        (
            "dn: c=VN\nchangetype: modify\nadd: c\n",
            (2, LineFault::Change),
        ),
        ("dn: c=VN\nchangetype: delete\n", (2, LineFault::Change)),
        (
            "dn: c=VN\nuserCertificate;binary:: MAUCAQ==\n",
            (2, LineFault::CutOff),
        ),
    ] {
        assert_eq!(fault(text), expected, "{text}");
    }
    assert!(entries(b"dn: c=VN\nchangetype: add\nc: VN\n").is_ok());
}

#[test]
fn counts_and_lengths_are_bounded() {
    let many = "c: VN\n".repeat(MAX_LINES);
    assert_eq!(
        fault(&format!("dn: c=VN\n{many}")).1,
        LineFault::TooManyLines
    );
    let long = "a".repeat(MAX_TEXT + 1);
    assert_eq!(fault(&format!("dn: {long}\n")).1, LineFault::LineTooLong);
    let huge = "a".repeat(MAX_LINE);
    assert_eq!(
        fault(&format!("dn: c=VN\nc: {huge}\n")),
        (2, LineFault::LineTooLong)
    );
    assert_eq!(
        fault(&"dn: c=VN\n\n".repeat(MAX_ENTRIES + 1)).1,
        LineFault::TooManyEntries
    );
}

#[test]
fn no_truncation_gives_a_value_that_was_not_there() {
    let text = file("\n");
    let whole = entries(text.as_bytes()).unwrap();
    for keep in 0..text.len() {
        let Ok(read) = entries(&text.as_bytes()[..keep]) else {
            continue;
        };
        for (entry, full) in read.iter().zip(&whole) {
            for (value, full) in entry.values.iter().zip(&full.values) {
                // What nobody knows is not measured.
                assert!(value == full || value.kind == Kind::Other, "{keep}");
            }
        }
    }
}

#[test]
fn after_a_fault_nothing_more_comes() {
    let mut entries = read(b"dn: c=VN\nwords\n\ndn: c=DE\n").unwrap();
    assert!(entries.next().unwrap().is_err());
    assert!(entries.next().is_none());
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (is_ldif(&bytes), entries(&bytes));
    }

    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        keep in any::<usize>(),
    ) {
        let _ = entries(&crate::pki::build::damaged(file("\r\n").as_bytes(), &changes, keep));
    }

    #[test]
    fn any_folding_says_the_same(cuts in prop::collection::vec(1_usize..90, 0..20)) {
        let line = format!("userCertificate;binary:: {}", STANDARD.encode(der(300)));
        let mut text = String::from("dn: c=VN\n");
        let mut rest = line.as_str();
        for cut in cuts {
            if cut < rest.len() {
                let (part, more) = rest.split_at(cut);
                text += part;
                text += "\n ";
                rest = more;
            }
        }
        text += rest;
        let read = entries(text.as_bytes()).unwrap();
        prop_assert_eq!(&read[0].values[0].der, &der(300));
    }
}
