//! Which certificates a chip takes, and what it learns from them.

use super::*;

#[test]
fn certificates_are_refused_for_what_is_wrong_with_them() {
    let pki = pki();
    let authority = &pki.authorities[0];
    let name = authority.spec.holder.as_str();
    let period = [date(2025, 1, 1), date(2030, 1, 1)];
    let label = "VNTESTDV00009";
    let subject = || Key::new(KIND, Role::DomesticVerifier, label).unwrap();
    let spec = |role, period| CertificateSpec::new(role, name, label, 3, period);
    let signed = |spec: &CertificateSpec| spec.sign(&subject(), &authority.key).unwrap();
    let good = spec(Role::DomesticVerifier, period);

    let other_type = CertificateSpec {
        terminal_type: AUTHENTICATION_TERMINAL.to_vec(),
        ..good.clone()
    };
    let longer_rights = CertificateSpec {
        authorization: vec![0x80, 0, 0, 0, 3],
        ..good.clone()
    };
    let other_authority = CertificateSpec {
        authority: "VNTESTCVCA00007".to_owned(),
        ..good.clone()
    };
    let expired = spec(
        Role::DomesticVerifier,
        [date(2024, 1, 1), date(2025, 5, 31)],
    );
    let backwards = spec(Role::DomesticVerifier, [date(2031, 1, 1), date(2030, 1, 1)]);
    let mut forged = signed(&good);
    *forged.last_mut().unwrap() ^= 1;
    let by_another = good.sign(&subject(), &subject()).unwrap();
    let mut cut = signed(&good);
    let signature = cut.len() - 3 - 64;
    cut.truncate(signature);
    let cut = tlv::encode(0x7F21, &[&cut[4..]]);

    for (what, certificate, status) in [
        ("a wrong signature", forged, 0x6300),
        ("another key's signature", by_another, 0x6300),
        ("another authority", signed(&other_authority), 0x6A88),
        (
            "a terminal right under an authority",
            signed(&spec(Role::Terminal, period)),
            0x6984,
        ),
        ("another type of terminal", signed(&other_type), 0x6984),
        ("rights of another length", signed(&longer_rights), 0x6984),
        ("an expired one", signed(&expired), 0x6984),
        ("one that ends before it begins", signed(&backwards), 0x6984),
        ("no signature", cut, 0x6A80),
        ("nothing", tlv::encode(0x7F21, &[&[0x7F, 0x4E, 0]]), 0x6A80),
        ("a good one", signed(&good), 0x9000),
    ] {
        let (mut host, _) = behind_chip_authentication(guarded(&pki));
        assert_eq!(import(&mut host, name, &certificate), status, "{what}");
    }
    // Unknown authorities, and references of no form.
    let (mut host, _) = behind_chip_authentication(guarded(&pki));
    let good = signed(&good);
    assert_eq!(import(&mut host, "VNTESTCVCA00007", &good), 0x6A88);
    for wrong in [&[][..], &[0x83], &[0x84, 1, 1], &[0x83, 1, 1, 0]] {
        assert_eq!(host.send(SET_DST, wrong, &[]).1, 0x6A80);
    }
    // A verifier certifies no verifier.
    assert_eq!(import(&mut host, name, &good), 0x9000);
    let under = CertificateSpec::new(Role::DomesticVerifier, label, "VNTESTDV00010", 3, period);
    let under = under.sign(&subject(), &subject()).unwrap();
    assert_eq!(import(&mut host, label, &under), 0x6984);
}

#[test]
fn certificates_advance_the_date_of_the_chip() {
    let pki = pki();
    let authority = &pki.authorities[0];
    let name = authority.spec.holder.as_str();
    let until = date(2045, 1, 1);
    let verifier = |role, holder: &str, from| {
        let spec = CertificateSpec::new(role, name, holder, 3, [from, until]);
        let key = Key::new(KIND, role, holder).unwrap();
        authority.sign(spec, key).unwrap()
    };
    let (mut host, _) = behind_chip_authentication(guarded(&pki));
    assert_eq!(host.chip.date(), DAY);
    // One of another country is believed as far as its signature goes; its date is not.
    let foreign = verifier(Role::ForeignVerifier, "VNFOREIGN00001", date(2026, 1, 1));
    assert_eq!(import_entity(&mut host, &foreign), 0x9000);
    assert_eq!(host.chip.date(), DAY);
    let terminal = |issuer: &Entity, from, to| {
        let holder = "VNTERMINAL00001";
        let role = Role::Terminal;
        let spec = CertificateSpec::new(role, &issuer.spec.holder, holder, 3, [from, to]);
        issuer
            .sign(spec, Key::new(KIND, role, holder).unwrap())
            .unwrap()
    };
    let later = terminal(&foreign, date(2027, 1, 1), until);
    assert_eq!(import_entity(&mut host, &later), 0x9000);
    assert_eq!(host.chip.date(), DAY);

    let domestic = verifier(Role::DomesticVerifier, "VNDOMESTIC00001", date(2026, 1, 1));
    assert_eq!(import_entity(&mut host, &domestic), 0x9000);
    assert_eq!(host.chip.date(), date(2026, 1, 1));
    let later = terminal(&domestic, date(2027, 3, 1), until);
    assert_eq!(import_entity(&mut host, &later), 0x9000);
    assert_eq!(host.chip.date(), date(2027, 3, 1));
    // What was good a moment ago has expired now; on its last day it had not.
    for (last, status) in [(date(2027, 2, 28), 0x6984), (date(2027, 3, 1), 0x9000)] {
        let old = terminal(&domestic, date(2026, 1, 1), last);
        assert_eq!(import_entity(&mut host, &old), status);
    }
    // The date is not lost with the session.
    host.chip.reset();
    assert_eq!(host.chip.date(), date(2027, 3, 1));
}

#[test]
fn link_certificates_bring_new_authorities() {
    let pki = TerminalPki::new(KIND, 3).unwrap();
    let mut card = guarded(&pki);
    card.terminal = Some(pki.trust(date(2021, 5, 10)));
    let (mut host, agreed) = behind_chip_authentication(card);
    let file = |names: &[&str]| {
        let mut file: Vec<u8> = names
            .iter()
            .flat_map(|name| tlv::encode(0x42, &[name.as_bytes()]))
            .collect();
        file.resize(36, 0);
        (file, 0x9000)
    };
    assert_eq!(host.send(READ_CVCA, &[], &[0]), file(&["VNTESTCVCA00001"]));
    assert_eq!(import_entity(&mut host, &pki.verifier), 0x6A88);
    assert_eq!(import(&mut host, "VNTESTCVCA00001", &pki.links[0]), 0x9000);
    let two = ["VNTESTCVCA00002", "VNTESTCVCA00001"];
    assert_eq!(host.send(READ_CVCA, &[], &[0]), file(&two));
    assert_eq!(import(&mut host, "VNTESTCVCA00002", &pki.links[1]), 0x9000);
    let two = ["VNTESTCVCA00003", "VNTESTCVCA00002"];
    assert_eq!(host.send(READ_CVCA, &[], &[0]), file(&two));
    // The first is forgotten; the chip's date has come to the third.
    assert_eq!(import(&mut host, "VNTESTCVCA00001", &pki.links[0]), 0x6A88);
    assert_eq!(host.chip.date(), date(2023, 1, 1));
    open(&mut host, &pki, &agreed);
    // Authorities outlive the session.
    host.chip.reset();
    assert_eq!(host.bac("28"), "9000");
    assert_eq!(host.send(READ_CVCA, &[], &[0]), file(&two));
}

/// A link certificate is taken when its time is over, a verifier under an authority whose time is
/// over is not.
#[test]
fn only_link_certificates_are_taken_after_their_time() {
    let pki = pki();
    let short = |number: u8, issuer: Option<&Entity>, last| {
        let holder = format!("VNSHORT0000{number}");
        let authority = issuer.map_or(&holder, |issuer| &issuer.spec.holder);
        let period = [date(2020, 1, 1), last];
        let spec = CertificateSpec::new(Role::Authority, authority, &holder, 3, period);
        let key = Key::new(KIND, Role::Authority, &holder).unwrap();
        match issuer {
            Some(issuer) => issuer.sign(spec, key).unwrap(),
            None => Entity {
                certificate: spec.sign(&key, &key).unwrap(),
                spec,
                key,
            },
        }
    };
    let first = short(1, None, date(2022, 1, 1));
    let second = short(2, Some(&first), date(2023, 1, 1));
    let third = short(3, Some(&second), date(2030, 1, 1));
    let mut card = guarded(&pki);
    let trust = card.terminal.as_mut().unwrap();
    trust.authorities = vec![first.certificate.clone()];
    let (mut host, _) = behind_chip_authentication(card);
    let verifier = |issuer: &Entity| {
        let period = [date(2020, 1, 1), date(2030, 1, 1)];
        issuer
            .certify(Role::DomesticVerifier, "VNTESTDV00001", KIND, period)
            .unwrap()
    };
    assert_eq!(import_entity(&mut host, &verifier(&first)), 0x6984);
    assert_eq!(import_entity(&mut host, &second), 0x9000);
    assert_eq!(import_entity(&mut host, &verifier(&second)), 0x6984);
    assert_eq!(import_entity(&mut host, &third), 0x9000);
    assert_eq!(import_entity(&mut host, &verifier(&third)), 0x9000);
    assert_eq!(host.chip.date(), DAY);
}

#[test]
fn a_chip_with_short_commands_takes_certificates_in_pieces() {
    let pki = TerminalPki::new(KeyKind::RsaPss(Hash::Sha256), 1).unwrap();
    let mut card = guarded(&pki);
    card.lengths = Lengths::Short;
    let (mut host, agreed) = behind_chip_authentication(card);
    let in_pieces = |host: &mut Host, header: [u8; 4], data: &[u8]| {
        let mut pieces = data.chunks(200).peekable();
        let mut last = 0;
        while let Some(piece) = pieces.next() {
            let class = if pieces.peek().is_some() { 0x10 } else { 0 };
            let header = [class, header[1], header[2], header[3]];
            last = host.send(header, piece, &[]).1;
            if last != 0x9000 {
                break;
            }
        }
        last
    };
    for entity in [&pki.verifier, &pki.terminal] {
        let set = tlv::encode(0x83, &[entity.spec.authority.as_bytes()]);
        assert_eq!(host.send(SET_DST, &set, &[]).1, 0x9000);
        let certificate = inside(&entity.certificate);
        assert_eq!(in_pieces(&mut host, VERIFY, &certificate), 0x9000);
    }
    let set = tlv::encode(0x83, &[pki.terminal.spec.holder.as_bytes()]);
    assert_eq!(host.send(SET_AT, &set, &[]).1, 0x9000);
    let (challenge, _) = host.send(CHALLENGE, &[], &[8]);
    let message = [number(), &challenge, &agreed].concat();
    let signature = pki.terminal.key.sign(&message).unwrap();
    assert_eq!(in_pieces(&mut host, EXTERNAL, &signature), 0x9000);
    assert_eq!(host.send(READ_DG3_BY_SFI, &[], &[0]).1, 0x9000);
    // A chain without an end is stopped.
    let set = tlv::encode(0x83, &[b"VNTESTCVCA00001"]);
    assert_eq!(host.send(SET_DST, &set, &[]).1, 0x9000);
    assert_eq!(in_pieces(&mut host, VERIFY, &[0; 5000]), 0x6700);
    // Others do not come in chains.
    assert_eq!(host.send([0x10, 0x84, 0, 0], &[], &[8]).1, 0x6884);
}
