//! Whether browsers let the configured sites reach this machine (Local Network Access). The agent's own
//! page needs no permission: it comes from here.

use std::path::Path;

use serde_json::Value;

use super::Finding;
use super::Machine;
use super::entries;
use super::small;

/// A browser, where its program lies, and where its administrator's policies do.
struct Browser {
    name: &'static str,
    programs: &'static [&'static str],
    policies: &'static str,
}

const BROWSERS: [Browser; 4] = [
    Browser {
        name: "chrome",
        programs: &["/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"],
        policies: "/etc/opt/chrome/policies/managed",
    },
    Browser {
        name: "chromium",
        programs: &["/usr/bin/chromium", "/usr/bin/chromium-browser"],
        policies: "/etc/chromium/policies/managed",
    },
    Browser {
        name: "edge",
        programs: &["/usr/bin/microsoft-edge", "/usr/bin/microsoft-edge-stable"],
        policies: "/etc/opt/edge/policies/managed",
    },
    Browser {
        name: "firefox",
        programs: &["/usr/bin/firefox", "/usr/bin/firefox-esr"],
        policies: "/etc/firefox/policies",
    },
];

/// Policies that let a site ask this machine. The second is the older and wider one.
const POLICIES: [&str; 2] = [
    "LoopbackNetworkAllowedForUrls",
    "LocalNetworkAccessAllowedForUrls",
];

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    if machine.origins.is_empty() {
        return vec![Finding::ok("doctor.browser_unneeded")];
    }
    let there = BROWSERS.iter().filter(|browser| {
        let mut programs = browser.programs.iter();
        programs.any(|program| machine.is_there(program))
    });
    let findings: Vec<Finding> = there.map(|browser| look(machine, browser)).collect();
    match findings.is_empty() {
        true => vec![Finding::unknown("doctor.browser_none")],
        false => findings,
    }
}

fn look(machine: &Machine, browser: &Browser) -> Finding {
    let folder = machine.path(browser.policies);
    let files = match entries(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Finding::unknown("doctor.browser_hidden").about(browser.policies);
        }
        Err(_) => Vec::new(),
    };
    let allowed = |origin: &String| files.iter().any(|file| allows(file, browser, origin));
    let closed = machine.origins.iter().find(|origin| !allowed(origin));
    // The command has the form for Chromium under the name of Chrome.
    let form = match browser.name {
        "chromium" => "chrome",
        other => other,
    };
    let file = match browser.name {
        "firefox" => "policies.json",
        _ => "cancuoc.json",
    };
    match closed {
        None => Finding::ok("doctor.browser_ok").about(browser.name),
        Some(origin) => Finding::warning("doctor.browser_closed")
            .about(format!("{}: {origin}", browser.name))
            .mend(format!(
                "sudo mkdir -p {0} && cancuoc agent browser-policy {form}{1} | sudo tee {0}/{file}",
                browser.policies,
                named(&machine.origins)
            )),
    }
}

/// The origins as options: whoever runs the command may have another configuration than the service.
fn named(origins: &[String]) -> String {
    origins
        .iter()
        .map(|origin| format!(" --origin {origin}"))
        .collect()
}

/// Whether a policy file lets a site through.
fn allows(file: &Path, browser: &Browser, origin: &str) -> bool {
    if file.extension().is_none_or(|extension| extension != "json") {
        return false;
    }
    let text = small(file).unwrap_or_default();
    if browser.name == "firefox" {
        // Its policy names hosts.
        let host = origin.rsplit("://").next().unwrap_or(origin);
        let host = host.split(':').next().unwrap_or(host);
        return text.contains("LocalNetworkAccess") && text.contains(host);
    }
    let Ok(Value::Object(policy)) = serde_json::from_str(&text) else {
        return false;
    };
    POLICIES.iter().any(|name| {
        let list = policy.get(*name).and_then(Value::as_array);
        let mut patterns = list.into_iter().flatten().filter_map(Value::as_str);
        patterns.any(|pattern| fits(pattern, origin))
    })
}

/// Whether a pattern of URLs covers an origin: the origin itself, everything, or a domain and those
/// below it.
fn fits(pattern: &str, origin: &str) -> bool {
    let pattern = pattern.trim_end_matches('/');
    let (scheme, host) = origin.split_once("://").unwrap_or(("", origin));
    let (wanted, domain) = match pattern.split_once("://") {
        Some((wanted, domain)) => (Some(wanted), domain),
        None => (None, pattern),
    };
    let scheme_fits = wanted.is_none_or(|wanted| wanted == scheme || wanted == "*");
    let below = domain.strip_prefix("[*.]").is_some_and(|domain| {
        host == domain
            || host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
    });
    pattern == "*" || scheme_fits && (domain == host || below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_says() {
        let origin = "https://quay.example.vn";
        for right in [
            "*",
            "https://quay.example.vn",
            "[*.]example.vn",
            "https://[*.]example.vn",
            "quay.example.vn",
            "https://quay.example.vn/",
        ] {
            assert!(fits(right, origin), "{right}");
        }
        for wrong in [
            "http://quay.example.vn",
            "[*.]ample.vn",
            "https://example.vn",
            "",
        ] {
            assert!(!fits(wrong, origin), "{wrong}");
        }
    }
}
