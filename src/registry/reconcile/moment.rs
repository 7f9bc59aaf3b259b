//! Moments in files that this program keeps, as RFC 3339.

use jiff::Timestamp;
use serde::Deserialize as _;
use serde::Deserializer;
use serde::Serializer;
use serde::de::Error as _;

pub(super) fn serialize<S: Serializer>(moment: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(moment)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom("no moment"))
}

/// One that may be missing.
pub(super) mod maybe {
    use jiff::Timestamp;
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error as _;

    pub(in super::super) fn serialize<S: Serializer>(
        moment: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => to.collect_str(moment),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let moment = text.map(|text| text.parse());
        moment
            .transpose()
            .map_err(|_| D::Error::custom("no moment"))
    }
}
