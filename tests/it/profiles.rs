//! Every shipped card profile reads its own virtual card.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cancuoc::capture::Reading;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::profile;
use cancuoc::profile::KeyKind;
use cancuoc::profile::Profile;
use cancuoc::reader::Plan;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Details;
use cancuoc::sim::persona::Document;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Bac;
use cancuoc::sim::quirk::Quirk;
use cancuoc::verify;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::Vouched;

use crate::support::cards;

/// What is not in a profile of its card: state, code, and what else tells it from the card of 2021.
/// A profile without a row here fails the tests.
fn describe(profile: &str, chip: &mut ChipOptions) -> Option<()> {
    chip.document = match profile {
        "vn-cccd-2021" | "vn-can-cuoc-2024" => Document::citizen_card(),
        "vn-epassport" => Document::of("VNM", "VN", "P"),
        "de-passport" => Document::of("D", "DE", "P"),
        "it-cie" => Document::of("ITA", "IT", "C"),
        "fr-cnie" => Document::of("FRA", "FR", "ID"),
        "be-eid" => Document::of("BEL", "BE", "ID"),
        "icao-emrtd" => Document::of("UTO", "UT", "P"),
        _ => return None,
    };
    if profile == "de-passport" {
        chip.bac = Bac::Absent;
    }
    Some(())
}

/// The virtual card of a profile: what its file says of it, on the chip of 2021.
fn persona(profile: &Profile) -> Persona {
    let mut persona = cards::changed("an", |chip| {
        describe(&profile.name, chip).unwrap_or_else(|| {
            panic!("{} has no card: give it a row in describe()", profile.name);
        });
        let known = profile.quirks.iter().map(|name| Quirk::from_name(name));
        chip.quirks = known.map(Option::unwrap).collect();
        chip.quirks.insert(Quirk::ReadWhatFits);
        let there = |number| {
            let group = DataGroup::new(number).unwrap();
            match profile.groups.contains(&group) {
                true => Details::Present,
                false => Details::Absent,
            }
        };
        (chip.dg11, chip.dg12, chip.dg13) = (there(11), there(12), there(13));
        if let Some(card_access) = &profile.card_access {
            chip.pace = offered(card_access);
        }
    });
    if let Some(from) = profile.recognise.issued_from {
        persona.citizen.issued = from.saturating_add(jiff::Span::new().days(90));
    }
    persona
}

fn offered(card_access: &[u8]) -> Vec<PaceVariant> {
    let infos = SecurityInfos::decode(card_access).unwrap();
    let infos = infos.pace.iter();
    infos
        .map(|info| {
            let protocol = info.protocol.unwrap();
            let id = u8::try_from(info.parameter_id.unwrap()).unwrap();
            PaceVariant::new(protocol.mapping, protocol.cipher, id)
        })
        .collect()
}

/// Reads the card with one kind of key.
fn read(persona: &Persona, key: KeyKind, profile: Option<&Profile>) -> (Reading, Report) {
    let key = match key {
        KeyKind::Can => cards::can(persona),
        KeyKind::Mrz => cards::mrz(persona),
    };
    let plan: Plan = cards::whole(key);
    let plan = match profile {
        Some(profile) => plan.expecting(profile.clone()),
        None => plan,
    };
    let reading = cards::read(&mut cards::card(persona, "profile"), &plan, "profile").unwrap();
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&persona.pki().unwrap().csca.certificate).unwrap();
    trust.add_anchor(root, Provenance::TestCard);
    let report = verify::verify(&reading, &trust, &Policy::counter(), cards::now());
    (reading, report)
}

/// The files in `card-profiles`, by their names.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("card-profiles");
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_is_shipped_under_its_own_name() {
    let shipped: BTreeSet<&str> = profile::shipped()
        .iter()
        .map(|profile| profile.name.as_str())
        .collect();
    let files = files();
    let names: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, shipped);
    for (name, text) in &files {
        assert_eq!(
            &Profile::parse(text).unwrap(),
            Profile::named(name).unwrap()
        );
    }
}

#[test]
fn every_profile_reads_its_own_card_with_its_hints_and_without() {
    for (name, _) in files() {
        let profile = Profile::named(&name).unwrap();
        let persona = persona(profile);
        for key in profile.keys.iter().copied() {
            let (plain, without) = read(&persona, key, None);
            let (hinted, with) = read(&persona, key, Some(profile));
            for report in [&without, &with] {
                assert_eq!(report.verdict(), Verdict::Genuine, "{name} {key:?}");
                let Some(Vouched::Verified(holder)) = report.holder() else {
                    panic!("{name}: no holder");
                };
                assert_eq!(holder.get().profile().unwrap().name, name);
            }
            assert_eq!(plain.capture.files, hinted.capture.files, "{name}");
            let commands = |report: &Report| report.exchange().commands;
            assert!(commands(&with) <= commands(&without), "{name} {key:?}");
        }
    }
}

#[test]
fn every_card_is_what_its_profile_says() {
    for (name, _) in files() {
        let profile = Profile::named(&name).unwrap();
        let persona = persona(profile);
        let document = &persona.chip.document;
        let issued = Some(persona.citizen.issued);
        let found = profile::recognise(&document.state, &document.code, issued);
        assert_eq!(found.unwrap().name, name);
        let chip = persona.personalise().unwrap();
        let groups: BTreeSet<DataGroup> = chip
            .groups()
            .into_keys()
            .filter(|group| !DataGroup::PROTECTED.contains(group))
            .collect();
        assert_eq!(groups, profile.groups.iter().copied().collect(), "{name}");
        if let Some(card_access) = &profile.card_access {
            let offers = |bytes: &[u8]| SecurityInfos::decode(bytes).unwrap().pace;
            let own = offers(&chip.files[&FileId::CardAccess]);
            assert_eq!(own, offers(card_access), "{name}");
        }
        if let Some(dg13) = &profile.dg13 {
            let file = &chip.files[&FileId::Group(DataGroup::DG13)];
            let decoded = cancuoc::lds::dg13::Dg13::decode(file, dg13.layout).unwrap();
            for field in decoded.fields() {
                assert!(profile.label(&field.name).is_some(), "{}", field.name);
            }
        }
    }
}

#[test]
fn the_file_of_2021_is_the_card_access_of_its_card() {
    let profile = Profile::named("vn-cccd-2021").unwrap();
    let chip = persona(profile).personalise().unwrap();
    assert_eq!(
        chip.files.get(&FileId::CardAccess),
        profile.card_access.as_ref()
    );
}

/// A profile is no evidence: with that of another document a card is read all the same.
#[test]
fn the_wrong_profile_costs_commands_and_nothing_else() {
    for own in ["vn-cccd-2021", "de-passport", "it-cie"] {
        let persona = persona(Profile::named(own).unwrap());
        let (plain, _) = read(&persona, KeyKind::Mrz, None);
        for other in profile::shipped() {
            let (reading, report) = read(&persona, KeyKind::Mrz, Some(other));
            assert_eq!(
                report.verdict(),
                Verdict::Genuine,
                "{own} by {}",
                other.name
            );
            assert_eq!(reading.capture.files, plain.capture.files);
        }
    }
}

/// What is known to be needed is not found out again; what is known wrongly is found out.
#[test]
fn a_known_quirk_saves_its_trial_and_a_wrong_one_harms_nothing() {
    for (quirk, saves) in [
        ("external-authenticate-le-00", 1),
        ("external-authenticate-no-le", 1),
        ("parameter-reference-required", 1),
        ("sfi-unsupported", 1),
        ("extended-refused", 1),
    ] {
        let bac = quirk.starts_with("external");
        let text = include_str!("../../card-profiles/icao-emrtd.toml")
            .replace("[read]", &format!("quirks = [\"{quirk}\"]\n\n[read]"));
        let profile = Profile::parse(&text).unwrap();
        let card = |quirks: &[&str]| {
            cards::changed("an", |chip| {
                chip.quirks.clear();
                chip.quirks.insert(Quirk::ReadWhatFits);
                for name in quirks {
                    chip.quirks.insert(Quirk::from_name(name).unwrap());
                }
                if bac {
                    chip.pace.clear();
                }
            })
        };
        let key = if bac { KeyKind::Mrz } else { KeyKind::Can };
        let commands = |persona: &Persona, profile| {
            let (_, report) = read(persona, key, profile);
            assert_eq!(report.verdict(), Verdict::Genuine, "{quirk}");
            report.exchange().commands
        };
        let odd = card(&[quirk]);
        let (without, with) = (commands(&odd, None), commands(&odd, Some(&profile)));
        assert!(with + saves <= without, "{quirk}: {with} of {without}");
        commands(&card(&[]), Some(&profile));
    }
}

/// The zone may come first under PACE where a profile says so, and the number after a zone that does
/// not open the card.
#[test]
fn a_profile_chooses_which_key_comes_first() {
    let persona = cards::persona("an");
    let text = include_str!("../../card-profiles/icao-emrtd.toml")
        .replace("[\"mrz\", \"can\"]", "[\"mrz\"]");
    let profile = Profile::parse(&text).unwrap();
    let key = || cancuoc::lds::key::AccessKey {
        can: cards::can(&persona).can,
        ..cards::mrz(&persona)
    };
    let opens = |key| {
        let plan = cards::least(key).expecting(profile.clone());
        cards::read(&mut cards::card(&persona, "first"), &plan, "first").unwrap()
    };
    opens(key());
    let mut wrong = key();
    wrong.mrz = cards::mrz(&cards::persona("binh")).mrz;
    opens(wrong);
}

/// The generations of the card name a field otherwise, and the report follows the date of issue.
#[test]
fn labels_follow_the_generation_of_the_card() {
    let shown = |name: &str| {
        let (_, report) = read(&persona(Profile::named(name).unwrap()), KeyKind::Can, None);
        cancuoc::render::text::report(&report, cancuoc::render::words::Lang::Vi)
    };
    let (old, new) = (shown("vn-cccd-2021"), shown("vn-can-cuoc-2024"));
    assert!(old.contains("Quê quán") && !old.contains("Nơi đăng ký khai sinh "));
    assert!(new.contains("Nơi đăng ký khai sinh") && !new.contains("Quê quán"));
    for text in [old, new] {
        assert!(text.contains("Nơi khai sinh (theo số)"));
        assert!(text.contains("Nam Định"));
    }
}
