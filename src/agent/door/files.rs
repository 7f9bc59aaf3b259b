//! The page's files. They are part of the program, and nothing else is ever served as a file.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::Response;

use crate::agent::door::origin::Caller;
use crate::agent::door::origin::Origin;
use crate::agent::door::reply;

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Static {
    /// Its path
    path: &'static str,
    kind: Kind,
    bytes: &'static [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Style,
    Script,
    Picture,
}

impl Kind {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Picture => "image/svg+xml",
        }
    }
}

macro_rules! file {
    ($path:literal, $name:literal, $kind:ident) => {
        Static {
            path: $path,
            kind: Kind::$kind,
            bytes: include_bytes!(concat!("../page/", $name)),
        }
    };
}

/// All of them. The test below tells which is missing.
const FILES: &[Static] = &[
    file!("/", "index.html", Page),
    file!("/base.css", "base.css", Style),
    file!("/codes.js", "codes.js", Script),
    file!("/common.js", "common.js", Script),
    file!("/counter.css", "counter.css", Style),
    file!("/counter.js", "counter.js", Script),
    file!("/dark.css", "dark.css", Style),
    file!("/dom.js", "dom.js", Script),
    file!("/embed.js", "embed.js", Script),
    file!("/form.js", "form.js", Script),
    file!("/help.js", "help.js", Script),
    file!("/holder.js", "holder.js", Script),
    file!("/icon.svg", "icon.svg", Picture),
    file!("/index.html", "index.html", Page),
    file!("/kiosk.css", "kiosk.css", Style),
    file!("/kiosk.html", "kiosk.html", Page),
    file!("/kiosk.js", "kiosk.js", Script),
    file!("/pictures.svg", "pictures.svg", Picture),
    file!("/readers.js", "readers.js", Script),
    file!("/settings.js", "settings.js", Script),
    file!("/show.js", "show.js", Script),
    file!("/slip.js", "slip.js", Script),
    file!("/sound.js", "sound.js", Script),
    file!("/tabs.js", "tabs.js", Script),
    file!("/transfer.js", "transfer.js", Script),
    file!("/trouble.js", "trouble.js", Script),
    file!("/words.js", "words.js", Script),
    file!("/zone.js", "zone.js", Script),
];

/// The member of the page's address by which a site frames it.
const EMBEDDED: &str = "embedded";

/// The file at a path.
pub fn find(path: &str) -> Option<&'static Static> {
    FILES.iter().find(|file| file.path == path)
}

impl Static {
    /// The answer that brings it. `host` was found to be a name of this machine.
    pub fn response(
        &self,
        caller: &Caller,
        host: &str,
        query: Option<&str>,
        allowed: &[Origin],
    ) -> Response {
        let body = Body::from(self.bytes);
        let mut response = reply::of(200, self.kind.content_type(), body, Some(caller));
        let framed = query
            .unwrap_or_default()
            .split('&')
            .any(|member| member.split('=').next() == Some(EMBEDDED));
        let policy = match self.kind {
            Kind::Page => page_policy(host, if framed { allowed } else { &[] }),
            _ => "default-src 'none'; frame-ancestors 'none'".to_owned(),
        };
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// What the page may do (Content Security Policy Level 3): load what is beside it, show the pictures that
/// it was sent, speak with the agent that it came from. No script or style stands in the page itself.
fn page_policy(host: &str, ancestors: &[Origin]) -> String {
    let ancestors: Vec<&str> = match ancestors {
        [] => vec!["'none'"],
        some => some.iter().map(Origin::as_str).collect(),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors {}",
        ancestors.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/agent/page");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let kind = match path.extension().and_then(|end| end.to_str()) {
                Some("html") => Kind::Page,
                Some("css") => Kind::Style,
                Some("js") => Kind::Script,
                Some("svg") => Kind::Picture,
                _ => continue,
            };
            let file = find(&format!("/{name}")).unwrap_or_else(|| panic!("{name} is not served"));
            assert_eq!(file.kind, kind, "{name}");
            assert_eq!(file.bytes, fs::read(&path).unwrap(), "{name}");
        }
        assert!(find("/../Cargo.toml").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn only_a_page_that_asks_to_be_framed_is_and_by_those_who_may_ask() {
        let allowed = [Origin::parse("https://counter.example").unwrap()];
        let policy = |query| {
            let page = find("/").unwrap();
            let response = page.response(&Caller::Navigation, "localhost:8480", query, &allowed);
            let policy = &response.headers()["content-security-policy"];
            policy.to_str().unwrap().to_owned()
        };
        assert!(policy(None).ends_with("frame-ancestors 'none'"));
        assert!(policy(Some("lang=en")).ends_with("frame-ancestors 'none'"));
        assert!(policy(Some("embedded")).ends_with("frame-ancestors https://counter.example"));
        assert!(policy(None).starts_with("default-src 'none'; script-src 'self';"));
        assert!(policy(None).contains("connect-src 'self' ws://localhost:8480;"));
        let script = find("/counter.js").unwrap();
        let response = script.response(&Caller::Local, "localhost:8480", None, &allowed);
        let policy = &response.headers()["content-security-policy"];
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'");
    }
}
