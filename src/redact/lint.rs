//! Whether anything in a conversation is not of the invented persona.
//!
//! Every byte of a redacted conversation follows from its header and from the files of the persona. So
//! the lint runs it again, makes the chip anew from the files that were read and the keys of the seed,
//! holds the conversation once more, and wants to see the same bytes. The files themselves must be
//! signed under the test authority, hold its keys and a drawn face, or say nothing of a card.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use crate::capture::AccessUsed;
use crate::capture::Capture;
use crate::capture::Reading;
use crate::capture::TerminalAttempt;
use crate::error::Error;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::dg14;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::cms::SignedData;
use crate::redact::chip;
use crate::redact::groups;
use crate::redact::heard;
use crate::redact::heard::Part;
use crate::redact::heard::Said;
use crate::redact::keys;
use crate::redact::observe;
use crate::redact::observe::Observed;
use crate::redact::opening;
use crate::redact::persona;
use crate::redact::plain;
use crate::redact::seal::Signed;
use crate::redact::stage;
use crate::redact::stage::Stage;
use crate::redact::terms::Terms;
use crate::redact::trust;
use crate::transport::trace::Redaction;
use crate::transport::trace::Trace;
use crate::verify;
use crate::verify::GroupState;
use crate::verify::Outcome;
use crate::verify::Policy;

/// Which kind of thing was found.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The header does not say that the conversation was redacted, or not in the form that this
    /// program writes.
    Header,
    /// The conversation does not go as its header says.
    NotReplayed,
    /// There are bytes that no step of the conversation explains.
    Unexplained,
    /// The security object is not signed under the test authority.
    Signer,
    /// A group that the security object does not vouch for.
    Unsigned,
    /// An open file with more in it than what chips can do.
    OpenFile,
    /// A key that is not one of the seed's.
    Key,
    /// A portrait that is not drawn.
    Portrait,
    /// Part of a file that is no filler.
    Part,
    /// Historical bytes that may be a serial number.
    AnswerToReset,
    /// Bytes that the persona's chip or the terminal with these seeds would not send.
    Differs,
    /// A value of the original conversation.
    Original,
}

impl Kind {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Header => "residue.header",
            Self::NotReplayed => "residue.not_replayed",
            Self::Unexplained => "residue.unexplained",
            Self::Signer => "residue.signer",
            Self::Unsigned => "residue.unsigned",
            Self::OpenFile => "residue.open_file",
            Self::Key => "residue.key",
            Self::Portrait => "residue.portrait",
            Self::Part => "residue.part",
            Self::AnswerToReset => "residue.answer_to_reset",
            Self::Differs => "residue.differs",
            Self::Original => "residue.original",
        }
    }

    /// What it means, in Vietnamese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Header => (
                "phần đầu không ghi là bản thay thế, hoặc ghi sai dạng",
                "the header does not say that this is a redacted conversation, or not in its form",
            ),
            Self::NotReplayed => (
                "trao đổi không diễn ra như phần đầu ghi",
                "the conversation does not go as its header says",
            ),
            Self::Unexplained => (
                "có phần không bước nào của trao đổi giải thích được",
                "there is something that no step of the conversation explains",
            ),
            Self::Signer => (
                "đối tượng bảo mật không do cơ quan cấp thử nghiệm ký",
                "the security object is not signed under the test authority",
            ),
            Self::Unsigned => (
                "nhóm dữ liệu không khớp với đối tượng bảo mật",
                "the security object does not vouch for this group",
            ),
            Self::OpenFile => (
                "tệp mở có nội dung không chỉ về khả năng của chip",
                "this open file tells more than what the chip can do",
            ),
            Self::Key => (
                "khóa không phải khóa thử của hạt giống này",
                "this key is not the test key of the seed",
            ),
            Self::Portrait => ("ảnh không phải ảnh vẽ", "the portrait is not a drawn one"),
            Self::Part => (
                "phần tệp đọc dở không phải dữ liệu lấp chỗ",
                "the part of a file that was read is no filler",
            ),
            Self::AnswerToReset => (
                "ATR có thể chứa số hiệu riêng của thẻ",
                "the answer to reset may hold the number of one card",
            ),
            Self::Differs => (
                "chip giả lập và thiết bị thử không gửi những byte này",
                "the persona's chip and the test terminal would not send these bytes",
            ),
            Self::Original => (
                "còn một giá trị của trao đổi gốc",
                "a value of the original conversation is still there",
            ),
        }
    }
}

/// Something that was found, and where; never what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which kind of thing.
    pub kind: Kind,
    /// Number of the exchange, from 1, where it stands in one.
    pub exchange: Option<usize>,
    /// File, or kind of value.
    pub place: String,
}

impl Finding {
    pub(super) fn new(kind: Kind, exchange: Option<usize>, place: impl Into<String>) -> Self {
        Self {
            kind,
            exchange,
            place: place.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.code())?;
        if !self.place.is_empty() {
            write!(f, ", {}", self.place)?;
        }
        match self.exchange {
            Some(exchange) => write!(f, ", exchange {exchange}"),
            None => Ok(()),
        }
    }
}

/// Looks for anything that is not the invented persona's. None means that nothing was found.
///
/// # Errors
/// [`SetupError::TraceMalformed`].
pub fn lint(text: &str, now: SystemTime) -> Result<Vec<Finding>, Error> {
    let trace = Trace::parse(text)?;
    let header = || vec![Finding::new(Kind::Header, None, "header")];
    let Some(redaction) = trace.redaction().cloned() else {
        return Ok(header());
    };
    // What is written again from what was understood is all that there is.
    let Some(terms) = Terms::read(&redaction).filter(|terms| terms.redaction() == redaction) else {
        return Ok(header());
    };
    let observed = match observe::observe(text, &terms.plan()?) {
        Ok(observed) => observed,
        Err(Error::Setup(SetupError::TraceUnlike { exchange })) => {
            return Ok(vec![Finding::new(Kind::NotReplayed, Some(exchange), "")]);
        }
        Err(error) => return Err(error),
    };
    lint_observed(text, &terms, &observed, now)
}

/// The same of a conversation that was run again under its header.
pub(super) fn lint_observed(
    text: &str,
    terms: &Terms,
    observed: &Observed,
    now: SystemTime,
) -> Result<Vec<Finding>, Error> {
    let redaction = &terms.redaction();
    let mut findings = Vec::new();
    if redaction.head(&observed.again) != text {
        findings.push(Finding::new(Kind::Unexplained, None, "line of the trace"));
    }
    if plain::answer_to_reset(&observed.limits.atr) != observed.limits.atr {
        findings.push(Finding::new(Kind::AnswerToReset, None, "ATR"));
    }
    let parts = heard::files(&observed.said);
    look_at_files(&parts, terms, redaction, now, &mut findings)?;
    for finding in &mut findings {
        if finding.exchange.is_none() {
            finding.exchange = exchange_of(&finding.place, &observed.said);
        }
    }

    let mut files: BTreeMap<FileId, Vec<u8>> = BTreeMap::new();
    for (file, part) in &parts {
        let open = !matches!(file, FileId::Group(_) | FileId::Sod | FileId::CardSecurity);
        let bytes = match file {
            FileId::Cvca => continue,
            _ if open || part.is_whole() => part.bytes.clone(),
            _ => groups::filler(*file, Some(part), &terms.seed)?,
        };
        files.insert(*file, bytes);
    }
    for file in stage::unread(&files, &observed.outcome) {
        files.insert(file, Vec::new());
    }
    let stage = Stage {
        files,
        limits: &observed.limits,
        model: Rc::new(observed.wire.clone()),
        piece: 0,
    };
    let played = stage.play(terms)?;
    if played.text != observed.again {
        let pairs = played.wire.iter().zip(&observed.wire);
        let same = pairs.take_while(|(one, other)| one == other).count();
        let exchange = Some(same.saturating_add(1)).filter(|_| played.wire != observed.wire);
        let place = if exchange.is_some() { "" } else { "randomness" };
        findings.push(Finding::new(Kind::Differs, exchange, place));
    }
    Ok(findings)
}

/// The exchange in which a file was first read.
fn exchange_of(place: &str, said: &[Said]) -> Option<usize> {
    let file = FileId::from_name(place)?;
    (1..=said.len()).find_map(|count| {
        let part = said.get(..count)?;
        heard::files(part)
            .contains_key(&file)
            .then(|| part.last().map(|one| one.exchange))?
    })
}

fn look_at_files(
    parts: &BTreeMap<FileId, Part>,
    terms: &Terms,
    redaction: &Redaction,
    now: SystemTime,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let mut found = |kind, file: FileId| findings.push(Finding::new(kind, None, file.name()));
    let mut files = BTreeMap::new();
    for (file, part) in parts {
        match file {
            FileId::CardAccess | FileId::AtrInfo | FileId::Dir | FileId::Com => {
                if plain::file(*file, &part.bytes) != part.bytes {
                    found(Kind::OpenFile, *file);
                }
            }
            // Said again by the chip that is made anew.
            FileId::Cvca => continue,
            FileId::Group(_) | FileId::Sod | FileId::CardSecurity if !part.is_whole() => {
                let filler = groups::filler(*file, Some(part), &terms.seed)?;
                if !filler.starts_with(&part.bytes) {
                    found(Kind::Part, *file);
                }
                continue;
            }
            FileId::Group(group) if *group == DataGroup::DG2 => {
                if groups::face_of(&part.bytes) != part.bytes {
                    found(Kind::Portrait, *file);
                }
            }
            FileId::Group(group) if *group == DataGroup::DG15 => {
                let own = keys::dg15_of(&part.bytes, &terms.seed);
                if own.as_ref() != Ok(&part.bytes) && !is_filler(*file, part, &terms.seed)? {
                    found(Kind::Key, *file);
                }
            }
            FileId::Group(group) if *group == DataGroup::DG14 => {
                let set = part.bytes.get(persona::outer_header(&part.bytes)..);
                let infos = dg14::decode(&part.bytes);
                let own = match (&infos, set) {
                    (Ok(infos), Some(set)) => {
                        keys::is_scrubbed(set)
                            && keys::replaced(&part.bytes, infos, &terms.seed, chip::IN_DG14)?
                                == part.bytes
                    }
                    _ => is_filler(*file, part, &terms.seed)?,
                };
                if !own {
                    found(Kind::Key, *file);
                }
            }
            FileId::CardSecurity => {
                if !is_own_card_security(&part.bytes, terms)? {
                    found(Kind::Key, *file);
                }
            }
            FileId::Group(_) | FileId::Sod => {}
        }
        files.insert(*file, part.bytes.clone());
    }
    // A part of a group is a part of the filler that its whole is.
    let mut whole = files.clone();
    for (file, part) in parts {
        if !part.is_whole() {
            whole.insert(*file, groups::filler(*file, Some(part), &terms.seed)?);
        }
    }
    if let Some(file) = files.get(&FileId::Sod)
        && !is_own_security_object(file, &whole, terms)?
    {
        findings.push(Finding::new(Kind::Signer, None, FileId::Sod.name()));
    }
    if !opening::is_own(terms, &files)? {
        findings.push(Finding::new(Kind::Key, None, "header"));
    }
    judge(files, redaction, now, findings)
}

fn is_filler(file: FileId, part: &Part, seed: &str) -> Result<bool, SetupError> {
    Ok(groups::filler(file, Some(part), seed)? == part.bytes)
}

/// Whether the signer of EF.CardSecurity is the test authority's, and its keys are the seed's.
fn is_own_card_security(file: &[u8], terms: &Terms) -> Result<bool, Error> {
    let content = card_security::signed_data(file)?;
    let data = SignedData::decode(&content)?;
    let infos = SecurityInfos::decode(&data.content)?;
    let own = keys::replaced(&data.content, &infos, &terms.seed, chip::IN_CARD_SECURITY)?;
    let signed = Signed::of_card_security(file)?;
    Ok(own == data.content
        && keys::is_scrubbed(&data.content)
        && signed.is_over_content(file, &terms.country, &terms.seed)?)
}

/// Whether EF.SOD is what the test signer makes of these groups, with nothing beside them: what a group
/// that was not read would have been follows from the seed.
fn is_own_security_object(
    file: &[u8],
    files: &BTreeMap<FileId, Vec<u8>>,
    terms: &Terms,
) -> Result<bool, Error> {
    let Ok(signed) = Signed::of_security_object(file) else {
        return Ok(false);
    };
    let mut groups = BTreeMap::new();
    for group in signed.groups() {
        let file = FileId::Group(group);
        let bytes = match files.get(&file) {
            Some(bytes) => bytes.clone(),
            None => groups::filler(file, None, &terms.seed)?,
        };
        groups.insert(group, bytes);
    }
    signed.is_over_groups(file, &groups, &terms.country, &terms.seed)
}

/// Judges the files under the test authority alone.
fn judge(
    files: BTreeMap<FileId, Vec<u8>>,
    redaction: &Redaction,
    now: SystemTime,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let sod = files.contains_key(&FileId::Sod);
    let groups: Vec<DataGroup> = files
        .keys()
        .filter_map(|file| match file {
            FileId::Group(group) => Some(*group),
            _ => None,
        })
        .collect();
    let reading = Reading::stored(Capture {
        files,
        missing: BTreeMap::new(),
        requested: Vec::new(),
        active: None,
        active_for_party: None,
        access: AccessUsed::None,
        terminal: TerminalAttempt::NotTried,
        quirks: Vec::new(),
        applications: BTreeMap::new(),
    });
    let report = verify::verify(&reading, &trust(redaction)?, &Policy::counter(), now);
    let checks = report.checks();
    let passes = |outcome: &Outcome| matches!(outcome, Outcome::Pass(_));
    if sod && !(passes(&checks.sod_signature) && passes(&checks.signer_chain)) {
        findings.push(Finding::new(Kind::Signer, None, FileId::Sod.name()));
    }
    for group in groups {
        if report.groups().get(&group) != Some(&GroupState::Verified) {
            let name = FileId::Group(group).name();
            findings.push(Finding::new(Kind::Unsigned, None, name));
        }
    }
    Ok(())
}
