//! UTCTime and GeneralizedTime (RFC 5280 §4.1.2.5).

use jiff::Timestamp;
use x509_parser::prelude::ASN1Time;
use x509_parser::prelude::FromDer;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::error::Malformed;

/// UTCTime
pub(crate) const UTC_TIME: u32 = 0x17;
/// GeneralizedTime
pub(crate) const GENERALIZED_TIME: u32 = 0x18;

/// Takes the next element, which must be a time of either kind.
pub(crate) fn take(reader: &mut Reader<'_>, what: &'static str) -> Result<Timestamp, Malformed> {
    let element = reader.element(what)?;
    time(element, what)
}

/// Reads a time of either kind.
pub(crate) fn time(element: Element<'_>, what: &'static str) -> Result<Timestamp, Malformed> {
    if element.tag != UTC_TIME && element.tag != GENERALIZED_TIME {
        return Err(Malformed::new(what, element.offset));
    }
    parse(element.raw).ok_or(Malformed::new(what, element.offset))
}

/// Reads a GeneralizedTime that an implicit tag hides.
pub(crate) fn generalized(
    element: Element<'_>,
    what: &'static str,
) -> Result<Timestamp, Malformed> {
    parse(&encode(GENERALIZED_TIME, &[element.value])).ok_or(Malformed::new(what, element.offset))
}

fn parse(raw: &[u8]) -> Option<Timestamp> {
    let (rest, time) = ASN1Time::from_der(raw).ok()?;
    if !rest.is_empty() {
        return None;
    }
    // RFC 5280 §4.1.2.5: 99991231235959Z means "never"; it lies a day beyond the largest Timestamp.
    let latest = Timestamp::MAX.as_second();
    Timestamp::from_second(time.timestamp().min(latest)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: u32, text: &str) -> Option<String> {
        let bytes = encode(tag, &[text.as_bytes()]);
        take(&mut Reader::new(&bytes), "test")
            .ok()
            .map(|time| time.to_string())
    }

    #[test]
    fn both_kinds_are_read() {
        let expected = Some("2021-01-19T18:11:36Z".to_owned());
        assert_eq!(read(UTC_TIME, "210119181136Z"), expected);
        assert_eq!(read(GENERALIZED_TIME, "20210119181136Z"), expected);
        // RFC 5280 §4.1.2.5.1: 50 to 99 are in the twentieth century.
        assert_eq!(
            read(UTC_TIME, "500101000000Z").as_deref(),
            Some("1950-01-01T00:00:00Z")
        );
        assert_eq!(
            read(UTC_TIME, "491231235959Z").as_deref(),
            Some("2049-12-31T23:59:59Z")
        );
    }

    #[test]
    fn never_is_the_latest_time() {
        let bytes = encode(GENERALIZED_TIME, &[b"99991231235959Z"]);
        let never = take(&mut Reader::new(&bytes), "test").unwrap();
        assert_eq!(never.as_second(), Timestamp::MAX.as_second());
    }

    #[test]
    fn impossible_times_are_refused() {
        assert_eq!(read(UTC_TIME, "211319181136Z"), None);
        assert_eq!(read(UTC_TIME, "210230181136Z"), None);
        assert_eq!(read(UTC_TIME, ""), None);
        assert_eq!(read(GENERALIZED_TIME, "tomorrow"), None);
        assert_eq!(read(0x0C, "210119181136Z"), None);
    }
}
