//! `read`, `verify` and `show`.

use std::path::Path;
use std::time::Duration;

use crate::around::Around;
use crate::attest::evidence::claims_to_be_evidence;
use crate::attest::receipt::claims_to_be_receipt;
use crate::attest::signed::claims_to_be_report;
use crate::capture::AccessUsed;
use crate::capture::Capture;
use crate::capture::MAX_CAPTURE;
use crate::capture::Reading;
use crate::channel::active_auth::CHALLENGE;
use crate::cli::Ended;
use crate::cli::arguments::Stored;
use crate::cli::arguments::read::Draw;
use crate::cli::arguments::read::Learning;
use crate::cli::arguments::read::Read;
use crate::cli::arguments::read::Verify;
use crate::cli::asked;
use crate::cli::attest::Signing;
use crate::cli::card;
use crate::cli::chance::Chance;
use crate::cli::chance::Seed;
use crate::cli::config::Settings;
use crate::cli::evidence_check;
use crate::cli::input;
use crate::cli::input::NoText;
use crate::cli::key;
use crate::cli::output::Output;
use crate::cli::portrait::Wish;
use crate::cli::progress::Bar;
use crate::cli::purpose::Purpose;
use crate::cli::receipt_check;
use crate::cli::register;
use crate::cli::report_check;
use crate::cli::save::Saving;
use crate::crypto::random::Random;
use crate::error::AttestError;
use crate::error::Error;
use crate::error::SetupError;
#[cfg(feature = "pcsc")]
use crate::error::TransportError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::key::AccessKey;
use crate::lds::printed::Printed;
use crate::pki::store::TrustStore;
use crate::profile::KeyKind;
use crate::profile::Profile;
use crate::reader::Plan;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::registry::Registry;
use crate::render::answer;
use crate::render::details::Extent;
use crate::render::json;
use crate::render::json::Times;
use crate::render::reveal::Reveal;
use crate::render::text;
use crate::sim::Handle;
use crate::sim::VirtualCard;
use crate::sim::link::Clock;
use crate::sim::link::Link;
use crate::sim::link::Modelled;
use crate::sim::persona::Persona;
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
use crate::workflow::Judgement;

/// Largest card profile accepted, in bytes.
const MAX_PROFILE: usize = 64 * 1024;

/// Reads a card, verifies it, asks the registry.
pub(super) fn read(request: &Learning, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let read = &request.read;
    let reveal = reveal(&read.reveal)?;
    let mut session = Session::begin(read, settings, out)?.asking(&request.purpose)?;
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
    let Opened {
        mut card,
        waiting,
        plan,
        clock,
        mut random,
    } = open(read, session.take_persona(), settings, out)?;
    let plan = match known {
        Some(known) => plan.expecting(known),
        None => plan,
    };
    let inspected = session.inspect(card.as_mut(), &plan, limit(read), &mut random);
    tell_waiting(waiting.as_ref(), out);
    let inspected = inspected?;
    if let Some(learning) = learning {
        learning.finish(learnt(&inspected).as_bytes())?;
    }
    let ended = finish(&inspected, saving, signing, clock.as_ref(), &reveal, out)?;
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
    let given = path.display().to_string();
    let malformed = |faults| SetupError::Profile {
        path: given.clone(),
        faults,
    };
    let text = input::text(path, MAX_PROFILE).map_err(|no_text| match no_text {
        NoText::Unreadable => SetupError::ProfileUnreadable {
            path: given.clone(),
        },
        NoText::Encoding(fault) => malformed(vec![fault]),
    })?;
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

/// A card, and what to do with it.
pub(super) struct Opened {
    pub(super) card: Box<dyn Transport>,
    /// The hand at the virtual card.
    pub(super) waiting: Option<Handle>,
    pub(super) plan: Plan,
    /// The time on the modelled link, where the card lies on one.
    pub(super) clock: Option<Clock>,
    /// The terminal's randomness.
    pub(super) random: Chance,
}

/// The card that was asked for, and what to do with it. The key comes before the card: a card is not
/// held while somebody types.
pub(super) fn open(
    request: &Read,
    persona: Option<Persona>,
    settings: &Settings,
    out: &Output,
) -> Result<Opened, Error> {
    let terminal = settings.terminal(request.terminal.as_deref())?;
    let printed = request.printed.as_deref().map(key::printed).transpose()?;
    let plan = |own_key| -> Result<Plan, Error> {
        let (key, groups) = (request.key.as_deref(), request.groups.as_deref());
        let challenge = request.challenge.as_deref();
        let mut plan = asked::plan(key, groups, challenge, own_key, settings)?;
        plan.key.printed.extend(printed);
        Ok(Plan {
            terminal,
            applications: asked::applications(&request.applications),
            ..plan
        })
    };
    match persona {
        Some(mut persona) => {
            if !request.applications.is_empty() {
                persona = card::with_applications(persona)?;
            }
            let plan = plan(Some(AccessKey::parse(
                &card::own_key(&persona),
                // A run at another time with the same --now is the same run.
                key::day(settings.timestamp()?),
            )?))?;
            let seed = Seed(request.seed.as_deref().or(persona.seed.as_deref()));
            let link = request.link.as_deref().map(Link::from_name).transpose()?;
            let card = VirtualCard::new(persona.personalise()?, Box::new(seed.chip()));
            let waiting = Some(card.handle());
            let (card, clock): (Box<dyn Transport>, _) = match link {
                None => (Box::new(card), None),
                Some(link) => {
                    let clock = Clock::default();
                    let card = Modelled::new(card.on(clock.clone()), link).on(clock.clone());
                    (Box::new(card), Some(clock))
                }
            };
            Ok(Opened {
                card,
                waiting,
                plan,
                clock,
                random: seed.terminal(),
            })
        }
        None => {
            let waiting = look()?;
            let plan = plan(None)?;
            Ok(Opened {
                card: reader(request, waiting, out)?,
                waiting: None,
                plan,
                clock: None,
                // A card that is not ours meets no seed.
                random: Seed(None).terminal(),
            })
        }
    }
}

/// Says which faults of the virtual card did not happen: nobody should take that for a verdict on them.
pub(super) fn tell_waiting(card: Option<&Handle>, out: &Output) {
    for cue in card.map(Handle::waiting).unwrap_or_default() {
        out.remark(
            &format!(
                "Lỗi giả lập “{cue}” đã không xảy ra: thời điểm của nó không đến trong lần đọc này."
            ),
            &format!("The fault “{cue}” did not happen: its moment never came in this read."),
        );
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
    clock: Option<&Clock>,
    reveal: &Reveal,
    out: &Output,
) -> Result<Ended, Error> {
    if let Some(saving) = saving {
        saving.finish(inspected.capture.to_json().as_bytes())?;
    }
    tell(inspected, signing, clock, reveal, out)
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

/// One read for `read`, `record` or `replay`, with everything that can fail before there is a card.
pub(super) struct Session<'a> {
    trust: TrustStore,
    registry: Option<Box<dyn Registry>>,
    /// What lies around a virtual card.
    around: Option<Around>,
    /// Whose virtual card it is, until it is opened.
    persona: Option<Persona>,
    /// Who asks the registry, and for what.
    context: Context,
    /// What it is asked to tell beside.
    disclose: Vec<FactKind>,
    settings: &'a Settings,
    out: &'a Output,
}

impl<'a> Session<'a> {
    /// Loads the trust folders and opens the registry. A virtual card from a file brings its own
    /// authority, and a register that knows it where no other is named.
    pub(super) fn begin(
        request: &Read,
        settings: &'a Settings,
        out: &'a Output,
    ) -> Result<Self, Error> {
        let mut session = Self::offline(settings, out)?;
        let Some(name) = &request.persona else {
            session.registry = settings.registry(out)?;
            return Ok(session);
        };
        let persona = card::persona(name, &request.quirk, &request.fault)?;
        let around = Around::of(&persona)?;
        session.registry = match around.register() {
            Some(faulty) => Some(faulty),
            None if card::is_path(name) && !settings.names_registry() => {
                Some(Box::new(register::knowing(&persona)?))
            }
            None => settings.registry(out)?,
        };
        session.around = Some(around);
        session.persona = Some(persona);
        Ok(session)
    }

    /// Loads the trust folders; asks no registry.
    pub(super) fn offline(settings: &'a Settings, out: &'a Output) -> Result<Self, SetupError> {
        Ok(Self {
            trust: settings.trust_to_judge_by()?,
            registry: None,
            around: None,
            persona: None,
            context: Context::default(),
            disclose: Vec::new(),
            settings,
            out,
        })
    }

    /// The same for this purpose.
    ///
    /// # Errors
    /// What [`Settings::purpose`] gives.
    pub(super) fn asking(self, purpose: &Purpose) -> Result<Self, SetupError> {
        let (context, disclose) = self.settings.purpose(purpose)?;
        Ok(Self {
            context,
            disclose,
            ..self
        })
    }

    /// Whose virtual card is to be opened, if one is.
    pub(super) const fn take_persona(&mut self) -> Option<Persona> {
        self.persona.take()
    }

    /// The same with nothing trusted but this.
    pub(super) fn trusting(self, trust: TrustStore) -> Self {
        Self { trust, ..self }
    }

    /// Reads and judges, with a progress bar.
    pub(super) fn inspect(
        mut self,
        transport: &mut dyn Transport,
        plan: &Plan,
        limit: Duration,
        random: &mut dyn Random,
    ) -> Result<Inspected, Error> {
        let mut now = self.settings.now;
        if transport.limits().medium == Medium::Virtual {
            // The test authority counts in this process only, for the card in this process only.
            if let Some(around) = &self.around {
                around.trust(&mut self.trust)?;
                now = around.now()?.unwrap_or(now);
            }
            // So does what else was loaded for tests.
            self.trust.own_test_material();
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
            &Judgement {
                now,
                context: self.context,
                disclose: self.disclose,
                ..self.settings.judgement(&self.trust)
            },
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
    let bytes = input::read_bounded(&request.file, MAX_CAPTURE).map_err(unreadable)?;
    if claims_to_be_evidence(&bytes) {
        return evidence_check::run(&bytes, request, settings, out);
    }
    if claims_to_be_receipt(&bytes) {
        return receipt_check::run(&bytes, request, settings, out);
    }
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
    let challenge = request.challenge.as_deref().map(asked::parse_challenge);
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
    let trust = settings.trust_to_judge_by()?;
    remark_empty(&trust, out);
    let inspected = workflow::inspect_again(reading, &settings.judgement(&trust), None);
    let ended = tell(&inspected, signing, None, &reveal, out)?;
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
    decode(
        input::read_bounded(path, MAX_CAPTURE).map_err(unreadable)?,
        path,
    )
}

fn decode(bytes: Vec<u8>, path: &Path) -> Result<Capture, SetupError> {
    let text = String::from_utf8(bytes).map_err(|_| SetupError::CaptureMalformed {
        path: path.display().to_string(),
    })?;
    // One byte too many is refused there.
    Capture::from_json(&text, &path.display().to_string())
}

/// Prints report and verdict.
fn tell(
    inspected: &Inspected,
    signing: Signing,
    clock: Option<&Clock>,
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
    let mut said = json::report(report, times, reveal);
    if let (Some(said), Some(answer)) = (said.as_object_mut(), &inspected.answer) {
        said.extend(answer::members(answer));
        details.push_str(&answer::text(answer, out.lang));
    }
    let said = match clock {
        Some(clock) => json::with_modelled(said, clock.elapsed()),
        None => said,
    };
    let attested = signing.finish(said)?;
    out.answer(
        &format!("{}{details}", text::report(report, out.lang)),
        &attested,
    )?;
    Ok(Ended::Judged(report.verdict()))
}
