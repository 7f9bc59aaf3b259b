//! `agent pair`, `agent tokens` and `agent browser-policy`: who may ask the service. All of it works
//! through the service's folder, while it runs or not.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::agent::door::origin::Origin;
use crate::agent::door::pair::Code;
use crate::agent::door::pair::Pairing;
use crate::agent::door::presence;
use crate::agent::door::presence::Presence;
use crate::agent::door::state::State;
use crate::agent::door::token::Kept;
use crate::agent::door::token::Tokens;
use crate::agent::ops::config::Config;
use crate::cli::Ended;
use crate::cli::arguments;
use crate::cli::arguments::agent::Access;
use crate::cli::arguments::agent::Browser;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::words::Lang;

/// What stands in a browser's policy where no origin is configured.
const EXAMPLE: &str = "https://counter.example";

/// Does what keeps the door.
pub(super) fn run(request: &Access, settings: &Settings, out: &Output) -> Result<Ended, Error> {
    let config = settings.agent()?;
    match request {
        Access::Pair { state } => pair(&open(state.as_deref(), &config)?, &config, out),
        Access::Tokens { what, state } => {
            let state = open(state.as_deref(), &config)?;
            match what {
                Some(arguments::agent::Tokens::Revoke { id }) => revoke(state, id, out),
                Some(arguments::agent::Tokens::List) | None => list(state, out),
            }
        }
        Access::BrowserPolicy { browser, origin } => policy(*browser, origin, &config, out),
    }
}

/// The service's folder: the one that is named, that of the configuration, that of system or user.
pub(super) fn folder(given: Option<&Path>, config: &Config) -> Result<PathBuf, Error> {
    match given.or(config.state.as_deref()) {
        Some(folder) => Ok(folder.to_owned()),
        None => Ok(State::own_place().map_err(SetupError::from)?),
    }
}

fn open(given: Option<&Path>, config: &Config) -> Result<State, Error> {
    Ok(State::open(folder(given, config)?).map_err(SetupError::from)?)
}

/// Shows a code, and where to type it.
fn pair(state: &State, config: &Config, out: &Output) -> Result<Ended, Error> {
    let address = match presence::look(state).map_err(SetupError::from)? {
        Presence::At(address) => address,
        Presence::Absent => {
            out.remark(
                "Dịch vụ chưa chạy với thư mục này; mã sẽ dùng được khi dịch vụ chạy. \
                 Với dịch vụ cài bằng gói: sudo cancuoc-service agent pair",
                "No agent runs with this folder; the code counts once it does. \
                 For the service of the package: sudo cancuoc-service agent pair",
            );
            config.listen
        }
    };
    let page = presence::page(address);
    let code = Pairing::new(state.clone()).begin(&mut System, Timestamp::now())?;
    out.answer(
        &words(&code, &page, out.lang),
        &json!({
            "schema": "cancuoc.agent_pair/1",
            "code": code.digits.as_str(),
            "until": code.until.to_string(),
            "page": page,
        }),
    )?;
    Ok(Ended::Done)
}

/// The code in words.
pub(super) fn words(code: &Code, page: &str, lang: Lang) -> String {
    let digits = code.digits.as_str();
    match lang {
        Lang::Vi => format!(
            "Mã ghép nối: {digits}\nDùng một lần, trong năm phút. Nhập mã vào trang {page} hoặc trang của cơ quan.\n"
        ),
        Lang::En => format!(
            "Pairing code: {digits}\nGood once, for five minutes. Type it into {page} or into your agency's page.\n"
        ),
    }
}

fn list(state: State, out: &Output) -> Result<Ended, Error> {
    let all = Tokens::new(state).all().map_err(SetupError::from)?;
    let all = in_force(all, Timestamp::now());
    let mut text = String::new();
    for kept in &all {
        text.push_str(&line(kept, out.lang));
    }
    if all.is_empty() {
        text.push_str(
            out.lang
                .choose("Chưa có mã thông báo nào.\n", "No token is in force.\n"),
        );
    }
    let entries: Vec<Value> = all
        .iter()
        .map(|kept| {
            json!({
                "id": kept.id,
                "origin": kept.origin,
                "officer": kept.officer,
                "made": kept.made.to_string(),
                "until": kept.until.to_string(),
            })
        })
        .collect();
    let said = json!({"schema": "cancuoc.agent_tokens/1", "tokens": entries});
    out.answer(&text, &said)?;
    Ok(Ended::Done)
}

fn in_force(mut all: Vec<Kept>, now: Timestamp) -> Vec<Kept> {
    all.retain(|kept| kept.until > now);
    all
}

fn line(kept: &Kept, lang: Lang) -> String {
    let until = kept.until.strftime("%Y-%m-%d %H:%M UTC");
    let until = format!("{} {until}", lang.choose("đến", "until"));
    let officer = kept.officer.as_deref().unwrap_or_default();
    format!("{}  {}  {until}  {officer}", kept.id, kept.origin)
        .trim_end()
        .to_owned()
        + "\n"
}

fn revoke(state: State, id: &str, out: &Output) -> Result<Ended, Error> {
    Tokens::new(state).revoke(id).map_err(SetupError::from)?;
    let text = out.lang.choose("Đã thu hồi.\n", "Revoked.\n");
    let said = json!({"schema": "cancuoc.agent_token_revoked/1", "id": id});
    out.answer(text, &said)?;
    Ok(Ended::Done)
}

/// Prints what a managed browser needs so that pages of these origins may speak with loopback addresses.
fn policy(
    browser: Browser,
    given: &[String],
    config: &Config,
    out: &Output,
) -> Result<Ended, Error> {
    let mut origins = covered(given, config)?;
    if origins.is_empty() {
        out.remark(
            "Chưa có nguồn nào trong cấu hình: hãy thay https://counter.example bằng nguồn của trang.",
            "No origin is configured: put your site's in the place of https://counter.example.",
        );
        origins.push(EXAMPLE.to_owned());
    }
    let (policy, places) = made(browser, &origins);
    for place in places {
        out.remark(
            &format!("Nơi đặt tệp: {place}"),
            &format!("Place of the file: {place}"),
        );
    }
    out.answer(&format!("{policy:#}\n"), &policy)?;
    Ok(Ended::Done)
}

/// Every origin that the browser must let through, each once.
fn covered(given: &[String], config: &Config) -> Result<Vec<String>, SetupError> {
    let mut origins = Vec::new();
    let sites = config.sites.iter().map(|site| &site.origin);
    for text in config.origins.iter().chain(given).chain(sites) {
        let origin = Origin::parse(text)?;
        let text = origin.as_str().to_owned();
        if !origins.contains(&text) {
            origins.push(text);
        }
    }
    Ok(origins)
}

/// The policy, and where each system looks for it. The agent's own page needs none: it is of this machine
/// itself.
fn made(browser: Browser, origins: &[String]) -> (Value, &'static [&'static str]) {
    match browser {
        // Two names for the same: the first since version 146, the second since 139 (Edge: 140).
        Browser::Chrome => (
            json!({
                "LoopbackNetworkAllowedForUrls": origins,
                "LocalNetworkAccessAllowedForUrls": origins,
            }),
            &[
                "/etc/opt/chrome/policies/managed/cancuoc.json",
                "/etc/chromium/policies/managed/cancuoc.json",
                r"HKLM\Software\Policies\Google\Chrome\LoopbackNetworkAllowedForUrls",
            ],
        ),
        Browser::Edge => (
            json!({
                "LoopbackNetworkAllowedForUrls": origins,
                "LocalNetworkAccessAllowedForUrls": origins,
            }),
            &[
                "/etc/opt/edge/policies/managed/cancuoc.json",
                r"HKLM\Software\Policies\Microsoft\Edge\LoopbackNetworkAllowedForUrls",
            ],
        ),
        Browser::Firefox => {
            let hosts: Vec<&str> = origins.iter().map(|origin| host(origin)).collect();
            (
                json!({"policies": {"LocalNetworkAccess": {"Enabled": true, "SkipDomains": hosts}}}),
                &[
                    "/etc/firefox/policies/policies.json",
                    r"distribution\policies.json",
                ],
            )
        }
    }
}

/// The host of an origin, without its port.
fn host(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::agent::ops::config::Site;
    use crate::seal::key::DeviceKey;

    #[test]
    fn the_packaged_policies_are_what_the_command_prints() {
        for (browser, name) in [
            (Browser::Chrome, "chrome"),
            (Browser::Edge, "edge"),
            (Browser::Firefox, "firefox"),
        ] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/browser");
            let text = fs::read_to_string(root.join(format!("{name}.json"))).unwrap();
            let packaged: Value = serde_json::from_str(&text).unwrap();
            let (policy, _) = made(browser, &[EXAMPLE.to_owned()]);
            assert_eq!(packaged, policy, "{name}");
        }
    }

    #[test]
    fn a_host_is_told_from_its_port() {
        for (origin, named) in [
            ("https://counter.example", "counter.example"),
            ("https://counter.example:8443", "counter.example"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]"),
            ("https://[2001:db8::a]", "[2001:db8::a]"),
        ] {
            assert_eq!(host(origin), named);
        }
    }

    #[test]
    fn a_policy_covers_configured_and_given_origins_and_sites() {
        let mut config = Config {
            origins: vec!["https://a.example".to_owned()],
            ..Config::default()
        };
        let key = DeviceKey::generate(&mut System).unwrap();
        for origin in ["https://a.example", "https://c.example"] {
            config.sites.push(Site {
                origin: origin.to_owned(),
                key: key.public().id(),
            });
        }
        let given = ["https://B.example:443".to_owned()];
        assert_eq!(
            covered(&given, &config).unwrap(),
            [
                "https://a.example",
                "https://b.example",
                "https://c.example"
            ]
        );
        assert!(covered(&["*".to_owned()], &config).is_err());
    }

    #[test]
    fn ended_tokens_are_not_listed() {
        let folder = std::env::temp_dir().join(format!("cancuoc-listed-{}", std::process::id()));
        let tokens = Tokens::new(State::open(folder.clone()).unwrap());
        let now = Timestamp::now();
        let given = tokens.give("local", &mut System, now).unwrap();
        let all = tokens.all().unwrap();
        fs::remove_dir_all(folder).unwrap();
        assert_eq!(
            in_force(all.clone(), now),
            std::slice::from_ref(&given.kept)
        );
        assert_eq!(in_force(all, given.kept.until), []);
    }
}
