//! `read`, `verify` and `show`.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use crate::attest::signed::claims_to_be_report;
use crate::capture::AccessUsed;
use crate::capture::Capture;
use crate::capture::MAX_CAPTURE;
use crate::capture::Reading;
use crate::channel::active_auth::CHALLENGE;
use crate::cli::Ended;
use crate::cli::arguments::Beside;
use crate::cli::arguments::Draw;
use crate::cli::arguments::Learning;
use crate::cli::arguments::Read;
use crate::cli::arguments::Stored;
use crate::cli::arguments::Verify;
use crate::cli::attest::Signing;
use crate::cli::config::Settings;
use crate::cli::key;
use crate::cli::output::Output;
use crate::cli::portrait::Wish;
use crate::cli::progress::Bar;
use crate::cli::report_check;
use crate::cli::save::Saving;
use crate::cli::sim;
use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::error::AttestError;
use crate::error::Error;
use crate::error::ProfileFault;
use crate::error::SetupError;
#[cfg(feature = "pcsc")]
use crate::error::TransportError;
use crate::error::Wrong;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::key::AccessKey;
use crate::lds::lds2::Application;
use crate::lds::printed::Printed;
use crate::pki::certificate::Certificate;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::profile::KeyKind;
use crate::profile::Profile;
use crate::reader::Applications;
use crate::reader::Groups;
use crate::reader::Plan;
use crate::registry::Registry;
use crate::render::details::Extent;
use crate::render::json;
use crate::render::json::Times;
use crate::render::reveal::Reveal;
use crate::render::text;
use crate::sim::VirtualCard;
use crate::sim::pki;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;
#[cfg(feature = "pcsc")]
use crate::transport::pcsc;
#[cfg(feature = "pcsc")]
use crate::transport::pcsc::CardState;
use crate::verify;
use crate::workflow;
use crate::workflow::Inspected;

/// Largest card profile accepted, in bytes.
const MAX_PROFILE: usize = 64 * 1024;

/// Most entries in a list of groups.
const MAX_GROUPS: usize = 16;

/// Reads a card, verifies it, asks the registry.
pub(super) fn read(request: &Learning, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let read = &request.read;
    let reveal = reveal(&read.reveal)?;
    let session = Session::begin(settings, out)?;
    let known = request.profile.as_deref().map(profile).transpose()?;
    let learning = request.learn.as_deref().map(Saving::begin).transpose()?;
    let saving = saving(read)?;
    let taken = [
        read.save.as_deref(),
        request.learn.as_deref(),
        request.picture.portrait.as_deref(),
    ];
    let signing = Signing::begin(&request.attest, &taken, settings, out)?;
    let others = [
        read.save.as_deref(),
        request.learn.as_deref(),
        request.attest.report.as_deref(),
    ];
    let wish = Wish::begin(&request.picture, unasked(&reveal), &others)?;
    let (mut card, plan) = open(read, settings, out)?;
    let plan = match known {
        Some(known) => plan.expecting(known),
        None => plan,
    };
    let inspected = session.inspect(card.as_mut(), &plan, limit(read), &mut System)?;
    if let Some(learning) = learning {
        learning.finish(learnt(&inspected).as_bytes())?;
    }
    let ended = finish(&inspected, saving, signing, &reveal, out)?;
    Ok(wish.of_report(&inspected.report, ended, out))
}

/// Beside a verdict, the portrait is drawn for whoever asks for the faces by name.
fn unasked(reveal: &Reveal) -> Draw {
    if reveal.asks_for("faces") {
        Draw::Auto
    } else {
        Draw::None
    }
}

/// The fields that were asked for by name.
pub(super) fn reveal(names: &[String]) -> Result<Reveal, SetupError> {
    Reveal::parse(names.iter().map(String::as_str))
}

/// Reads a card profile.
pub(super) fn profile(path: &Path) -> Result<Profile, SetupError> {
    let path_given = path.display().to_string();
    let bytes = read_bounded(path, MAX_PROFILE).map_err(|_| SetupError::ProfileUnreadable {
        path: path_given.clone(),
    })?;
    let malformed = |faults| SetupError::Profile {
        path: path_given.clone(),
        faults,
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        malformed(vec![ProfileFault {
            line: before.split(|byte| *byte == b'\n').count(),
            at: String::new(),
            wrong: Wrong::Encoding,
        }])
    })?;
    // One byte too many is refused there.
    Profile::parse(&text).map_err(|error| match error {
        SetupError::Profile { faults, .. } => malformed(faults),
        other => other,
    })
}

/// What a read turned out to need, as a card profile.
fn learnt(inspected: &Inspected) -> String {
    let capture = &inspected.capture;
    let keys: &[KeyKind] = match capture.access {
        AccessUsed::Pace { .. } => &[KeyKind::Can, KeyKind::Mrz],
        _ => &[KeyKind::Mrz],
    };
    let mut groups: Vec<DataGroup> = capture
        .files
        .keys()
        .filter_map(|file| match file {
            FileId::Group(group) => Some(*group),
            _ => None,
        })
        .collect();
    if groups.is_empty() {
        groups.push(DataGroup::DG1);
    }
    // The chip's keys, the text, the pictures.
    groups.sort_by_key(|group| {
        (
            *group == DataGroup::DG2,
            ![DataGroup::DG14, DataGroup::DG15].contains(group),
            group.number(),
        )
    });
    inspected.learnt.to_profile(keys, &capture.quirks, &groups)
}

/// The file for what will be read, if one was asked for.
pub(super) fn saving(request: &Read) -> Result<Option<Saving>, SetupError> {
    request.save.as_deref().map(Saving::begin).transpose()
}

/// The card that was asked for, and what to do with it. The key comes before the card: a card is not
/// held while somebody types.
pub(super) fn open(
    request: &Read,
    settings: &Settings,
    out: &Output,
) -> Result<(Box<dyn Transport>, Plan), Error> {
    let terminal = settings.terminal(request.terminal.as_deref())?;
    let printed = request.printed.as_deref().map(key::printed).transpose()?;
    let plan = |own_key| -> Result<Plan, Error> {
        let (key, groups) = (request.key.as_deref(), request.groups.as_deref());
        let challenge = request.challenge.as_deref();
        let mut plan = plan(key, groups, challenge, own_key, settings)?;
        plan.key.printed.extend(printed);
        Ok(Plan {
            terminal,
            applications: applications(&request.applications),
            ..plan
        })
    };
    match &request.persona {
        Some(name) => {
            let mut persona = sim::persona(name, &request.quirk, &request.fault)?;
            if !request.applications.is_empty() {
                persona = sim::with_applications(persona)?;
            }
            let plan = plan(Some(AccessKey::parse(
                &sim::own_key(&persona),
                key::today(),
            )?))?;
            let card = VirtualCard::new(persona.personalise()?, Box::new(System));
            Ok((Box::new(card), plan))
        }
        None => {
            let waiting = look()?;
            let plan = plan(None)?;
            Ok((reader(request, waiting, out)?, plan))
        }
    }
}

/// Longest time for the whole read.
pub(super) const fn limit(request: &Read) -> Duration {
    Duration::from_secs(request.timeout)
}

/// Keeps what was read, where that was asked for, and tells the verdict.
pub(super) fn finish(
    inspected: &Inspected,
    saving: Option<Saving>,
    signing: Signing,
    reveal: &Reveal,
    out: &Output,
) -> Result<Ended, Error> {
    if let Some(saving) = saving {
        saving.finish(inspected.capture.to_json().as_bytes())?;
    }
    tell(inspected, signing, reveal, out)
}

/// Whether a card must be waited for.
#[cfg(feature = "pcsc")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// A card lies there.
    No,
    /// There are readers, and no card on any.
    Yes,
}

#[cfg(feature = "pcsc")]
fn look() -> Result<Waiting, Error> {
    let readers = pcsc::readers()?;
    if readers.is_empty() {
        return Err(TransportError::NoReader.into());
    }
    let empty = readers
        .iter()
        .all(|reader| reader.card == CardState::Absent);
    Ok(if empty { Waiting::Yes } else { Waiting::No })
}

#[cfg(feature = "pcsc")]
fn reader(request: &Read, waiting: Waiting, out: &Output) -> Result<Box<dyn Transport>, Error> {
    let stop = Stop::after(Duration::from_secs(request.wait));
    if waiting == Waiting::Yes {
        out.remark("Đang chờ thẻ…", "Waiting for a card…");
    }
    let mut card = pcsc::wait_for_card(request.reader.as_deref(), &stop)?;
    card.set_time_limit(limit(request).min(pcsc::TIME_LIMIT));
    Ok(Box::new(card))
}

/// Without PC/SC there is nothing to look at.
#[cfg(not(feature = "pcsc"))]
type Waiting = std::convert::Infallible;

#[cfg(not(feature = "pcsc"))]
fn look() -> Result<Waiting, Error> {
    Err(SetupError::NotBuilt { feature: "PC/SC" }.into())
}

#[cfg(not(feature = "pcsc"))]
fn reader(_request: &Read, waiting: Waiting, _out: &Output) -> Result<Box<dyn Transport>, Error> {
    match waiting {}
}

/// What to read, and with which key: the one that was given, else the virtual card's own, else one
/// that is asked for.
pub(super) fn plan(
    key: Option<&Path>,
    groups: Option<&str>,
    challenge: Option<&str>,
    own_key: Option<AccessKey>,
    settings: &Settings,
) -> Result<Plan, Error> {
    let challenge = challenge.map(parse_challenge).transpose()?;
    let groups = match groups {
        None => Groups::Signed,
        Some(list) => Groups::Only(parse_groups(list)?),
    };
    let key = match (key, own_key) {
        (None, Some(own)) => own,
        (source, _) => key::obtain(source, settings.manner.lang)?,
    };
    Ok(Plan {
        challenge,
        ..Plan::new(key, groups, settings.policy.access())
    })
}

/// What to do about the applications beside the eMRTD application.
pub(super) fn applications(wanted: &[Beside]) -> Applications {
    if wanted.is_empty() {
        return Applications::Unasked;
    }
    let read = |application| {
        let own = match application {
            Application::Travel => Beside::Travel,
            Application::Visas => Beside::Visas,
            Application::Biometrics => Beside::Biometrics,
        };
        wanted.contains(&own) || wanted.contains(&Beside::All)
    };
    let named: Vec<Application> = Application::ALL
        .into_iter()
        .filter(|one| read(*one))
        .collect();
    if named.is_empty() {
        Applications::List
    } else {
        Applications::Read(named)
    }
}

pub(super) fn parse_challenge(text: &str) -> Result<[u8; CHALLENGE], SetupError> {
    let mut challenge = [0; CHALLENGE];
    hex::decode_to_slice(text.trim(), &mut challenge).map_err(|_| SetupError::Challenge)?;
    Ok(challenge)
}

fn parse_groups(list: &str) -> Result<Vec<DataGroup>, SetupError> {
    let groups: Option<Vec<DataGroup>> = list
        .split(',')
        .take(MAX_GROUPS + 1)
        .map(|entry| {
            let entry = entry.trim();
            let number = entry.strip_prefix("DG").unwrap_or(entry);
            number.parse().ok().and_then(DataGroup::new)
        })
        .collect();
    groups
        .filter(|groups| groups.len() <= MAX_GROUPS)
        .ok_or(SetupError::Groups)
}

/// One read for `read`, `record` or `replay`, with everything that can fail before there is a card.
pub(super) struct Session<'a> {
    trust: TrustStore,
    registry: Option<Box<dyn Registry>>,
    settings: &'a Settings,
    out: &'a Output,
}

impl<'a> Session<'a> {
    /// Loads the trust folders and opens the registry.
    pub(super) fn begin(settings: &'a Settings, out: &'a Output) -> Result<Self, SetupError> {
        Ok(Self {
            registry: settings.registry(out)?,
            ..Self::offline(settings, out)?
        })
    }

    /// Loads the trust folders; asks no registry.
    pub(super) fn offline(settings: &'a Settings, out: &'a Output) -> Result<Self, SetupError> {
        Ok(Self {
            trust: settings.trust()?,
            registry: None,
            settings,
            out,
        })
    }

    /// Reads and judges, with a progress bar.
    pub(super) fn inspect(
        mut self,
        transport: &mut dyn Transport,
        plan: &Plan,
        limit: Duration,
        random: &mut dyn Random,
    ) -> Result<Inspected, Error> {
        if transport.limits().medium == Medium::Virtual {
            // The test root counts in this process only, for the card in this process only.
            self.trust.add_anchor(
                Certificate::decode(&pki::test_root())?,
                Provenance::TestCard,
            );
            self.out.remark(
                "Thẻ ảo để thử: không phải thẻ thật của ai.",
                "A virtual card for tests: nobody's card.",
            );
        } else {
            remark_empty(&self.trust, self.out);
        }
        let bar = Bar::new(self.out);
        let inspected = workflow::inspect(
            transport,
            plan,
            &Stop::after(limit),
            random,
            &self.settings.judgement(&self.trust),
            self.registry.as_deref_mut(),
            &mut |progress| bar.step(&progress),
        );
        bar.end();
        inspected
    }
}

/// Says that no verdict can come of it where nothing at all is trusted, and what to do.
fn remark_empty(trust: &TrustStore, out: &Output) {
    if trust.anchors().is_empty() {
        out.remark(
            "Máy này chưa tin chứng thư gốc nào nên chưa thể kết luận giấy tờ là thật. Vui lòng thêm bằng lệnh “cancuoc trust add TỆP”.",
            "No root certificate is trusted on this machine, so no document can be found genuine. Add one with “cancuoc trust add FILE”.",
        );
    }
}

/// Verifies a saved capture again, or checks a report.
pub(super) fn verify(request: &Verify, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let unreadable = |_| SetupError::CaptureUnreadable {
        path: request.file.display().to_string(),
    };
    let bytes = read_bounded(&request.file, MAX_CAPTURE).map_err(unreadable)?;
    if claims_to_be_report(&bytes) {
        return report_check::run(&bytes, request, settings, out);
    }
    // A report that was cut off is no capture: that is said first.
    let capture = decode(bytes, &request.file)?;
    let of_reports = [
        ("--capture", request.capture.is_some()),
        ("--device", !request.device.is_empty()),
    ];
    if let Some((option, _)) = of_reports.into_iter().find(|(_, given)| *given) {
        return Err(SetupError::from(AttestError::Option { option }).into());
    }
    let challenge = request.challenge.as_deref().map(parse_challenge);
    let challenge = challenge.transpose()?;
    let reveal = reveal(&request.reveal)?;
    let taken = [
        Some(request.file.as_path()),
        request.picture.portrait.as_deref(),
    ];
    let signing = Signing::begin(&request.attest, &taken, settings, out)?;
    let others = [
        Some(request.file.as_path()),
        request.attest.report.as_deref(),
    ];
    let wish = Wish::begin(&request.picture, unasked(&reveal), &others)?;
    let printed = request.printed.as_deref().map(key::printed).transpose()?;
    let reading = stored(capture, challenge, printed);
    let trust = settings.trust()?;
    remark_empty(&trust, out);
    let inspected = workflow::inspect_again(reading, &settings.judgement(&trust), None);
    let ended = tell(&inspected, signing, &reveal, out)?;
    Ok(wish.of_report(&inspected.report, ended, out))
}

/// A reading from a capture, with what the relying party knows besides.
pub(super) fn stored(
    capture: Capture,
    challenge: Option<[u8; CHALLENGE]>,
    printed: Option<Printed>,
) -> Reading {
    let mut reading = match challenge {
        Some(challenge) => Reading::stored_for(capture, challenge),
        None => Reading::stored(capture),
    };
    reading.printed.extend(printed);
    reading
}

/// Says what is in a capture, judging nothing.
pub(super) fn show(request: &Stored, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let reveal = reveal(&request.reveal)?;
    let capture_file = [Some(request.capture.as_path())];
    let wish = Wish::begin(&request.picture, Draw::Auto, &capture_file)?;
    let capture = load(&request.capture)?;
    let files: Vec<FileId> = capture.files.keys().copied().collect();
    let holder = verify::unverified(&capture, settings.now);
    let decoded = verify::unverified_contents(&capture);
    let beside = verify::unverified_applications(&capture);
    out.answer(
        &text::contents(
            holder.as_ref(),
            &files,
            &decoded,
            &beside,
            out.lang,
            &reveal,
        ),
        &json::contents(holder.as_ref(), &files, &decoded, &beside, &reveal),
    )?;
    Ok(wish.of_capture(&capture, Ended::Done, out))
}

/// Reads a capture.
pub(super) fn load(path: &Path) -> Result<Capture, SetupError> {
    let unreadable = |_| SetupError::CaptureUnreadable {
        path: path.display().to_string(),
    };
    decode(read_bounded(path, MAX_CAPTURE).map_err(unreadable)?, path)
}

fn decode(bytes: Vec<u8>, path: &Path) -> Result<Capture, SetupError> {
    let text = String::from_utf8(bytes).map_err(|_| SetupError::CaptureMalformed {
        path: path.display().to_string(),
    })?;
    // One byte too many is refused there.
    Capture::from_json(&text, &path.display().to_string())
}

/// Reads a file, and at most one byte more than it may have: a pipe or a device tells no length.
pub(super) fn read_bounded(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Prints report and verdict.
fn tell(
    inspected: &Inspected,
    signing: Signing,
    reveal: &Reveal,
    out: &Output,
) -> Result<Ended, Error> {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let times = Times {
        verify_ms: milliseconds(inspected.verifying),
        registry_ms: milliseconds(inspected.asking),
    };
    let report = &inspected.report;
    let mut details = text::details(report, out.lang, reveal, out.extent);
    if out.extent == Extent::Whole {
        details.push_str(&text::origin(report, out.lang));
    }
    let attested = signing.finish(json::report(report, times, reveal))?;
    out.answer(
        &format!("{}{details}", text::report(report, out.lang)),
        &attested,
    )?;
    Ok(Ended::Judged(report.verdict()))
}
