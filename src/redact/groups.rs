//! The groups of the invented persona: each as long as the person's, in the same form, with other
//! words, numbers, pictures and bytes in it.

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::random::Random;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::redact::heard::Part;
use crate::redact::invent::Inventor;
use crate::redact::invent::is_kept;
use crate::sim::biometrics;
use crate::sim::biometrics::extensible;
use crate::sim::biometrics::face;
use crate::sim::faces;
use crate::sim::faces::Portrait;
use crate::sim::files;
use crate::sim::seed::Seeded;

/// Deepest nesting that is gone into.
const MAX_DEPTH: u8 = 12;

/// Tags whose values say how a file is made, not whom it is of: versions and lists of tags.
const FRAME: [u32; 5] = [0x5F01, 0x5F36, 0x5C, tag::OID, tag::BOOLEAN];

/// Most bytes of a number that counts or names a kind.
const SMALL: usize = 2;

/// First bytes of a record of faces (ISO/IEC 19794-5 §5.4).
const FACE_RECORD: &[u8] = b"FAC\0";

/// Width and height of the drawn signature, which is the shortest drawing in JPEG.
const SIGNATURE_SIZE: [u16; 2] = [480, 160];

/// Rounds in which a picture is brought to its length.
const ROUNDS: usize = 8;

/// Takes note of all words in a group, before any is invented.
pub(super) fn learn(group: DataGroup, file: &[u8], inventor: &mut Inventor) {
    if has_words(group) {
        each_leaf(Reader::new(file), MAX_DEPTH, &mut |leaf| {
            if let Some(text) = text_of(leaf.value) {
                inventor.learn(text);
            }
        });
    }
}

/// A citizen number in a group: twelve digits that stand alone.
pub(super) fn citizen_number(file: &[u8]) -> Option<String> {
    let mut found = None;
    each_leaf(Reader::new(file), MAX_DEPTH, &mut |leaf| {
        let digits =
            |text: &&str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if found.is_none() {
            found = text_of(leaf.value).filter(digits).map(str::to_owned);
        }
    });
    found
}

/// Whether what is said in a group is words and numbers, not a zone, a face, or keys.
pub(super) const fn has_words(group: DataGroup) -> bool {
    !matches!(group.number(), 1 | 2 | 3 | 4 | 14 | 15)
}

fn each_leaf<'b>(mut reader: Reader<'b>, depth: u8, take: &mut impl FnMut(Element<'b>)) {
    while !reader.at_end() {
        let Ok(element) = reader.element("data object") else {
            return;
        };
        match inside(&element, depth) {
            Some(within) => each_leaf(within, depth.saturating_sub(1), take),
            None => take(element),
        }
    }
}

/// What stands inside a constructed element, where all of it is whole elements.
fn inside<'b>(element: &Element<'b>, depth: u8) -> Option<Reader<'b>> {
    let first = element.raw.first()?;
    if first & 0x20 == 0 || depth == 0 {
        return None;
    }
    let within = element.inside().ok()?;
    let mut trial = within.clone();
    while !trial.at_end() {
        trial.element("data object").ok()?;
    }
    Some(within)
}

/// Words that can be read, not bytes that happen to be UTF-8.
pub(super) fn text_of(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let readable = !text.is_empty() && !text.chars().any(char::is_control);
    readable.then_some(text)
}

/// The group of the persona that takes the place of this one.
pub(super) fn group(
    group: DataGroup,
    file: &[u8],
    inventor: &mut Inventor,
) -> Result<Vec<u8>, SetupError> {
    if group == DataGroup::DG2 {
        return Ok(face_of(file));
    }
    let mut out = Vec::with_capacity(file.len());
    elements(file, MAX_DEPTH, inventor, &mut out)?;
    Ok(out)
}

fn elements(
    bytes: &[u8],
    depth: u8,
    inventor: &mut Inventor,
    out: &mut Vec<u8>,
) -> Result<(), SetupError> {
    let mut reader = Reader::new(bytes);
    let mut taken = 0_usize;
    while !reader.at_end() {
        let Ok(element) = reader.element("data object") else {
            break;
        };
        taken = taken.saturating_add(element.raw.len());
        let header = element.raw.len().saturating_sub(element.value.len());
        out.extend_from_slice(element.raw.get(..header).unwrap_or_default());
        match inside(&element, depth) {
            Some(_) => elements(element.value, depth.saturating_sub(1), inventor, out)?,
            None => out.extend(leaf(&element, inventor)?),
        }
    }
    // What is no data object may be anything.
    let rest = bytes.len().saturating_sub(taken);
    out.extend(inventor.bytes(rest)?);
    Ok(())
}

fn leaf(element: &Element<'_>, inventor: &mut Inventor) -> Result<Vec<u8>, SetupError> {
    let value = element.value;
    let counts = matches!(element.tag, tag::INTEGER | 0x0A) && value.len() <= SMALL;
    // Elements of a biometric header and of a record in ISO/IEC 39794: codes, each in an octet or two.
    let code = (0x80..=0x9F).contains(&element.tag) && value.len() <= SMALL;
    if value.is_empty() || counts || code || FRAME.contains(&element.tag) {
        return Ok(value.to_vec());
    }
    if let Some(portrait) = picture(value) {
        return Ok(portrait);
    }
    if let Some(text) = text_of(value) {
        let invented = inventor.text(text)?.into_bytes();
        if invented.len() == value.len() {
            return Ok(invented);
        }
    }
    if let Some(digits) = packed(value) {
        return Ok(repacked(&inventor.digits(&digits)?));
    }
    inventor.bytes(value.len())
}

/// Digits of a date in binary-coded form, as DG11 and DG12 may have them.
fn packed(value: &[u8]) -> Option<String> {
    let digits = hex::encode(value);
    let all = digits.bytes().all(|digit| digit.is_ascii_digit());
    (matches!(value.len(), 4 | 7) && all).then_some(digits)
}

fn repacked(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap_or_default()
}

/// A drawn picture of the same format and length, where the value is a picture.
fn picture(value: &[u8]) -> Option<Vec<u8>> {
    let signature = Portrait::of(faces::SIGNATURE.to_vec(), 0, 0);
    let drawn = match value {
        [0xFF, 0xD8, 0xFF, ..] if value.len() < faces::AN.image.len() => &signature,
        [0xFF, 0xD8, 0xFF, ..] => &faces::AN,
        [0, 0, 0, 0x0C, ..] => &faces::AN_JP2,
        [0xFF, 0x4F, 0xFF, 0x51, ..] => &faces::AN_CODESTREAM,
        _ => return None,
    };
    let padded = sized(drawn, value.len());
    let mut image = padded.image.into_owned();
    // Too long a drawing is cut: a decoder shows the upper part of it.
    image.truncate(value.len());
    Some(image)
}

/// The drawing in so many bytes, or in its own where it has more.
fn sized(drawn: &Portrait, length: usize) -> Portrait {
    let is_jpeg = drawn.image.starts_with(&[0xFF, 0xD8]);
    let missing = length.saturating_sub(drawn.image.len());
    let padded = match missing {
        // Marker and length of a comment segment take four.
        4.. if is_jpeg => drawn.padded_to(length),
        _ => drawn.clone(),
    };
    let mut image = padded.image.into_owned();
    image.truncate(length.max(drawn.image.len()));
    image.resize(length.max(image.len()), 0);
    Portrait::of(image, drawn.width, drawn.height)
}

/// DG2 with a drawn face, of the same family of formats and as long.
pub(super) fn face_of(file: &[u8]) -> Vec<u8> {
    let mut record = None;
    let mut extended = false;
    each_leaf(Reader::new(file), MAX_DEPTH, &mut |leaf| {
        if leaf.value.starts_with(FACE_RECORD) {
            record = Some(leaf.value);
        }
        extended |= [JPEG.as_slice(), &JP2, &CODESTREAM]
            .iter()
            .any(|start| find(leaf.value, start).is_some());
    });
    let is_extensible = record.is_none() && extended;
    let holds = |start: &[u8]| find(file, start).is_some();
    // The same format as long as a drawing in it fits, and at last a grey square.
    let small = Portrait::codestream();
    let [width, height] = SIGNATURE_SIZE;
    let signature = Portrait::of(faces::SIGNATURE.to_vec(), width, height);
    let drawings: &[&Portrait] = if holds(&JP2) {
        &[&faces::AN_JP2, &faces::AN_GREY, &faces::AN_CODESTREAM]
    } else if holds(&CODESTREAM) {
        &[&faces::AN_CODESTREAM]
    } else {
        &[&faces::AN, &faces::CHI, &faces::BINH, &signature]
    };
    drawings
        .iter()
        .map(|drawn| with_face(drawn, file.len(), is_extensible))
        .find(|made| made.len() == file.len())
        .unwrap_or_else(|| with_face(&small, file.len(), is_extensible))
}

const JPEG: [u8; 3] = [0xFF, 0xD8, 0xFF];
const JP2: [u8; 8] = [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20];
const CODESTREAM: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn with_face(drawn: &Portrait, length: usize, is_extensible: bool) -> Vec<u8> {
    let make = |image: usize| {
        let portrait = sized(drawn, image);
        if is_extensible {
            let block = extensible::face::record(&[extensible::face::Face::of(&portrait)]);
            let one = extensible::template(&extensible::face_header(), &block);
            biometrics::counted(DataGroup::DG2, &[one])
        } else {
            files::dg2_of(&face::record(&[face::Face::of(&portrait)]))
        }
    };
    let mut image = length;
    let mut made = make(image);
    for _ in 0..ROUNDS {
        if made.len() == length {
            break;
        }
        image = image.saturating_add(length).saturating_sub(made.len());
        made = make(image);
    }
    made
}

/// A file of which not all is known: its first tag and length, and bytes that follow from the seed.
pub(super) fn filler(file: FileId, part: Option<&Part>, seed: &str) -> Result<Vec<u8>, SetupError> {
    /// Length of a file that was never opened.
    const USUAL: usize = 64;
    let mut random = Seeded::new(&format!("{seed} filler {}", file.name()));
    let header = part.and_then(|part| Some((header_of(&part.bytes)?, part.announced?)));
    let (mut out, length) = match header {
        Some((header, length)) => (header, length),
        None => {
            let tag = match file {
                FileId::Group(group) => group.tag(),
                _ => tag::SEQUENCE,
            };
            let empty = encode(tag, &[&[0; USUAL]]);
            let header = empty.get(..empty.len().saturating_sub(USUAL));
            (header.unwrap_or_default().to_vec(), empty.len())
        }
    };
    let mut rest = vec![0; length.saturating_sub(out.len())];
    random.fill(&mut rest)?;
    out.extend(rest);
    Ok(out)
}

/// Tag and length octets at the front.
fn header_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let first = *bytes.first()?;
    let mut at = 1_usize;
    if first & 0x1F == 0x1F {
        while bytes.get(at)? & 0x80 != 0 {
            at = at.checked_add(1)?;
        }
        at = at.checked_add(1)?;
    }
    let length = *bytes.get(at)?;
    at = at.checked_add(1)?;
    if length & 0x80 != 0 {
        at = at.checked_add(usize::from(length & 0x7F))?;
    }
    bytes.get(..at).map(<[u8]>::to_vec)
}

/// Every value in a group that is somebody's, and whether it is words.
pub(super) fn each_value<'b>(file: &'b [u8], take: &mut impl FnMut(bool, &'b [u8])) {
    each_leaf(Reader::new(file), MAX_DEPTH, &mut |leaf| {
        let text = text_of(leaf.value);
        let kept = text.is_some_and(is_kept);
        if !FRAME.contains(&leaf.tag) && !kept {
            take(text.is_some(), leaf.value);
        }
    });
}

/// The image in a group, from its first byte to the end of the value that holds it.
pub(super) fn image_of(file: &[u8]) -> &[u8] {
    let mut found: &[u8] = &[];
    each_leaf(Reader::new(file), MAX_DEPTH, &mut |leaf| {
        let starts = [
            find(leaf.value, &JPEG),
            find(leaf.value, &JP2),
            find(leaf.value, &CODESTREAM),
        ];
        let start = starts.into_iter().flatten().min();
        if let Some(image) = start.and_then(|start| leaf.value.get(start..)) {
            found = image;
        }
    });
    // A file that was not read to its end has no leaf yet, and is all there is.
    if found.is_empty() { file } else { found }
}
