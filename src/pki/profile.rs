//! What a document signer's certificate has otherwise than its profile asks for (Doc 9303-12 §7.1.1).
//!
//! None of it decides whether the signature on the certificate holds; `pki::path` has the rules that
//! a path must keep. Here the certificate is read once more for how it is written.

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::pki::certificate::Certificate;
use crate::pki::extensions;
use crate::pki::extensions::KEY_USAGE;
use crate::pki::name;
use crate::pki::time::GENERALIZED_TIME;
use crate::pki::time::UTC_TIME;

/// One thing that the profile asks for otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// The version is not 3 (RFC 5280 §4.1.2.1: extensions need it).
    Version,
    /// A date is not written as RFC 5280 §4.1.2.5 asks: in UTCTime until 2049 and in
    /// GeneralizedTime from then on, with seconds, in UTC.
    TimeForm,
    /// Issuer or subject has no common name, or a country that is not two capital letters in a
    /// PrintableString.
    Name,
    /// The key of the authority is not named.
    AuthorityKeyId,
    /// The key usage is not critical.
    KeyUsageNotCritical,
}

/// The first departure that leaves open what the certificate says: of its version, or of its dates.
pub fn unreadable(certificate: &Certificate) -> Option<Departure> {
    Written::read(certificate.tbs()).and_then(|written| written.unreadable().next())
}

/// Everything that departs from the profile, each once, in the order above.
pub fn departures(certificate: &Certificate) -> Vec<Departure> {
    let mut found = Vec::new();
    let Some(written) = Written::read(certificate.tbs()) else {
        // A certificate that was decoded has these fields.
        return found;
    };
    found.extend(written.unreadable());
    let names = [certificate.issuer(), certificate.subject()];
    if !names.into_iter().all(name::is_profiled) {
        found.push(Departure::Name);
    }
    if certificate.authority_key_id().is_none() {
        found.push(Departure::AuthorityKeyId);
    }
    if written.key_usage == Some(Criticality::NotCritical) {
        found.push(Departure::KeyUsageNotCritical);
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Criticality {
    Critical,
    NotCritical,
}

/// The parts of a TBSCertificate that matter here.
struct Written<'a> {
    /// Content octets of the version's INTEGER.
    version: Option<&'a [u8]>,
    validity: Vec<Element<'a>>,
    key_usage: Option<Criticality>,
}

impl<'a> Written<'a> {
    /// The departures that leave open what the fields mean.
    fn unreadable(&self) -> impl Iterator<Item = Departure> {
        let version = (self.version != Some(&[2])).then_some(Departure::Version);
        let dates = self.validity.iter().all(is_profiled_time);
        let dates = (!dates).then_some(Departure::TimeForm);
        version.into_iter().chain(dates)
    }

    fn read(tbs: &'a [u8]) -> Option<Self> {
        const WHAT: &str = "TBSCertificate";
        let mut fields = Reader::new(tbs)
            .expect(tag::SEQUENCE, WHAT)
            .ok()?
            .inside()
            .ok()?;
        let version = match fields.optional(0xA0, WHAT).ok()? {
            None => None,
            Some(explicit) => {
                let mut only = explicit.inside().ok()?;
                Some(only.expect(tag::INTEGER, WHAT).ok()?.value)
            }
        };
        fields.expect(tag::INTEGER, WHAT).ok()?;
        fields.expect(tag::SEQUENCE, WHAT).ok()?;
        fields.expect(tag::SEQUENCE, WHAT).ok()?;
        let mut dates = fields.expect(tag::SEQUENCE, WHAT).ok()?.inside().ok()?;
        let validity = vec![dates.element(WHAT).ok()?, dates.element(WHAT).ok()?];
        let mut key_usage = None;
        while !fields.at_end() {
            let field = fields.element(WHAT).ok()?;
            if field.tag != 0xA3 {
                continue;
            }
            let list = field.inside().ok()?.expect(tag::SEQUENCE, WHAT).ok()?;
            key_usage = extensions::list(list)
                .ok()?
                .into_iter()
                .find(|extension| extension.kind == KEY_USAGE)
                .map(|extension| {
                    if extension.critical {
                        Criticality::Critical
                    } else {
                        Criticality::NotCritical
                    }
                });
        }
        Some(Self {
            version,
            validity,
            key_usage,
        })
    }
}

/// `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` from 2050 on.
fn is_profiled_time(time: &Element<'_>) -> bool {
    let Some((b'Z', digits)) = time.value.split_last() else {
        return false;
    };
    let form = match time.tag {
        UTC_TIME => digits.len() == 12,
        GENERALIZED_TIME => digits.len() == 14 && digits >= b"2050".as_slice(),
        _ => false,
    };
    form && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;

    #[test]
    fn times_change_their_form_in_2050() {
        for (tag, text, profiled) in [
            (UTC_TIME, "491231235959Z", true),
            (GENERALIZED_TIME, "20500101000000Z", true),
            (GENERALIZED_TIME, "99991231235959Z", true),
            (GENERALIZED_TIME, "20491231235959Z", false),
            (GENERALIZED_TIME, "205001010000Z", false),
            (UTC_TIME, "491231235959+0000", false),
            (UTC_TIME, "", false),
            (tag::UTF8_STRING, "491231235959Z", false),
        ] {
            let bytes = encode(tag, &[text.as_bytes()]);
            let time = Reader::new(&bytes).element("time").unwrap();
            assert_eq!(is_profiled_time(&time), profiled, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96)) {
            let _ = Written::read(&bytes);
        }
    }
}
