//! `[chip.portrait]`: the face in DG2.

use crate::error::Wrong;
use crate::image::Format;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::sim::faces;
use crate::sim::faces::Portrait;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::file::Images;
use crate::sim::persona::file::values;

/// Keys here.
const KEYS: &[&str] = &["face", "file", "width", "height", "length"];

/// Largest image, in bytes; a file of a chip is read up to this length.
pub const MAX_IMAGE: usize = 512 * 1024;

/// Largest width and height of a portrait in its record, in pixels.
const MAX_SIDE: usize = 4096;

/// The faces that ship.
#[derive(Clone, Copy)]
enum Face {
    An,
    AnJp2,
    AnCodestream,
    AnGrey,
    Binh,
    Chi,
}

const FACES: [(&str, Face); 6] = [
    ("an", Face::An),
    ("an-jp2", Face::AnJp2),
    ("an-codestream", Face::AnCodestream),
    ("an-grey", Face::AnGrey),
    ("binh", Face::Binh),
    ("chi", Face::Chi),
];

/// Reads the table, where it is there.
pub(super) fn portrait(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    chip: &mut ChipOptions,
    images: &Images<'_>,
) {
    let entry = table.get("portrait");
    let Some(table) = entry.and_then(|entry| reader.table(&entry, KEYS)) else {
        return;
    };
    if let Some(face) = values::word_of(reader, &table, "face", &FACES) {
        chip.portrait = match face {
            Face::An => faces::AN,
            Face::AnJp2 => faces::AN_JP2,
            Face::AnCodestream => faces::AN_CODESTREAM,
            Face::AnGrey => faces::AN_GREY,
            Face::Binh => faces::BINH,
            Face::Chi => faces::CHI,
        };
    }
    if let Some(portrait) = own(reader, &table, images) {
        chip.portrait = portrait;
    }
    let Some(length) = table.get("length") else {
        return;
    };
    // Comments in a JPEG make it longer; nothing makes an image shorter.
    let least = chip.portrait.image.len();
    let jpeg = Format::of(&chip.portrait.image) == Some(Format::Jpeg);
    match values::number_of::<usize>(reader, &table, "length", (least, MAX_IMAGE)) {
        Some(_) if !jpeg => reader.fault(&length, Wrong::Image),
        Some(length) => chip.portrait = chip.portrait.padded_to(length),
        None => {}
    }
}

/// An image of one's own, in a file beside the persona's.
fn own(reader: &mut Reader<'_>, table: &Table<'_>, images: &Images<'_>) -> Option<Portrait> {
    let size = |key| table.get(key);
    let Some(file) = table.get("file") else {
        for entry in ["width", "height"].into_iter().filter_map(size) {
            reader.fault(
                &entry,
                Wrong::Against {
                    other: "chip.portrait.file",
                },
            );
        }
        return None;
    };
    if table.get("face").is_some() {
        reader.fault(
            &file,
            Wrong::Against {
                other: "chip.portrait.face",
            },
        );
    }
    let mut side = |key| {
        table.needed(reader, key)?;
        values::number_of::<u16>(reader, table, key, (1, MAX_SIDE))
    };
    let (width, height) = (side("width"), side("height"));
    let name = reader.text(&file)?;
    let image = images(name).filter(|image| image.len() <= MAX_IMAGE);
    let known = |image: &Vec<u8>| {
        let format = Format::of(image);
        matches!(format, Some(Format::Jpeg | Format::Jpeg2000))
    };
    let Some(image) = image.filter(known) else {
        reader.fault(&file, Wrong::Image);
        return None;
    };
    Some(Portrait::of(image, width?, height?))
}
