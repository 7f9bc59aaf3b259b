//! What a URL holds: lists, certificates and CRLs fetched by HTTP (RFC 9110).
//!
//! Nothing is trusted for where it came from. Signature or fingerprint decide about it, so plain
//! http serves as well as https; https keeps a third party from seeing and withholding.

use std::time::Duration;

use crate::error::Error;
use crate::error::FetchError;

/// How long a name is looked up and a connection made, at most.
pub const CONNECT: Duration = Duration::from_secs(15);

/// How long one fetch may take, redirects and all, where nothing else is said.
pub const WHOLE: Duration = Duration::from_secs(120);

/// Most times that a server may send elsewhere.
pub const MAX_REDIRECTS: usize = 4;

/// Longest address, in bytes.
const MAX_URL: usize = 2_048;

/// Whether a source is an address rather than the name of a file.
///
/// ```
/// use cancuoc::trust::fetch::is_url;
/// assert!(is_url("http://example.org/a.crl") && is_url("ldap://example.org/cn=a"));
/// assert!(!is_url("lists/a.crl") && !is_url("C:/a.crl") && !is_url("-"));
/// ```
pub fn is_url(source: &str) -> bool {
    source.split_once("://").is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// Fetches what an http or https address holds, no further than [`crate::trust::holding::read_from`] goes.
///
/// # Errors
/// [`FetchError`] when it cannot be had; [`crate::error::SetupError::NotBuilt`] in a build without
/// the feature `fetch`.
pub fn get(url: &str, whole: Duration) -> Result<Vec<u8>, Error> {
    let address = Address::parse(url)?;
    client::get(address, whole)
}

/// An address that may be fetched: http or https, with a host and nobody's password.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    secure: bool,
    /// Host and port.
    authority: String,
    /// Path and query, from the `/` on.
    path: String,
}

impl Address {
    fn parse(url: &str) -> Result<Self, FetchError> {
        let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        // RFC 3986, 3.2: the authority ends at the first of these.
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        // What stands before the last @ may be a password; it is said nowhere.
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        let refuse = |why| {
            let url = if plain && url.len() <= MAX_URL {
                format!("{scheme}://{host}{rest}")
            } else {
                String::from(scheme)
            };
            FetchError::Address { url, why }
        };
        if url.len() > MAX_URL {
            return Err(refuse("it is too long"));
        }
        if !plain {
            return Err(refuse("it holds characters that an address cannot hold"));
        }
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => {
                return Err(FetchError::Scheme {
                    url: format!("{scheme}://{host}{rest}"),
                });
            }
        };
        if userinfo.is_some() {
            return Err(refuse("it holds a user name or password"));
        }
        if host.is_empty() || host.starts_with(':') {
            return Err(refuse("it names no host"));
        }
        let path = rest.split('#').next().unwrap_or_default();
        Ok(Self {
            secure,
            authority: host.to_owned(),
            path: if path.starts_with('/') {
                path.to_owned()
            } else {
                format!("/{path}")
            },
        })
    }

    /// Where a `Location` leads from here (RFC 9110, 10.2.2; RFC 3986, 5.2 without dot segments,
    /// which servers remove themselves).
    #[cfg(any(feature = "fetch", test))]
    fn towards(&self, location: &str) -> Result<Self, FetchError> {
        let refuse = |why| FetchError::Redirect {
            url: self.to_string(),
            why,
        };
        let scheme = if self.secure { "https" } else { "http" };
        let target = if is_url(location) {
            location.to_owned()
        } else if let Some(rest) = location.strip_prefix("//") {
            format!("{scheme}://{rest}")
        } else if location.starts_with('/') {
            format!("{scheme}://{}{location}", self.authority)
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{scheme}://{}{folder}/{location}", self.authority)
        };
        let target = Self::parse(&target).map_err(|fault| match fault {
            FetchError::Scheme { .. } => refuse("to an address that is neither http nor https"),
            _ => refuse("to an address that cannot be used"),
        })?;
        if self.secure && !target.secure {
            return Err(refuse("from https to http"));
        }
        Ok(target)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(not(feature = "fetch"))]
mod client {
    //! A build that fetches nothing says so.

    use std::time::Duration;

    use super::Address;
    use crate::error::Error;
    use crate::error::SetupError;

    pub(super) fn get(_: Address, _: Duration) -> Result<Vec<u8>, Error> {
        Err(SetupError::NotBuilt { feature: "fetch" }.into())
    }
}

#[cfg(feature = "fetch")]
mod client;

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(url: &str) -> FetchError {
        Address::parse(url).unwrap_err()
    }

    #[test]
    fn an_address_is_http_with_a_host_and_nobody_in_it() {
        for (url, same) in [
            ("http://a.example/x.crl", "http://a.example/x.crl"),
            ("HTTPS://a.example", "https://a.example/"),
            ("http://a.example:8080?q=1", "http://a.example:8080/?q=1"),
            ("http://[::1]:80/x#part", "http://[::1]:80/x"),
        ] {
            assert_eq!(Address::parse(url).unwrap().to_string(), same);
        }
        for url in [
            "ldap://a.example/cn=x",
            "ftp://a.example/x",
            "file:///etc/x",
        ] {
            assert_eq!(fault(url).code(), "trust.fetch_scheme", "{url}");
        }
        for url in [
            "http://",
            "http:///x",
            "http://:80/",
            "http://a b/",
            "http://é/",
        ] {
            assert_eq!(fault(url).code(), "trust.fetch_address", "{url}");
        }
        let long = format!("http://a.example/{}", "x".repeat(MAX_URL));
        assert_eq!(fault(&long).code(), "trust.fetch_address");
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for url in [
            "http://me:s3cret@a.example/x",
            "ldap://me:s3cret@a.example/x",
        ] {
            let fault = fault(url);
            assert!(!format!("{fault} {fault:?} {}", fault.subject()).contains("s3cret"));
            assert!(fault.subject().contains("a.example"));
        }
    }

    #[test]
    fn a_location_is_resolved_and_never_leaves_https() {
        let from = Address::parse("https://a.example/lists/now?x=/y").unwrap();
        for (location, target) in [
            ("b.ml", "https://a.example/lists/b.ml"),
            ("/b.ml", "https://a.example/b.ml"),
            ("//b.example/c", "https://b.example/c"),
            ("https://b.example/c", "https://b.example/c"),
        ] {
            assert_eq!(from.towards(location).unwrap().to_string(), target);
        }
        for location in [
            "http://a.example/b",
            "ldap://b.example/c",
            "https://me@b.example/",
        ] {
            let fault = from.towards(location).unwrap_err();
            assert_eq!(fault.code(), "trust.fetch_redirect", "{location}");
        }
        let plain = Address::parse("http://a.example/x").unwrap();
        assert!(plain.towards("https://b.example/").unwrap().secure);
    }
}
