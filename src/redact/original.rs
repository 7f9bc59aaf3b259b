//! Whether any value of the original conversation is left in the redacted one.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::time::SystemTime;

use crate::bytes::tlv::Reader;
use crate::bytes::vietnamese;
use crate::crypto::signature::PublicKey;
use crate::error::Error;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::dg1::Dg1;
use crate::lds::dg15;
use crate::lds::sod;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::reader::Plan;
use crate::redact::chip;
use crate::redact::groups;
use crate::redact::heard;
use crate::redact::heard::Part;
use crate::redact::invent::KEPT;
use crate::redact::lint::Finding;
use crate::redact::lint::Kind;
use crate::redact::lint::lint;
use crate::redact::observe;
use crate::redact::observe::Observed;
use crate::redact::read;
use crate::redact::seal;
use crate::redact::shape::is_protected;
use crate::redact::terms::ZoneKey;
use crate::sim::faces;
use crate::sim::faces::Portrait;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::transport::trace::Redaction;
use crate::transport::trace::Trace;

/// So many bytes in a row are no accident.
const RUN: usize = 6;

/// Letters of a word that is looked for by itself.
const WORD: usize = 4;

/// Fewest different bytes of a run that says anything.
const DIFFERENT: usize = 3;

/// Most findings that are listed.
const MAX_FINDINGS: usize = 20;

/// Runs of bytes that belong to the person or the card, each with the kind of value that it is of.
#[derive(Default)]
struct Values(HashMap<[u8; RUN], &'static str>);

impl Values {
    fn add(&mut self, kind: &'static str, value: &[u8]) {
        for window in value.windows(RUN) {
            if let Ok(run) = <[u8; RUN]>::try_from(window)
                && says_something(&run)
            {
                self.0.entry(run).or_insert(kind);
            }
        }
    }

    /// What everybody's documents have is nobody's.
    fn remove(&mut self, common: &[u8]) {
        for window in common.windows(RUN) {
            if let Ok(run) = <[u8; RUN]>::try_from(window) {
                self.0.remove(&run);
            }
        }
    }

    /// What ships with this program is nobody's.
    fn remove_shipped(&mut self) {
        for drawn in [
            &faces::AN,
            &faces::BINH,
            &faces::CHI,
            &faces::AN_JP2,
            &faces::AN_GREY,
            &faces::AN_CODESTREAM,
        ] {
            self.remove(&drawn.image);
        }
        self.remove(faces::SIGNATURE);
        self.remove(&Portrait::codestream().image);
        for word in KEPT {
            self.remove(word.as_bytes());
        }
    }

    fn first_in(&self, bytes: &[u8]) -> Option<&'static str> {
        bytes
            .windows(RUN)
            .filter_map(|window| <[u8; RUN]>::try_from(window).ok())
            .find_map(|run| self.0.get(&run).copied())
    }
}

fn says_something(run: &[u8; RUN]) -> bool {
    let mut seen: Vec<u8> = run.to_vec();
    seen.sort_unstable();
    seen.dedup();
    seen.len() >= DIFFERENT
}

/// Values that are shorter than a run: words of a name or a place, and dates in binary-coded digits.
/// They count where they are the whole of a word or of a value, and so do written dates.
struct Small {
    words: BTreeSet<String>,
    values: BTreeSet<Vec<u8>>,
}

impl Small {
    fn of(parts: &BTreeMap<FileId, Part>) -> Self {
        let mut small = Self {
            words: BTreeSet::new(),
            values: BTreeSet::new(),
        };
        for (file, part) in parts {
            let FileId::Group(group) = file else {
                continue;
            };
            small.words.extend(words_in(*group, &part.bytes));
            if groups::has_words(*group) {
                groups::each_value(&part.bytes, &mut |text, value| {
                    if !text && (WORD..RUN).contains(&value.len()) || is_date(value) {
                        small.values.insert(value.to_vec());
                    }
                });
            }
        }
        small
    }

    fn is_in(&self, text: &str) -> bool {
        words_of(text).any(|word| self.words.contains(&word))
    }

    fn first_in(&self, group: DataGroup, file: &[u8]) -> Option<&'static str> {
        if words_in(group, file)
            .iter()
            .any(|word| self.words.contains(word))
        {
            return Some("words");
        }
        let mut found = None;
        if groups::has_words(group) {
            groups::each_value(file, &mut |_, value| {
                if self.values.contains(value) {
                    found = Some("content");
                }
            });
        }
        found
    }
}

/// The words of a group, folded: those that say something.
fn words_in(group: DataGroup, file: &[u8]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    if group == DataGroup::DG1 {
        if let Ok(Dg1 { mrz, .. }) = Dg1::decode(file) {
            words.extend(words_of(&mrz.surname()));
            words.extend(words_of(&mrz.given_names()));
        }
    } else if groups::has_words(group) {
        groups::each_value(file, &mut |_, value| {
            words.extend(groups::text_of(value).into_iter().flat_map(words_of));
        });
    }
    for kept in KEPT {
        for word in words_of(kept) {
            words.remove(&word);
        }
    }
    words
}

fn words_of(text: &str) -> impl Iterator<Item = String> + use<'_> {
    let words = text.split(|letter: char| !letter.is_alphabetic());
    words
        .map(vietnamese::fold_ascii)
        .filter(|word| word.len() >= WORD)
}

/// Looks for anything that is not the invented persona's, and for anything that is of the original:
/// recorded under this plan.
///
/// # Errors
/// As `lint`, and [`TraceUnlike`](crate::error::SetupError::TraceUnlike) when the original is not the plan's.
pub fn lint_against(
    text: &str,
    original: &str,
    plan: &Plan,
    now: SystemTime,
) -> Result<Vec<Finding>, Error> {
    let mut findings = lint(text, now)?;
    let observed = observe::observe(original, plan)?;
    let parts = heard::files(&observed.said);
    let again = observe_again(text)?;
    let mut left = survivors(text, again.as_ref(), &observed, &parts)?;
    left.extend(keys_left(text, plan));
    findings.extend(left);
    Ok(findings)
}

/// A redacted conversation run again under its header, where it goes so.
fn observe_again(text: &str) -> Result<Option<Observed>, Error> {
    let trace = Trace::parse(text)?;
    let Some(terms) = trace.redaction().and_then(|redaction| read(redaction).ok()) else {
        return Ok(None);
    };
    Ok(observe::observe(text, &terms.plan()?).ok())
}

/// The key that opened the card, in the header of the trace.
pub(super) fn keys_left(text: &str, plan: &Plan) -> Option<Finding> {
    let mut values = Values::default();
    let key = &plan.key;
    let trace = Trace::parse(text).ok()?;
    let header = trace.redaction().map(header_of).unwrap_or_default();
    let header = header.as_bytes();
    for zone in key.mrz.iter().filter_map(ZoneKey::of) {
        values.add("key", zone.number.as_bytes());
    }
    // Whatever its digits are: it opens the card.
    let stands = |secret: &[u8]| {
        let length = secret.len().max(1);
        header.windows(length).any(|window| window == secret)
    };
    let mut secrets = [&key.can, &key.pin, &key.puk].into_iter().flatten();
    let left = secrets.any(|secret| stands(secret.expose())) || values.first_in(header).is_some();
    left.then(|| Finding::new(Kind::Original, None, "key"))
}

/// The values of a header that may say something: not the names of its lines.
fn header_of(redaction: &Redaction) -> String {
    let values = redaction.names().filter(|name| !HARMLESS.contains(name));
    let values: Vec<&str> = values.filter_map(|name| redaction.value(name)).collect();
    values.join("\n")
}

/// Lines whose values are chosen among words of this program.
const HARMLESS: [&str; 4] = ["access", "quirks", "signing", "groups"];

/// Values of the original that are in the redacted conversation: in what was said inside the secure
/// channel, on the wire, and in the header.
pub(super) fn survivors(
    text: &str,
    again: Option<&Observed>,
    original: &Observed,
    parts: &BTreeMap<FileId, Part>,
) -> Result<Vec<Finding>, Error> {
    let mut values = of_files(parts);
    of_wire(original, &mut values);
    let mut findings = Vec::new();
    let Ok(trace) = Trace::parse(text) else {
        return Ok(findings);
    };
    let terms = trace.redaction().and_then(|redaction| read(redaction).ok());
    let country = terms.as_ref().map_or("VN", |terms| terms.country.as_str());
    values.remove_shipped();
    // Nor is the drawing of that format and length anybody's, with all that fills it up.
    if let Some(part) = parts.get(&FileId::Group(DataGroup::DG2)) {
        values.remove(&groups::face_of(&part.bytes));
    }
    values.remove(&seal::authority(country)?.certificate);
    if let Some(redaction) = trace.redaction()
        && let Some(kind) = values.first_in(header_of(redaction).as_bytes())
    {
        findings.push(Finding::new(
            Kind::Original,
            None,
            format!("{kind} (header)"),
        ));
    }
    // The wire, whether the conversation can be run again or not.
    for (number, line) in bytes_of(text) {
        if let Some(kind) = values.first_in(&line) {
            findings.push(Finding::new(
                Kind::Original,
                number,
                format!("{kind} (wire)"),
            ));
        }
    }
    let small = Small::of(parts);
    if let Some(redaction) = trace.redaction()
        && small.is_in(&header_of(redaction))
    {
        findings.push(Finding::new(Kind::Original, None, "words (header)"));
    }
    if let Some(observed) = again {
        for one in &observed.said {
            let inside = [&one.command.data, &one.response.data];
            if let Some(kind) = inside.iter().find_map(|bytes| values.first_in(bytes)) {
                findings.push(Finding::new(Kind::Original, Some(one.exchange), kind));
            }
        }
        // Across the borders of pieces.
        for (file, part) in heard::files(&observed.said) {
            if let Some(kind) = values.first_in(&part.bytes) {
                let place = format!("{kind} in {file}");
                findings.push(Finding::new(Kind::Original, None, place));
            }
            let FileId::Group(group) = file else {
                continue;
            };
            if let Some(kind) = small.first_in(group, &part.bytes) {
                let place = format!("{kind} in {file}");
                findings.push(Finding::new(Kind::Original, None, place));
            }
        }
    }
    findings.truncate(MAX_FINDINGS);
    Ok(findings)
}

/// The bytes of a trace's lines, each with the number of its exchange.
fn bytes_of(text: &str) -> Vec<(Option<usize>, Vec<u8>)> {
    let mut exchange = 0_usize;
    let mut list = Vec::new();
    for line in text.lines() {
        let Some((mark, rest)) = line.split_once(' ') else {
            continue;
        };
        match mark {
            ">" => exchange = exchange.saturating_add(1),
            "<" | "random" | "atr" => {}
            _ => continue,
        }
        let number = Some(exchange).filter(|number| *number > 0 && mark != "atr");
        list.extend(hex::decode(rest).ok().map(|bytes| (number, bytes)));
    }
    list
}

/// Groups with nothing in them that is anybody's: drawn faces, published test keys, protocols alone.
fn nobodys(parts: &BTreeMap<FileId, Part>) -> impl Iterator<Item = (DataGroup, &[u8])> {
    parts.iter().filter_map(|(file, part)| {
        let FileId::Group(group) = file else {
            return None;
        };
        let mut own = Values::default();
        of_group(*group, part, &mut own);
        own.remove_shipped();
        let drawn = *group == DataGroup::DG2 && groups::face_of(&part.bytes) == part.bytes;
        (drawn || own.0.is_empty()).then_some((*group, part.bytes.as_slice()))
    })
}

/// What is personal in files.
fn of_files(parts: &BTreeMap<FileId, Part>) -> Values {
    let mut values = Values::default();
    for (file, part) in parts {
        let bytes = &part.bytes;
        match file {
            FileId::Group(group) => of_group(*group, part, &mut values),
            FileId::Sod => {
                let content = sod::signed_data(bytes);
                if let Ok(data) = content.and_then(|content| SignedData::decode(&content)) {
                    of_signed(&data, &mut values);
                    let Ok(object) = sod::SecurityObject::decode(&data.content) else {
                        continue;
                    };
                    for (group, file) in nobodys(parts) {
                        if object.hashes.contains_key(&group) {
                            values.remove(&object.hash.digest(&[file]));
                        }
                    }
                }
            }
            FileId::CardSecurity => {
                let content = card_security::signed_data(bytes);
                if let Ok(data) = content.and_then(|content| SignedData::decode(&content)) {
                    of_signed(&data, &mut values);
                }
                let files = BTreeMap::from([(*file, bytes.clone())]);
                for key in chip::card_security(&files)
                    .into_iter()
                    .flat_map(|infos| infos.chip_keys)
                {
                    values.add("public key", key.key.as_ref().map_or(&[], |key| key.data()));
                }
            }
            _ => {}
        }
    }
    values
}

fn of_group(group: DataGroup, part: &Part, values: &mut Values) {
    let bytes = &part.bytes;
    match group {
        DataGroup::DG1 => {
            if let Ok(Dg1 { mrz, .. }) = Dg1::decode(bytes) {
                values.add("document number", mrz.document_number().as_bytes());
                values.add("date of birth", mrz.birth().to_string().as_bytes());
                let expiry = mrz.expiry().to_string();
                if expiry != "991231" {
                    values.add("date of expiry", expiry.as_bytes());
                }
                for optional in mrz.optional_data() {
                    values.add("optional data", optional.as_bytes());
                }
                let name = format!("{} {}", mrz.surname(), mrz.given_names()).replace(' ', "<");
                values.add("name", name.as_bytes());
                values.add("name", mrz.surname().as_bytes());
            }
        }
        DataGroup::DG14 => {
            let files = BTreeMap::from([(FileId::Group(group), bytes.clone())]);
            for key in chip::group_14(&files)
                .into_iter()
                .flat_map(|infos| infos.chip_keys)
            {
                values.add("public key", key.key.as_ref().map_or(&[], |key| key.data()));
            }
        }
        DataGroup::DG15 => match dg15::decode(bytes) {
            Ok(PublicKey::Rsa(key)) if !is_test_key(key.modulus()) => {
                values.add("public key", key.modulus());
            }
            Ok(PublicKey::Ec(point)) => values.add("public key", point.encoded()),
            _ => {}
        },
        DataGroup::DG2 => values.add("portrait", groups::image_of(bytes)),
        _ => groups::each_value(bytes, &mut |text, value| {
            let kind = if text { "words" } else { "content" };
            if !is_date(value) {
                values.add(kind, value);
            }
        }),
    }
}

/// Whether a text is a date as people write it. Parts of two dates of two people may well be equal, so
/// that such a text counts as a whole.
const fn is_date(value: &[u8]) -> bool {
    matches!(
        value,
        [
            _,
            _,
            b'/' | b'-' | b'.',
            _,
            _,
            b'/' | b'-' | b'.',
            _,
            _,
            _,
            _
        ]
    )
}

fn is_test_key(modulus: &[u8]) -> bool {
    RsaKey::ALL
        .into_iter()
        .any(|key| keys::rsa(key).is_ok_and(|key| key.public().modulus() == modulus))
}

fn of_signed(data: &SignedData, values: &mut Values) {
    for signer in &data.signers {
        values.add("signature", &signer.signature);
        if let Some(attributes) = &signer.signed_attributes {
            values.add(
                "digest",
                attributes.message_digest.as_deref().unwrap_or_default(),
            );
        }
    }
    for raw in &data.certificates {
        let Ok(certificate) = Certificate::decode(raw) else {
            continue;
        };
        values.add("certificate", certificate.signature());
        values.add("certificate", certificate.serial());
        match certificate.public_key() {
            Ok(PublicKey::Rsa(key)) if !is_test_key(key.modulus()) => {
                values.add("certificate", key.modulus());
            }
            Ok(PublicKey::Ec(point)) => {
                let label = format!("DS {}", point.curve().name());
                let own = keys::ec(point.curve(), &label);
                if own.is_ok_and(|own| own.public() != point) {
                    values.add("certificate", point.encoded());
                }
            }
            _ => {}
        }
    }
    if let Ok(object) = sod::SecurityObject::decode(&data.content) {
        for digest in object.hashes.values() {
            values.add("digest", digest);
        }
    }
}

/// What went over the wire and is different in every session, and what the terminal drew.
fn of_wire(original: &Observed, values: &mut Values) {
    /// EXTERNAL AUTHENTICATE, GET CHALLENGE, GENERAL AUTHENTICATE, INTERNAL AUTHENTICATE
    const PROTOCOLS: [u8; 4] = [0x82, 0x84, 0x86, 0x88];
    for drawn in &original.drawn {
        values.add("randomness", drawn);
    }
    for (command, answer) in &original.wire {
        let protected = is_protected(command);
        let protocol = command
            .get(1)
            .is_some_and(|instruction| PROTOCOLS.contains(instruction));
        if !protected && !protocol {
            continue;
        }
        leaves(data_of(command), values);
        if let Ok(answer) = answer {
            let data = answer
                .get(..answer.len().saturating_sub(2))
                .unwrap_or_default();
            leaves(data, values);
        }
    }
}

/// The data field of a command with short or extended length (ISO/IEC 7816-4 §5.1).
fn data_of(command: &[u8]) -> &[u8] {
    let (from, length) = match command.get(4..) {
        Some([0, high, low, ..]) => (7_usize, usize::from(u16::from_be_bytes([*high, *low]))),
        Some([short, _, ..]) => (5, usize::from(*short)),
        _ => return &[],
    };
    let data = command.get(from..from.saturating_add(length));
    data.unwrap_or_default()
}

/// Values of data objects, or the bytes where there are none.
fn leaves(data: &[u8], values: &mut Values) {
    let mut reader = Reader::new(data);
    let mut any = false;
    while let Ok(element) = reader.element("data object") {
        any = true;
        if element.tag == 0x7C {
            leaves(element.value, values);
        } else {
            values.add("session", element.value);
        }
    }
    if !any {
        values.add("session", data);
    }
}
