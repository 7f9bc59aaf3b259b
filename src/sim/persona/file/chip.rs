//! `[chip]`, `quirks` and `faults`: what the chip can do, and how it goes wrong.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::error::Wrong;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::profile::values::AtLeast;
use crate::profile::values::list;
use crate::sim::biometrics::iris::Side;
use crate::sim::fault::Cue;
use crate::sim::fault::NoCue;
use crate::sim::persona::ApplicationTemplate;
use crate::sim::persona::AtrInfo;
use crate::sim::persona::Biometrics;
use crate::sim::persona::CardSecurity;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::Details;
use crate::sim::persona::EnrolledFinger;
use crate::sim::persona::EnrolledIris;
use crate::sim::persona::PinOptions;
use crate::sim::persona::Records;
use crate::sim::persona::file::Images;
use crate::sim::persona::file::portrait;
use crate::sim::persona::file::protocols;
use crate::sim::persona::file::values;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Pin;
use crate::sim::prints::Compression;
use crate::sim::quirk::Quirk;

/// Keys here.
const KEYS: &[&str] = &[
    "pin",
    "pin_tries",
    "puk",
    "bac",
    "card_security",
    "lengths",
    "max_response",
    "atr_info",
    "announced_command",
    "announced_response",
    "biometrics",
    "records",
    "dg5",
    "dg7",
    "dg11",
    "dg12",
    "dg13",
    "dg16",
    "reserved",
    "applications",
    "portrait",
    "directory",
    "finger",
    "iris",
    "pace",
    "chip_authentication",
    "active",
    "terminal",
];

/// Most data bytes in an answer: at least a short one's, at most what an extended length field says.
const ANSWER: (usize, usize) = (256, 65_536);

/// Digits of a PUK; that of the German identity card has ten.
const PUK: (usize, usize) = (6, 16);

/// Reads the table, where it is there, and the two lists at the top. Gives the place where the file
/// asks for applications, which need the whole persona.
pub(super) fn chip<'v>(
    reader: &mut Reader<'_>,
    top: &Table<'v>,
    chip: &mut ChipOptions,
    issued: Date,
    images: &Images<'_>,
) -> Option<Entry<'v>> {
    switches(reader, top, chip);
    let table = top.get("chip")?;
    let table = reader.table(&table, KEYS)?;
    secrets(reader, &table, chip);
    lengths(reader, &table, chip);
    groups(reader, &table, chip);
    enrolled(reader, &table, chip);
    directory(reader, &table, chip);
    portrait::portrait(reader, &table, chip, images);
    protocols::protocols(reader, &table, chip, issued);
    applications(reader, &table)
}

/// Quirks stand in place of those of the kind; faults there are none of else.
fn switches(reader: &mut Reader<'_>, top: &Table<'_>, chip: &mut ChipOptions) {
    if let Some(entry) = top.get("quirks") {
        let quirks = list(reader, Some(entry), AtLeast::None, |reader, entry| {
            known(reader, entry, Quirk::from_name)
        });
        chip.quirks = quirks.into_iter().collect::<BTreeSet<_>>();
    }
    chip.faults = list(reader, top.get("faults"), AtLeast::None, |reader, entry| {
        let cue = Cue::parse(reader.text(entry)?);
        let wrong = match cue {
            Ok(cue) => return Some(cue),
            Err(NoCue::Fault) => Wrong::UnknownSwitch,
            Err(NoCue::Moment) => Wrong::Moment,
            Err(NoCue::Timeless) => Wrong::Timeless,
            Err(NoCue::TwoMoments) => Wrong::TwoMoments,
        };
        reader.fault(entry, wrong);
        None
    });
}

fn known<T>(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    find: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let found = find(reader.text(entry)?);
    if found.is_none() {
        reader.fault(entry, Wrong::UnknownSwitch);
    }
    found
}

fn secrets(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    let tries = values::number_of(reader, table, "pin_tries", (0, usize::from(Pin::TRIES)));
    if let Some(entry) = table.get("pin") {
        let digits = values::digits(reader, &entry, 6, 6);
        chip.pin = digits.map(|digits| PinOptions {
            digits,
            tries: tries.unwrap_or(Pin::TRIES),
        });
    } else if let Some(entry) = table.get("pin_tries") {
        reader.fault(&entry, Wrong::Against { other: "chip.pin" });
    }
    if let Some(entry) = table.get("puk") {
        chip.puk = values::digits(reader, &entry, PUK.0, PUK.1);
    }
    let bac = [("offered", Bac::Offered), ("absent", Bac::Absent)];
    values::set(reader, table, "bac", &bac, &mut chip.bac);
}

fn lengths(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    let usual = match chip.lengths {
        Lengths::Extended { max_response } => max_response,
        Lengths::Short => ANSWER.1,
    };
    let max_response = values::number_of(reader, table, "max_response", ANSWER);
    let extended = Lengths::Extended {
        max_response: max_response.unwrap_or(usual),
    };
    let lengths = [("short", Lengths::Short), ("extended", extended)];
    if max_response.is_some() {
        chip.lengths = extended;
    }
    values::set(reader, table, "lengths", &lengths, &mut chip.lengths);
    if let Some(entry) = table
        .get("max_response")
        .filter(|_| chip.lengths == Lengths::Short)
    {
        reader.fault(
            &entry,
            Wrong::Against {
                other: "chip.lengths",
            },
        );
    }
    let files = [("present", AtrInfo::Present), ("absent", AtrInfo::Absent)];
    values::set(reader, table, "atr_info", &files, &mut chip.atr_info);
    let announced = ["announced_command", "announced_response"];
    let [command, response] =
        announced.map(|key| values::number_of::<u16>(reader, table, key, (1, 65_535)));
    match (command, response) {
        (Some(command), Some(response)) => chip.atr_info = AtrInfo::Sizes { command, response },
        (Some(_), None) => drop(table.needed(reader, "announced_response")),
        (None, Some(_)) => drop(table.needed(reader, "announced_command")),
        (None, None) => {}
    }
    let absent = table.get("atr_info");
    let absent = absent.filter(|_| command.is_some() || response.is_some());
    if let Some(entry) = absent
        && values::word(reader, &entry, &files) == Some(AtrInfo::Absent)
    {
        let other = "chip.announced_command";
        reader.fault(&entry, Wrong::Against { other });
    }
}

fn groups(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    let files = [
        ("present", CardSecurity::Present),
        ("absent", CardSecurity::Absent),
    ];
    values::set(
        reader,
        table,
        "card_security",
        &files,
        &mut chip.card_security,
    );
    let biometrics = [
        ("fingers", Biometrics::Fingers),
        ("fingers-and-irises", Biometrics::FingersAndIrises),
    ];
    values::set(
        reader,
        table,
        "biometrics",
        &biometrics,
        &mut chip.biometrics,
    );
    let records = [
        ("fixed", Records::Fixed),
        ("extensible", Records::Extensible),
    ];
    values::set(reader, table, "records", &records, &mut chip.records);
    let details = [
        ("absent", Details::Absent),
        ("present", Details::Present),
        ("whole", Details::Whole),
    ];
    for (key, place) in [
        ("dg5", &mut chip.dg5),
        ("dg7", &mut chip.dg7),
        ("dg11", &mut chip.dg11),
        ("dg12", &mut chip.dg12),
        ("dg13", &mut chip.dg13),
        ("dg16", &mut chip.dg16),
        ("reserved", &mut chip.reserved),
    ] {
        values::set(reader, table, key, &details, place);
    }
}

fn enrolled(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    const COMPRESSIONS: [(&str, Compression); 3] = [
        ("raw", Compression::Raw),
        ("wsq", Compression::Wsq),
        ("jpeg2000", Compression::Jpeg2000),
    ];
    /// WSQ is for fingers alone.
    const IRIS_COMPRESSIONS: [(&str, Compression); 2] = [
        ("raw", Compression::Raw),
        ("jpeg2000", Compression::Jpeg2000),
    ];
    const SIDES: [(&str, Side); 2] = [("right", Side::Right), ("left", Side::Left)];
    if let Some(tables) = values::tables(reader, table, "finger", &["position", "compression"]) {
        let mut positions: Vec<u8> = Vec::new();
        for (entry, table) in tables {
            table.needed(reader, "position");
            let position = values::number_of(reader, &table, "position", (1, 10));
            let compression = values::word_of(reader, &table, "compression", &COMPRESSIONS);
            let Some(position) = position else {
                continue;
            };
            if positions.contains(&position) {
                reader.fault(&entry, Wrong::Twice);
                continue;
            }
            positions.push(position);
            let compression = compression.unwrap_or(Compression::Wsq);
            chip.fingers
                .push(EnrolledFinger::drawn(position, compression));
        }
    }
    if let Some(tables) = values::tables(reader, table, "iris", &["side", "compression"]) {
        for (entry, table) in tables {
            table.needed(reader, "side");
            let side = values::word_of(reader, &table, "side", &SIDES);
            let compression = values::word_of(reader, &table, "compression", &IRIS_COMPRESSIONS);
            let compression = compression.unwrap_or(Compression::Jpeg2000);
            let drawn = EnrolledIris::both_drawn(compression);
            let Some(iris) = drawn.into_iter().find(|iris| Some(iris.side) == side) else {
                continue;
            };
            if chip.irises.iter().any(|other| other.side == iris.side) {
                reader.fault(&entry, Wrong::Twice);
                continue;
            }
            chip.irises.push(iris);
        }
    }
}

fn directory(reader: &mut Reader<'_>, table: &Table<'_>, chip: &mut ChipOptions) {
    /// Octets of an application identifier (ISO/IEC 7816-4 §8.2.1.2).
    const IDENTIFIER: (usize, usize) = (5, 16);
    let Some(tables) = values::tables(reader, table, "directory", &["aid", "label"]) else {
        return;
    };
    for (_, table) in tables {
        let aid = table.needed(reader, "aid");
        let aid = aid.and_then(|it| values::octets(reader, &it, IDENTIFIER.0, IDENTIFIER.1));
        let label = table.get("label");
        let label = label.and_then(|it| values::text(reader, &it));
        if let Some(aid) = aid {
            chip.directory.push(ApplicationTemplate { aid, label });
        }
    }
}

/// Where the file asks for applications beside the eMRTD application.
fn applications<'v>(reader: &mut Reader<'_>, table: &Table<'v>) -> Option<Entry<'v>> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Applications {
        Invented,
        None,
    }
    let words = [
        ("invented", Applications::Invented),
        ("none", Applications::None),
    ];
    let entry = table.get("applications")?;
    let wanted = values::word(reader, &entry, &words) == Some(Applications::Invented);
    wanted.then_some(entry)
}
