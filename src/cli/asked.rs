//! What a read was asked to do: key, groups, challenge and applications as they stand on the command line.

use std::path::Path;

use crate::channel::active_auth::CHALLENGE;
use crate::cli::arguments::Beside;
use crate::cli::config::Settings;
use crate::cli::key;
use crate::error::Error;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::key::AccessKey;
use crate::lds::lds2::Application;
use crate::reader::Applications;
use crate::reader::Groups;
use crate::reader::Plan;

/// Most entries in a list of groups.
const MAX_GROUPS: usize = 16;

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
