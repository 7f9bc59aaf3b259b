//! `readers`, `profile` and `registry`.

use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::Profile;
use crate::cli::arguments::registry::Registry;
use crate::cli::arguments::registry::RegistryInit;
use crate::cli::config::Settings;
use crate::cli::inspect;
use crate::cli::load;
use crate::cli::lookup;
use crate::cli::output::Output;
use crate::cli::reconcile;
use crate::cli::serve;
use crate::cli::service;
use crate::cli::snapshot;
use crate::error::Error;
#[cfg(not(feature = "pcsc"))]
use crate::error::SetupError;
use crate::profile;
#[cfg(feature = "pcsc")]
use crate::transport::pcsc;
#[cfg(feature = "pcsc")]
use crate::transport::pcsc::CardState;

/// Lists readers and what lies on them.
#[cfg(feature = "pcsc")]
pub(super) fn readers(out: &Output) -> Result<Ended, Error> {
    let readers = pcsc::readers()?;
    let mut text = String::new();
    for reader in &readers {
        let (_, vi, en) = card_words(reader.card);
        text.push_str(&format!("{}: {}\n", reader.name, out.lang.choose(vi, en)));
    }
    let entries: Vec<_> = readers
        .iter()
        .map(|reader| {
            json!({
                "name": reader.name,
                "card": card_words(reader.card).0,
                "atr": hex::encode(&reader.atr),
            })
        })
        .collect();
    if readers.is_empty() {
        out.remark("Không có đầu đọc nào.", "There is no reader.");
    }
    out.answer(
        &text,
        &json!({"schema": "cancuoc.readers/1", "readers": entries}),
    )?;
    Ok(Ended::Done)
}

/// Without PC/SC there are no readers.
#[cfg(not(feature = "pcsc"))]
pub(super) fn readers(_out: &Output) -> Result<Ended, Error> {
    Err(SetupError::NotBuilt { feature: "PC/SC" }.into())
}

#[cfg(feature = "pcsc")]
const fn card_words(card: CardState) -> (&'static str, &'static str, &'static str) {
    match card {
        CardState::Absent => ("absent", "không có thẻ", "no card"),
        CardState::Present => ("present", "có thẻ", "a card"),
        CardState::InUse => (
            "in_use",
            "có thẻ, chương trình khác đang dùng",
            "a card that another program uses",
        ),
        CardState::Mute => (
            "mute",
            "có thẻ nhưng không trả lời",
            "a card that does not answer",
        ),
        CardState::Unknown => ("unknown", "không rõ", "unknown"),
    }
}

/// Lists the shipped profiles, or checks one.
pub(super) fn profile(request: &Profile, out: &Output) -> Result<Ended, Error> {
    match request {
        Profile::List => {
            let mut text = String::new();
            let mut entries = Vec::new();
            for profile in profile::shipped() {
                let title = out.lang.choose(&profile.title.vi, &profile.title.en);
                text.push_str(&format!("{}: {title}\n", profile.name));
                entries.push(json!({
                    "name": profile.name,
                    "title": {"vi": profile.title.vi, "en": profile.title.en},
                }));
            }
            out.answer(
                &text,
                &json!({"schema": "cancuoc.profiles/1", "profiles": entries}),
            )?;
        }
        Profile::Check { file } => {
            let profile = inspect::profile(file)?;
            out.answer(
                &format!("{}: ok\n", profile.name),
                &json!({"schema": "cancuoc.profile_check/1", "name": profile.name}),
            )?;
        }
    }
    Ok(Ended::Done)
}

/// Makes the embedded registry, or prints an invented one.
pub(super) fn registry(
    request: &Registry,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    match request {
        Registry::Sample(request) => return load::sample(request),
        Registry::Serve(request) => return serve::run(request, settings, out),
        Registry::Snapshot(request) => return snapshot::run(request, settings, out),
        Registry::Lookup(request) => return lookup::run(request, settings, out),
        Registry::Load(request) => return load::load(request, settings, out),
        Registry::Init(RegistryInit {
            service: Some(folder),
            ..
        }) => return service::run(folder, settings, out),
        Registry::Reconcile(request) => return reconcile::run(request, settings, out),
        Registry::Init(RegistryInit {
            service: None,
            empty,
        }) => load::make(*empty, settings)?,
    }
    let opened = settings.registry(out)?;
    let state = if opened.is_some() { "ready" } else { "none" };
    out.answer(
        &format!("{state}\n"),
        &json!({"schema": "cancuoc.registry/1", "registry": state}),
    )?;
    Ok(Ended::Done)
}
