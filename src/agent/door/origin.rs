//! Who a request comes from, and by which name it called this machine: Host and Origin.
//!
//! A page of any site can send requests to a service on loopback. Its browser says in `Origin` whose page
//! it is (Fetch standard, "Origin header"), and in `Host` by which name it found this machine: a name that
//! somebody else's DNS points here (DNS rebinding) is not one of ours.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::Uri;
use axum::http::header;

use crate::error::DoorError;

/// Longest origin, in characters; it is shown to others as who holds a reader.
const MAX_ORIGIN: usize = 128;

/// Says whose page a request is for, also where there is no Origin header (Fetch Metadata).
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The name of a caller that is no page.
pub const LOCAL: &str = "local";

/// A web origin as browsers spell it: scheme, host, and the port where it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads what an operator wrote, and spells it as browsers do.
    ///
    /// ```
    /// use cancuoc::agent::door::origin::Origin;
    /// let origin = Origin::parse("https://Counter.example:443")?;
    /// assert_eq!(origin.as_str(), "https://counter.example");
    /// assert!(Origin::parse("https://counter.example/page").is_err());
    /// assert!(Origin::parse("*").is_err());
    /// # Ok::<(), cancuoc::error::DoorError>(())
    /// ```
    ///
    /// # Errors
    /// [`DoorError::OriginFormat`].
    pub fn parse(text: &str) -> Result<Self, DoorError> {
        Self::spelled(text).ok_or_else(|| DoorError::OriginFormat {
            text: text.chars().take(MAX_ORIGIN).collect(),
        })
    }

    fn spelled(text: &str) -> Option<Self> {
        if text.len() > MAX_ORIGIN {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let (scheme, rest) = lower.split_once("://")?;
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        // A page from a file has no origin of its own; every such page would share it.
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.chars().all(letters)
            || scheme == "file"
        {
            return None;
        }
        let (host, port) = match rest.rfind(':') {
            Some(at) if !rest.ends_with(']') => {
                let (host, port) = rest.split_at(at);
                (host, Some(port.strip_prefix(':')?))
            }
            _ => (rest, None),
        };
        host_is_one(host).then_some(())?;
        let port = match port {
            None => None,
            Some(digits) => {
                let number: u16 = digits.parse().ok().filter(|number| *number != 0)?;
                // One spelling: no sign, no leading zero.
                (number.to_string() == digits).then_some(number)?;
                let own = match scheme {
                    "http" => Some(80),
                    "https" => Some(443),
                    _ => None,
                };
                (own != Some(number)).then_some(number)
            }
        };
        Some(Self(match port {
            None => format!("{scheme}://{host}"),
            Some(port) => format!("{scheme}://{host}:{port}"),
        }))
    }

    /// As browsers spell it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether this is one host: a name, or an address of version 6 in brackets.
fn host_is_one(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[') {
        let address = inside.strip_suffix(']');
        return address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !host.is_empty() && host.chars().all(letters)
}

/// Whose request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A page of an origin that may ask; the agent's own pages among them.
    Page(Origin),
    /// No page: a program on this machine.
    Local,
    /// A person opened the page by its address, or followed a link to it.
    Navigation,
}

impl Caller {
    /// The name that tokens are bound to and that others see.
    pub fn name(&self) -> &str {
        match self {
            Self::Page(origin) => origin.as_str(),
            Self::Local | Self::Navigation => LOCAL,
        }
    }
}

/// Who has the same port at the other loopback address, where `localhost` leads to as well. What another
/// user of this machine serves there is a page at a name that would else be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twin {
    /// This service.
    Ours,
    /// Nobody: there is no such address here.
    Nobodys,
    /// Somebody else.
    Foreign,
}

impl Twin {
    /// The other address that `localhost` may be.
    pub fn of(address: SocketAddr) -> Option<SocketAddr> {
        let other = match address.ip() {
            IpAddr::V4(Ipv4Addr::LOCALHOST) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => return None,
        };
        Some(SocketAddr::new(other, address.port()))
    }
}

/// Which names this machine has, and which origins may ask.
#[derive(Debug, Clone)]
pub struct Gate {
    port: u16,
    names: Vec<String>,
    allowed: Vec<Origin>,
}

impl Gate {
    /// The gate of a service that listens here.
    pub fn new(address: SocketAddr, twin: Twin, allowed: Vec<Origin>) -> Self {
        let named = |address: SocketAddr| match address.ip() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let mut names = vec![named(address)];
        if let Some(other) = Twin::of(address) {
            if twin != Twin::Foreign {
                names.push("localhost".to_owned());
            }
            if twin == Twin::Ours {
                names.push(named(other));
            }
        }
        Self {
            port: address.port(),
            names,
            allowed,
        }
    }

    /// The origins that were configured.
    pub fn allowed(&self) -> &[Origin] {
        &self.allowed
    }

    /// Finds out who asks. What it looks at comes before everything else about a request.
    ///
    /// # Errors
    /// [`DoorError::Host`], [`DoorError::Origin`].
    pub fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<Caller, DoorError> {
        let host = only(headers, &header::HOST).ok_or(DoorError::Host)?;
        let host = host.ok_or(DoorError::Host)?;
        // A target in absolute form counts before the header (RFC 9112 §3.2.2).
        let target = uri.authority();
        if !self.is_own(host) || target.is_some_and(|target| !self.is_own(target.as_str())) {
            return Err(DoorError::Host);
        }
        let said = only(headers, &header::ORIGIN).ok_or(DoorError::Origin)?;
        let site = only(headers, &SEC_FETCH_SITE).ok_or(DoorError::Origin)?;
        match (said, site) {
            (Some(said), site) => {
                let origin = self.known(said).ok_or(DoorError::Origin)?;
                // An own page that calls itself by another of our names is "cross-site" to its browser.
                match site {
                    Some("same-origin") if said != format!("http://{host}") => {
                        Err(DoorError::Origin)
                    }
                    _ => Ok(Caller::Page(origin)),
                }
            }
            // Browsers leave Origin out when a page asks its own server with GET.
            (None, Some("same-origin")) => {
                let own = Origin::spelled(&format!("http://{host}"));
                own.map(Caller::Page).ok_or(DoorError::Origin)
            }
            (None, Some("none")) => Ok(Caller::Navigation),
            (None, Some(_)) => self.followed(headers),
            (None, None) => Ok(Caller::Local),
        }
    }

    /// A link to the page may be followed from anywhere, since nobody else may see what comes; all other
    /// requests of a foreign page without an origin are ones of which it sees no answer, such as pictures.
    fn followed(&self, headers: &HeaderMap) -> Result<Caller, DoorError> {
        let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let navigates = said("sec-fetch-mode") == Some("navigate");
        match said("sec-fetch-dest") {
            Some("document") if navigates => Ok(Caller::Navigation),
            // Who may frame the page is said in its policy, which the browser keeps to.
            Some("iframe") if navigates && !self.allowed.is_empty() => Ok(Caller::Navigation),
            _ => Err(DoorError::Origin),
        }
    }

    /// An origin that may ask, by exactly the text that the browser sent.
    fn known(&self, said: &str) -> Option<Origin> {
        let allowed = self.allowed.iter().find(|origin| origin.as_str() == said);
        if let Some(allowed) = allowed {
            return Some(allowed.clone());
        }
        let host = said.strip_prefix("http://")?;
        (self.is_own(host)).then(|| Origin(said.to_owned()))
    }

    /// Whether this is a name of this service, as a browser writes it.
    fn is_own(&self, host: &str) -> bool {
        let port = self.port;
        self.names
            .iter()
            .any(|name| match host.split_at_checked(name.len()) {
                // Clients leave the scheme's own port out (RFC 9110 §4.2.3).
                Some((said, "")) => port == 80 && said.eq_ignore_ascii_case(name),
                Some((said, rest)) => said.eq_ignore_ascii_case(name) && rest == format!(":{port}"),
                None => false,
            })
    }
}

/// A header that stands at most once: the outer option is none when it stands twice, or is no text.
#[expect(
    clippy::option_option,
    reason = "absent and ambiguous are two answers, and only one of them is refused"
)]
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Some(None),
        (Some(value), None) => value.to_str().ok().map(Some),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ALLOWED: &str = "https://counter.example";

    fn gate() -> Gate {
        let address = "127.0.0.1:8480".parse().unwrap();
        Gate::new(address, Twin::Ours, vec![Origin::parse(ALLOWED).unwrap()])
    }

    fn ask(target: &str, headers: &[(&'static str, &str)]) -> Result<Caller, DoorError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        gate().admit(&target.parse().unwrap(), &map)
    }

    #[test]
    fn only_the_names_of_this_machine_are_hosts() {
        for host in [
            "127.0.0.1:8480",
            "localhost:8480",
            "[::1]:8480",
            "LocalHost:8480",
        ] {
            assert_eq!(ask("/", &[("host", host)]), Ok(Caller::Local), "{host}");
        }
        for host in [
            "",
            "localhost",
            "127.0.0.1",
            "127.0.0.1:8481",
            "localhost:84800",
            "localhost.:8480",
            "localhost:08480",
            "evil.example:8480",
            "evil.example",
            "127.0.0.1.evil.example:8480",
            "127.0.0.1:8480.evil.example",
            "user@localhost:8480",
            "0.0.0.0:8480",
            "127.1:8480",
            "[::ffff:127.0.0.1]:8480",
            "localhost:8480 ",
            "éé:8480",
        ] {
            assert_eq!(ask("/", &[("host", host)]), Err(DoorError::Host), "{host}");
        }
        assert_eq!(ask("/", &[]), Err(DoorError::Host));
        let two = [("host", "localhost:8480"), ("host", "localhost:8480")];
        assert_eq!(ask("/", &two), Err(DoorError::Host));
        let target = ask("http://evil.example:8480/", &[("host", "localhost:8480")]);
        assert_eq!(target, Err(DoorError::Host));
    }

    #[test]
    fn only_allowed_origins_and_our_own_page_ask() {
        let from = |origin: &str| {
            ask(
                "/v1/socket",
                &[("host", "localhost:8480"), ("origin", origin)],
            )
        };
        for origin in [
            ALLOWED,
            "http://localhost:8480",
            "http://127.0.0.1:8480",
            "http://[::1]:8480",
        ] {
            assert_eq!(from(origin), Ok(Caller::Page(Origin(origin.to_owned()))));
        }
        for origin in [
            "null",
            "",
            "https://evil.example",
            "http://counter.example",
            "https://counter.example:8443",
            "https://counter.example.evil.example",
            "https://counter.example/",
            "https://localhost:8480",
            "http://localhost",
            "http://localhost:8481",
            "https://counter.example, https://evil.example",
            "https://counter.example https://evil.example",
        ] {
            assert_eq!(from(origin), Err(DoorError::Origin), "{origin}");
        }
        let two = [
            ("host", "localhost:8480"),
            ("origin", ALLOWED),
            ("origin", ALLOWED),
        ];
        assert_eq!(ask("/", &two), Err(DoorError::Origin));
    }

    #[test]
    fn a_request_without_an_origin_is_a_programs_or_its_own_pages() {
        let host = ("host", "127.0.0.1:8480");
        let site = |site| ("sec-fetch-site", site);
        assert_eq!(
            ask("/v1/events", &[host, site("same-origin")]),
            Ok(Caller::Page(Origin("http://127.0.0.1:8480".to_owned())))
        );
        assert_eq!(ask("/", &[host, site("none")]), Ok(Caller::Navigation));
        for foreign in ["cross-site", "same-site"] {
            assert_eq!(
                ask("/v1/events", &[host, site(foreign)]),
                Err(DoorError::Origin)
            );
            let picture = [
                host,
                site(foreign),
                ("sec-fetch-mode", "no-cors"),
                ("sec-fetch-dest", "image"),
            ];
            assert_eq!(ask("/", &picture), Err(DoorError::Origin));
            let link = [
                host,
                site(foreign),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ];
            assert_eq!(ask("/", &link), Ok(Caller::Navigation));
        }
    }

    #[test]
    fn a_name_that_leads_to_somebody_else_is_none_of_ours() {
        let names = ["127.0.0.1", "localhost", "[::1]"];
        for (address, twin, own) in [
            ("127.0.0.1:8480", Twin::Ours, [true, true, true]),
            ("127.0.0.1:8480", Twin::Nobodys, [true, true, false]),
            ("127.0.0.1:8480", Twin::Foreign, [true, false, false]),
            ("[::1]:8480", Twin::Foreign, [false, false, true]),
            ("127.0.0.5:8480", Twin::Nobodys, [false, false, false]),
        ] {
            let gate = Gate::new(address.parse().unwrap(), twin, Vec::new());
            for (name, own) in names.into_iter().zip(own) {
                let mut headers = HeaderMap::new();
                let host = format!("{name}:8480");
                headers.insert(header::HOST, HeaderValue::from_str(&host).unwrap());
                let asked = gate.admit(&Uri::from_static("/"), &headers);
                assert_eq!(asked.is_ok(), own, "{address} {twin:?} {name}");
                headers.insert(header::HOST, HeaderValue::from_str(address).unwrap());
                let origin = format!("http://{host}");
                headers.insert(header::ORIGIN, HeaderValue::from_str(&origin).unwrap());
                let asked = gate.admit(&Uri::from_static("/"), &headers);
                assert_eq!(asked.is_ok(), own, "{address} {twin:?} {origin}");
            }
        }
    }

    #[test]
    fn an_origin_has_one_spelling() {
        for (text, spelled) in [
            ("HTTPS://Counter.Example", "https://counter.example"),
            ("http://intranet:80", "http://intranet"),
            (
                "https://counter.example:8443",
                "https://counter.example:8443",
            ),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("chrome-extension://abcdefgh", "chrome-extension://abcdefgh"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), spelled);
        }
        let long = format!("https://{}", "a".repeat(MAX_ORIGIN));
        for text in [
            "",
            "*",
            "null",
            "https://",
            "https://*.example",
            "https://a/",
            "https://a:",
            "https://a:0",
            "https://a:065",
            "https://a:65536",
            "https://u@a",
            "//a",
            "file://a",
            "https://[::1",
            "https://é",
            "https://a b",
            long.as_str(),
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_own_request_is_one_of_the_name_that_was_called() {
        let host = ("host", "localhost:8480");
        let own = ("sec-fetch-site", "same-origin");
        for (origin, caller) in [
            ("http://localhost:8480", true),
            ("http://127.0.0.1:8480", false),
            (ALLOWED, false),
        ] {
            let asked = ask("/", &[host, ("origin", origin), own]);
            assert_eq!(asked.is_ok(), caller, "{origin}");
        }
    }

    #[test]
    fn only_a_person_who_goes_there_or_a_frame_of_who_may_ask_is_a_navigation() {
        let address = "127.0.0.1:8480".parse().unwrap();
        let closed = Gate::new(address, Twin::Ours, Vec::new());
        let open = gate();
        let come = |gate: &Gate, mode: &'static str, dest: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:8480"));
            headers.insert(SEC_FETCH_SITE, HeaderValue::from_static("cross-site"));
            headers.insert("sec-fetch-mode", HeaderValue::from_static(mode));
            headers.insert("sec-fetch-dest", HeaderValue::from_static(dest));
            gate.admit(&Uri::from_static("/"), &headers)
        };
        let navigation = Ok(Caller::Navigation);
        assert_eq!(come(&closed, "navigate", "document"), navigation);
        assert_eq!(come(&open, "navigate", "iframe"), navigation);
        for (gate, mode, dest) in [
            (&closed, "navigate", "iframe"),
            (&open, "navigate", "embed"),
            (&open, "no-cors", "iframe"),
            (&open, "no-cors", "document"),
        ] {
            assert_eq!(come(gate, mode, dest), Err(DoorError::Origin), "{dest}");
        }
    }
}
