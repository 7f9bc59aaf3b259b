//! The applications beside the eMRTD application: listed, read with and without rights, broken off, and
//! what their records say. Whatever comes of them, the document stays genuine.

use std::sync::Arc;

use cancuoc::capture::ApplicationState;
use cancuoc::capture::Capture;
use cancuoc::capture::FileEnd;
use cancuoc::capture::Reading;
use cancuoc::error::TransportError;
use cancuoc::iso7816::Status;
use cancuoc::lds::FileId;
use cancuoc::lds::lds2::Application;
use cancuoc::lds::lds2::File;
use cancuoc::lds::lds2::RecordFile;
use cancuoc::reader::Applications;
use cancuoc::reader::Plan;
use cancuoc::sim::lds2;
use cancuoc::sim::persona::ApplicationTemplate;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation;
use cancuoc::sim::personalisation::ApplicationFile;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::card_verifiable::TerminalPki;
use cancuoc::terminal::Terminal;
use cancuoc::transport::Transport;
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
    lds2::invented("012345678", ["VN", "VNM"], &csca).unwrap()
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
