//! The applications beside the eMRTD application: listed, read with and without rights, broken off, and
//! what their records say. Whatever comes of them, the document stays genuine.

use std::collections::BTreeMap;
use std::sync::Arc;

use cancuoc::capture::ApplicationState;
use cancuoc::capture::Capture;
use cancuoc::capture::FileEnd;
use cancuoc::capture::Reading;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::hash::Hash;
use cancuoc::error::TransportError;
use cancuoc::iso7816::Status;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::lds2::Application;
use cancuoc::lds::lds2::File;
use cancuoc::lds::lds2::RecordFile;
use cancuoc::lds::security_infos::Mapping;
use cancuoc::reader::Applications;
use cancuoc::reader::Plan;
use cancuoc::render::details::Extent;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::render::text;
use cancuoc::render::words::Lang;
use cancuoc::sim::lds2;
use cancuoc::sim::lds2::Encoding;
use cancuoc::sim::lds2::Signer;
use cancuoc::sim::lds2::Travel;
use cancuoc::sim::persona::ApplicationTemplate;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation;
use cancuoc::sim::personalisation::ApplicationFile;
use cancuoc::sim::pki::SHIPPED_SIGNER;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::card_verifiable::TerminalPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::terminal::Terminal;
use cancuoc::verify;
use cancuoc::verify::DirectoryState;
use cancuoc::verify::RecordReport;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Tap;
use crate::terminal_authentication::EARLY;
use crate::terminal_authentication::USUAL;
use crate::terminal_authentication::terminal_with;

/// A chain whose certificates all have these extensions.
fn chain(rights: [&[(u8, &[u8])]; 3]) -> TerminalPki {
    let mut pki = TerminalPki::new(USUAL, 1).unwrap();
    let [authority, verifier, terminal] = rights.map(lds2::authorizations);
    let root = &mut pki.authorities[0];
    root.spec.extensions = authority;
    root.certificate = root.spec.sign(&root.key, &root.key).unwrap();
    pki.verifier.spec.extensions = verifier;
    pki.verifier.certificate = pki
        .verifier
        .spec
        .sign(&pki.verifier.key, &pki.authorities[0].key)
        .unwrap();
    pki.terminal.spec.extensions = terminal;
    pki.terminal.certificate = pki
        .terminal
        .spec
        .sign(&pki.terminal.key, &pki.verifier.key)
        .unwrap();
    pki
}

fn all_rights() -> TerminalPki {
    chain([&lds2::READ_ALL; 3])
}

fn invented() -> Vec<personalisation::Application> {
    let csca = TestPki::shipped().unwrap().csca;
    let holder = ["NGUYEN", "MAU AN", "19950817"];
    lds2::invented("012345678", holder, ["VN", "VNM"], &csca).unwrap()
}

/// Persona An with the three applications, and trust in these terminals.
fn persona(pki: &TerminalPki, change: impl FnOnce(&mut ChipOptions)) -> Persona {
    cards::changed("an", |chip| {
        chip.terminal = Some(pki.trust(EARLY));
        chip.applications = invented();
        change(chip);
    })
}

fn plan(persona: &Persona, terminal: Option<&Arc<Terminal>>) -> Plan {
    Plan {
        terminal: terminal.cloned(),
        applications: Applications::Read(Application::ALL.to_vec()),
        ..cards::whole(cards::key(persona))
    }
}

fn read(persona: &Persona, plan: &Plan, what: &str) -> Reading {
    let mut card = cards::card(persona, what);
    let reading = cards::read(&mut card, plan, what).unwrap();
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine, "{what}");
    reading
}

fn read_all(persona: &Persona, pki: &TerminalPki, what: &str) -> Reading {
    read(
        persona,
        &plan(persona, Some(&terminal_with(pki, &[]))),
        what,
    )
}

fn state(capture: &Capture, application: Application) -> Option<ApplicationState> {
    Some(capture.applications.get(&application)?.state)
}

fn records(capture: &Capture, application: Application, file: RecordFile) -> (usize, FileEnd) {
    let file = &capture.applications[&application].files[&File::Records(file)];
    (file.records.len(), file.end)
}

#[test]
fn a_terminal_with_rights_reads_every_record() {
    let pki = all_rights();
    let persona = persona(&pki, |_| {});
    let capture = read_all(&persona, &pki, "rights").capture;
    for application in Application::ALL {
        assert_eq!(
            state(&capture, application),
            Some(ApplicationState::Selected),
            "{application}"
        );
    }
    let done = FileEnd::Complete;
    for (application, file, count) in [
        (Application::Travel, RecordFile::EntryRecords, 2),
        (Application::Travel, RecordFile::ExitRecords, 1),
        (Application::Travel, RecordFile::Certificates, 1),
        (Application::Visas, RecordFile::VisaRecords, 1),
        (Application::Visas, RecordFile::Certificates, 1),
        (Application::Biometrics, RecordFile::Certificates, 1),
    ] {
        assert_eq!(records(&capture, application, file), (count, done));
    }
    let biometrics = &capture.applications[&Application::Biometrics].files;
    assert_eq!(biometrics[&File::Biometrics(1)].records.len(), 1);
    assert!(!biometrics.contains_key(&File::Biometrics(2)));
    // As they lie on the chip.
    let written = &persona.chip.applications[0].files[&lds2::ENTRY_RECORDS];
    let read =
        &capture.applications[&Application::Travel].files[&File::Records(RecordFile::EntryRecords)];
    assert_eq!(*written, ApplicationFile::Records(read.records.clone()));
    assert!(capture.files.contains_key(&FileId::Dir));
    // What is saved is what was read.
    let saved = Capture::from_json(&capture.to_json(), "saved").unwrap();
    assert!(saved == capture);
}

#[test]
fn the_chip_gives_out_what_the_rights_allow_and_nothing_else() {
    let read_records: &[(u8, &[u8])] = &[(1, &[0x01]), (3, &[0x01])];
    let pki = chain([&lds2::READ_ALL, &lds2::READ_ALL, read_records]);
    let persona = persona(&pki, |_| {});
    let capture = read_all(&persona, &pki, "some rights").capture;
    let refused = Status(0x6982);
    assert_eq!(
        records(&capture, Application::Travel, RecordFile::EntryRecords),
        (2, FileEnd::Complete)
    );
    assert_eq!(
        records(&capture, Application::Travel, RecordFile::Certificates),
        (0, FileEnd::Refused(refused))
    );
    assert_eq!(
        state(&capture, Application::Visas),
        Some(ApplicationState::Refused(refused))
    );
    let biometrics = &capture.applications[&Application::Biometrics];
    assert_eq!(biometrics.state, ApplicationState::Selected);
    assert_eq!(
        biometrics.files[&File::Biometrics(1)].end,
        FileEnd::Refused(refused)
    );
    // Without the signer's certificate nothing vouches for a record.
    let report = cards::judge(&read_all(&persona, &pki, "again"));
    let entries = file(&report, Application::Travel, RecordFile::EntryRecords);
    assert_eq!(doubts(entries), ["no_certificate"; 2]);
}

#[test]
fn rights_must_stand_in_every_certificate_of_the_chain() {
    for lacking in 0..3 {
        let mut rights = [&lds2::READ_ALL[..]; 3];
        rights[lacking] = &[];
        let pki = chain(rights);
        let persona = persona(&pki, |_| {});
        let capture = read_all(&persona, &pki, &format!("lacking {lacking}")).capture;
        for application in Application::ALL {
            assert_eq!(
                state(&capture, application),
                Some(ApplicationState::Refused(Status(0x6982)))
            );
        }
    }
}

#[test]
fn without_a_terminal_the_chip_refuses_and_the_document_is_genuine() {
    let pki = all_rights();
    let persona = persona(&pki, |_| {});
    let reading = read(&persona, &plan(&persona, None), "no terminal");
    for application in Application::ALL {
        assert_eq!(
            state(&reading.capture, application),
            Some(ApplicationState::Refused(Status(0x6982)))
        );
    }
}

#[test]
fn basic_access_control_opens_none_of_them() {
    let pki = all_rights();
    let persona = persona(&pki, |chip| chip.pace.clear());
    let reading = read_all(&persona, &pki, "bac");
    assert_eq!(
        state(&reading.capture, Application::Travel),
        Some(ApplicationState::Refused(Status(0x6982)))
    );
}

#[test]
fn nothing_is_sent_for_them_unless_they_are_asked_for() {
    let pki = all_rights();
    let with = persona(&pki, |_| {});
    let without = persona(&pki, |chip| chip.applications.clear());
    let plan = |persona: &Persona| cards::whole(cards::key(persona));
    let commands =
        |persona: &Persona, plan: &Plan| read(persona, plan, "unasked").exchange.commands;
    let usual = commands(&without, &plan(&without));
    assert_eq!(commands(&with, &plan(&with)), usual);
    // Listing them takes one command more.
    let listing = Plan {
        applications: Applications::List,
        ..plan(&with)
    };
    assert_eq!(commands(&with, &listing), usual + 1);
    let listed = read(&with, &listing, "listed").capture;
    for application in Application::ALL {
        assert_eq!(state(&listed, application), Some(ApplicationState::Listed));
    }
}

#[test]
fn what_is_listed_and_not_there_is_told() {
    let pki = all_rights();
    let persona = persona(&pki, |chip| {
        chip.applications
            .retain(|one| one.identifier.ends_with(&[2]));
        chip.directory.push(ApplicationTemplate {
            aid: lds2::identifier(1).to_vec(),
            label: None,
        });
    });
    let capture = read_all(&persona, &pki, "listed and not there").capture;
    assert_eq!(
        state(&capture, Application::Travel),
        Some(ApplicationState::Refused(Status(0x6A82)))
    );
    assert_eq!(
        state(&capture, Application::Visas),
        Some(ApplicationState::Selected)
    );
    // Neither listed nor there: not even tried.
    assert_eq!(
        state(&capture, Application::Biometrics),
        Some(ApplicationState::NotListed)
    );
}

#[test]
fn a_loss_in_the_middle_keeps_what_came_before() {
    let pki = all_rights();
    let persona = persona(&pki, |_| {});
    let plan = plan(&persona, Some(&terminal_with(&pki, &[])));
    let usual = cards::whole(cards::key(&persona));
    let usual = Plan {
        terminal: plan.terminal.clone(),
        ..usual
    };
    let before = read(&persona, &usual, "lost").exchange.commands + 1;
    let all = read(&persona, &plan, "lost").exchange.commands;
    assert!(all > before + 10);
    let first = usize::try_from(before).unwrap() + 1;
    let last = usize::try_from(all).unwrap();
    for number in first..=last {
        let card = cards::card(&persona, "lost");
        let mut card = Tap::failing(card, number, TransportError::CardRemoved);
        let reading = cards::read(&mut card, &plan, "lost").unwrap();
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine, "{number}");
        let states: Vec<_> = Application::ALL
            .into_iter()
            .filter_map(|one| state(&reading.capture, one))
            .collect();
        let lost = states
            .iter()
            .filter(|state| **state == ApplicationState::Interrupted);
        assert!(lost.count() > 0, "{number}: {states:?}");
        assert!(Capture::from_json(&reading.capture.to_json(), "x").unwrap() == reading.capture);
    }
}

/// The records of one file, as they were judged.
fn file(report: &Report, application: Application, file: RecordFile) -> &[RecordReport] {
    let applications = report.applications();
    let one = applications
        .iter()
        .find(|one| one.application == application);
    let files = &one.unwrap().files;
    let one = files.iter().find(|one| one.file == File::Records(file));
    &one.unwrap().records
}

/// Why nothing vouches for each record; `signed` where something does.
fn doubts(records: &[RecordReport]) -> Vec<&'static str> {
    let word = |record: &RecordReport| match record {
        RecordReport::Signed(..) => "signed",
        RecordReport::Unverified(doubt, _) => doubt.word(),
    };
    records.iter().map(word).collect()
}

#[test]
fn records_that_are_rightly_signed_are_told_apart_from_all_others() {
    let pki = all_rights();
    let persona = persona(&pki, |_| {});
    let csca = TestPki::shipped().unwrap().csca;
    let own = lds2::invented_for(&persona, &csca).unwrap();
    let persona = persona.with(|chip| chip.applications = own);
    let report = cards::judge(&read_all(&persona, &pki, "signed"));
    for (application, of_file, count) in [
        (Application::Travel, RecordFile::EntryRecords, 2),
        (Application::Travel, RecordFile::ExitRecords, 1),
        (Application::Visas, RecordFile::VisaRecords, 1),
    ] {
        let records = file(&report, application, of_file);
        assert_eq!(doubts(records), vec!["signed"; count]);
    }
    let entries = file(&report, Application::Travel, RecordFile::EntryRecords);
    let RecordReport::Signed(signer, fields) = &entries[0] else {
        panic!("not signed");
    };
    assert_eq!(signer.country, "VN");
    assert_eq!(signer.algorithm, "ECDSA with SHA-256");
    assert_eq!(signer.revocation, "unknown");
    assert!(fields.get().iter().any(|field| field.name == "travel_date"));
    let biometrics = &report.applications()[2].files;
    let of_file = biometrics
        .iter()
        .find(|one| one.file == File::Biometrics(1));
    assert_eq!(doubts(&of_file.unwrap().records), ["signed"]);
}

/// The only entry record of a card, and how it is judged.
fn judged(what: &str, entry: Vec<u8>, certificates: Vec<Vec<u8>>) -> &'static str {
    let pki = all_rights();
    let persona = persona(&pki, |chip| {
        chip.applications = vec![lds2::application(
            1,
            [
                (lds2::ENTRY_RECORDS, ApplicationFile::Records(vec![entry])),
                (lds2::EXIT_RECORDS, ApplicationFile::Records(Vec::new())),
                (lds2::CERTIFICATES, ApplicationFile::Records(certificates)),
            ],
        )];
    });
    let report = cards::judge(&read_all(&persona, &pki, what));
    assert_eq!(report.verdict(), Verdict::Genuine);
    doubts(file(&report, Application::Travel, RecordFile::EntryRecords))[0]
}

#[test]
fn every_way_to_be_wrongly_signed_has_its_name() {
    let csca = TestPki::shipped().unwrap().csca;
    let signer = Signer::new("VN", &csca, 1).unwrap();
    let travel = Travel::new("VNM", "20251220", "HAN");
    let good = travel.record(&signer, 1).unwrap();
    let certificates = || vec![signer.record()];
    assert_eq!(judged("good", good.clone(), certificates()), "signed");

    for (hash, encoding) in [
        (Hash::Sha256, Encoding::Plain),
        (Hash::Sha384, Encoding::Der),
        (Hash::Sha512, Encoding::Plain),
        (Hash::Sha224, Encoding::Der),
    ] {
        let signer = Signer {
            hash,
            encoding,
            ..Signer::new("VN", &csca, 1).unwrap()
        };
        let record = travel.record(&signer, 1).unwrap();
        assert_eq!(judged("hash", record, certificates()), "signed");
    }
    let old = Signer {
        hash: Hash::Sha1,
        ..Signer::new("VN", &csca, 1).unwrap()
    };
    let record = travel.record(&old, 1).unwrap();
    assert_eq!(judged("sha-1", record, certificates()), "wrong_signature");

    // A place that was changed after it was signed.
    let at = good.windows(3).position(|part| part == b"HAN").unwrap();
    let mut changed = good.clone();
    changed[at] = b'S';
    assert_eq!(
        judged("changed", changed, certificates()),
        "wrong_signature"
    );
    // The copy in front is not signed.
    let mut copy = good.clone();
    copy[3..6].copy_from_slice(b"USA");
    assert_eq!(judged("copy", copy, certificates()), "other_copy");

    let other = travel.record(&signer, 2).unwrap();
    assert_eq!(judged("number", other, certificates()), "no_certificate");
    let bad = vec![vec![0x5F, 0x3A, 0x00]];
    assert_eq!(judged("bad", good.clone(), bad), "bad_certificate");
    assert_eq!(
        judged("cut", good[..40].to_vec(), certificates()),
        "malformed"
    );
    assert_eq!(judged("empty", Vec::new(), certificates()), "malformed");

    let foreign = Travel::new("USA", "20251220", "HAN");
    let record = foreign.record(&signer, 1).unwrap();
    assert_eq!(judged("state", record, certificates()), "other_state");
    let late = Travel::new("VNM", "20400101", "HAN");
    let record = late.record(&signer, 1).unwrap();
    assert_eq!(judged("late", record, certificates()), "outside_validity");

    // Whom nobody vouches for, or not for this.
    let elsewhere = TestPki::of_country("US", SHIPPED_SIGNER).unwrap().csca;
    let unknown = Signer::new("US", &elsewhere, 1).unwrap();
    let record = foreign.record(&unknown, 1).unwrap();
    assert_eq!(
        judged("anchor", record, vec![unknown.record()]),
        "no_anchor"
    );
    let pretender = TestPki::of_country("VN", SHIPPED_SIGNER).unwrap().csca;
    let forged = Signer::new("VN", &pretender, 1).unwrap();
    let record = travel.record(&forged, 1).unwrap();
    assert_eq!(
        judged("forged", record, vec![forged.record()]),
        "wrong_chain"
    );
    let visas = Signer::new("VN", &csca, 2).unwrap();
    let record = travel.record(&visas, 1).unwrap();
    assert_eq!(
        judged("purpose", record, vec![visas.record()]),
        "wrong_chain"
    );
    let documents = CertificateSpec::document_signer(Name::test("VN", "DS"));
    let documents = Signer::with(documents, &csca, 1).unwrap();
    let record = travel.record(&documents, 1).unwrap();
    assert_eq!(
        judged("document signer", record, vec![documents.record()]),
        "wrong_chain"
    );
}

#[test]
fn a_visa_for_another_document_or_person_is_told() {
    let pki = all_rights();
    let csca = TestPki::shipped().unwrap().csca;
    let said = |passport: &str, birth: &str| {
        let holder = ["NGUYEN", "MAU AN", birth];
        let applications = lds2::invented(passport, holder, ["VN", "VNM"], &csca).unwrap();
        let persona = persona(&pki, |chip| chip.applications = applications);
        let report = cards::judge(&read_all(&persona, &pki, "other document"));
        doubts(file(&report, Application::Visas, RecordFile::VisaRecords))[0]
    };
    assert_eq!(said("195000123", "19950817"), "signed");
    assert_eq!(said("195000124", "19950817"), "other_document");
    assert_eq!(said("195000123", "19950818"), "other_holder");
    // A day that nobody knows is no other day.
    assert_eq!(said("195000123", "19950000"), "signed");
}

/// Records can be copied with their signatures; only the genuine chip says that they are its own.
#[test]
fn records_of_a_chip_that_proved_nothing_may_be_anybodys() {
    let pki = all_rights();
    let persona = persona(&pki, |_| {});
    let live = read_all(&persona, &pki, "own chip");
    let said = |reading: &Reading, lang| {
        let report = cards::judge(reading);
        text::details(&report, lang, &Reveal::nothing(), Extent::Asked)
    };
    let stored = Reading::stored(live.capture.clone());
    for (lang, words) in [
        (Lang::Vi, "không chắc các mục trên được ghi cho thẻ này"),
        (Lang::En, "may have been written for another card"),
    ] {
        assert!(!said(&live, lang).contains(words));
        assert!(said(&stored, lang).contains(words));
    }
}

/// A visa names its document. Without anything to compare it with, it may be anybody's.
#[test]
fn without_the_zone_of_the_document_nothing_vouches_for_a_visa() {
    let pki = all_rights();
    let persona = persona(&pki, |_| {});
    let csca = TestPki::shipped().unwrap().csca;
    let own = lds2::invented_for(&persona, &csca).unwrap();
    let persona = persona.with(|chip| chip.applications = own);
    let mut reading = read_all(&persona, &pki, "no zone");
    let said = |reading: &Reading| {
        let report = cards::judge(reading);
        let visas = doubts(file(&report, Application::Visas, RecordFile::VisaRecords));
        let exits = doubts(file(&report, Application::Travel, RecordFile::ExitRecords));
        [visas, exits].concat()
    };
    assert_eq!(said(&reading), ["signed", "signed"]);
    reading.capture.files.remove(&FileId::Group(DataGroup::DG1));
    assert_eq!(said(&reading), ["document_unread", "signed"]);
}

#[test]
fn counts_and_lengths_are_bounded() {
    let pki = all_rights();
    let csca = TestPki::shipped().unwrap().csca;
    let signer = Signer::new("VN", &csca, 1).unwrap();
    let one = Travel::new("VNM", "20251220", "HAN")
        .record(&signer, 1)
        .unwrap();
    let persona = persona(&pki, |chip| {
        chip.applications = vec![lds2::application(
            1,
            [
                (
                    lds2::ENTRY_RECORDS,
                    ApplicationFile::Records(vec![one.clone(); 400]),
                ),
                (
                    lds2::EXIT_RECORDS,
                    ApplicationFile::Records(vec![one.clone(), vec![0x73; 5_000], one]),
                ),
                (
                    lds2::CERTIFICATES,
                    // A length of 65,535 with nothing behind it, and no data at all.
                    ApplicationFile::Records(vec![vec![0x5F, 0x3A, 0x82, 0xFF, 0xFF], Vec::new()]),
                ),
            ],
        )];
    });
    let reading = read_all(&persona, &pki, "bounded");
    assert_eq!(
        records(
            &reading.capture,
            Application::Travel,
            RecordFile::EntryRecords
        ),
        (254, FileEnd::Complete)
    );
    assert_eq!(
        records(
            &reading.capture,
            Application::Travel,
            RecordFile::ExitRecords
        ),
        (1, FileEnd::TooLong)
    );
    let report = cards::judge(&reading);
    let entries = file(&report, Application::Travel, RecordFile::EntryRecords);
    assert_eq!(doubts(entries), vec!["bad_certificate"; 254]);
}

#[test]
fn a_chip_without_extended_length_gives_no_records() {
    let pki = all_rights();
    let persona = cards::changed("binh", |chip| {
        chip.terminal = Some(pki.trust(EARLY));
        chip.applications = invented();
    });
    let reading = read_all(&persona, &pki, "short");
    assert_eq!(
        records(
            &reading.capture,
            Application::Travel,
            RecordFile::EntryRecords
        ),
        (0, FileEnd::Refused(Status(0x6700)))
    );
}

#[test]
fn the_list_of_applications_is_compared_with_the_one_that_is_signed() {
    let pki = all_rights();
    let whole = |change: fn(&mut ChipOptions)| {
        let persona = persona(&pki, |chip| {
            chip.pace = vec![PaceVariant::new(
                Mapping::ChipAuthentication,
                Cipher::Aes128,
                13,
            )];
            change(chip);
        });
        cards::judge(&read_all(&persona, &pki, "directory")).directory()
    };
    assert_eq!(whole(|_| {}), Some(DirectoryState::Signed));
    assert_eq!(
        whole(|chip| {
            // No application, so no signed list either.
            chip.directory = vec![ApplicationTemplate {
                aid: lds2::identifier(1).to_vec(),
                label: None,
            }];
            chip.applications.clear();
        }),
        Some(DirectoryState::Unsigned)
    );
    // A list that was changed on its way.
    let persona = persona(&pki, |chip| {
        chip.pace = vec![PaceVariant::new(
            Mapping::ChipAuthentication,
            Cipher::Aes128,
            13,
        )];
    });
    let mut reading = read_all(&persona, &pki, "changed list");
    let file = reading.capture.files.get_mut(&FileId::Dir).unwrap();
    *file.last_mut().unwrap() ^= 1;
    let report = cards::judge(&reading);
    assert_eq!(report.directory(), Some(DirectoryState::Different));
}

#[test]
fn the_report_shows_records_in_both_languages_and_as_json() {
    let pki = all_rights();
    let csca = TestPki::shipped().unwrap().csca;
    let signer = Signer::new("VN", &csca, 1).unwrap();
    let travel = Travel::new("VNM", "20251220", "HAN");
    let good = travel.record(&signer, 1).unwrap();
    let lost = travel.record(&signer, 9).unwrap();
    let persona = persona(&pki, |chip| {
        chip.applications[0].files.insert(
            lds2::ENTRY_RECORDS,
            ApplicationFile::Records(vec![good, lost, vec![0x5F]]),
        );
    });
    let reading = read_all(&persona, &pki, "shown");
    let report = cards::judge(&reading);
    let reveal = Reveal::nothing();
    let json = json::report(&report, Times::default(), &reveal);
    let entries = &json["applications"]["travel"]["files"]["EF.EntryRecords"];
    assert_eq!(entries["count"], 3);
    let [first, second, third] = entries["records"].as_array().unwrap().as_slice() else {
        panic!("three records");
    };
    assert_eq!(first["signature"], "signed");
    assert_eq!(first["fields"]["travel_date"], "2025-12-20");
    assert!(first.get("unverified_fields").is_none());
    assert_eq!(second["reason"], "no_certificate");
    assert_eq!(second["unverified_fields"]["travel_mode"], "air");
    assert!(second.get("fields").is_none());
    assert_eq!(third["reason"], "malformed");
    let finger = &json["applications"]["biometrics"]["files"]["EF.Biometrics1"]["records"][0];
    assert_eq!(finger["fields"]["biometric_bytes"], 19);
    assert!(finger["fields"].get("biometric_data").is_none());

    let vi = text::details(&report, Lang::Vi, &reveal, Extent::Asked);
    for part in [
        "Ghi nhận xuất nhập cảnh: đã đọc",
        "EF.EntryRecords · Nhập cảnh: 3, đã đọc hết",
        "✓ quốc gia ký: VN",
        "20/12/2025",
        "CHƯA xác nhận: thiếu chứng thư của bên ký",
        "Đường hàng không",
    ] {
        assert!(vi.contains(part), "{part}\n{vi}");
    }
    let en = text::details(&report, Lang::En, &reveal, Extent::Asked);
    assert!(en.contains("Travel records: read"), "{en}");
    assert!(en.contains("NOT verified: the signer's certificate is missing"));

    // What is shown of a capture is judged by nobody.
    let shown = verify::unverified_applications(&reading.capture);
    let shown = json::contents(None, &[], &BTreeMap::new(), &shown, &reveal).to_string();
    assert!(shown.contains("not_judged") && !shown.contains("\"signed\""));
}
