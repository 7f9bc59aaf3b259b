//! One reader with all that belongs to it.

use std::fmt;
use std::time::Duration;

use crate::agent::machine::Moment;
use crate::agent::machine::Reader;
use crate::agent::protocol::Ask;
use crate::agent::protocol::Evidence;
use crate::agent::protocol::Nonce;
use crate::agent::protocol::Portrait;
use crate::agent::slots::Material;
use crate::agent::slots::Running;
use crate::lds::DataGroup;
use crate::lds::key::AccessKey;
use crate::registry::CardKey;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::registry::query::Officer;
use crate::verify::Check;

/// One reader.
pub(super) struct Bay {
    pub(super) name: String,
    pub(super) material: Material,
    pub(super) reader: Reader,
    /// What the read was asked to do.
    pub(super) wish: Option<Wish>,
    /// The read at work.
    pub(super) running: Option<Running>,
}

impl Bay {
    pub(super) fn new(name: String, material: Material) -> Self {
        Self {
            name,
            material,
            reader: Reader::default(),
            wish: None,
            running: None,
        }
    }
}

/// What a read was asked to do, and by whom.
pub(super) struct Wish {
    pub(super) read: u64,
    pub(super) since: Moment,
    /// The session's label.
    pub(super) origin: String,
    pub(super) key: Option<AccessKey>,
    pub(super) groups: Option<Vec<DataGroup>>,
    pub(super) checks: Vec<Check>,
    pub(super) fields: Vec<&'static str>,
    pub(super) portrait: Portrait,
    pub(super) context: Context,
    pub(super) disclose: Vec<FactKind>,
    pub(super) evidence: Evidence,
    pub(super) nonce: Option<Nonce>,
    pub(super) within: Duration,
    /// Whose card it says it is, once its text was read.
    pub(super) card: Option<CardKey>,
    /// Whether its beginning is recorded.
    pub(super) beginning: Beginning,
}

/// Whether it is recorded that a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// The chip is not open yet.
    Unrecorded,
    /// It is being written.
    Recorded,
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wish({})", self.read)
    }
}

impl Wish {
    /// What is asked for, with what stands where the client does not say.
    pub(super) fn of(ask: Ask, standing: Standing<'_>) -> Self {
        let Standing {
            read,
            since,
            origin,
            key,
            officer,
            context,
            disclose,
            fields,
            within,
        } = standing;
        Self {
            read,
            since,
            origin: origin.to_owned(),
            key,
            groups: ask.groups,
            checks: ask.checks,
            fields: ask.fields.unwrap_or_else(|| fields.to_vec()),
            portrait: ask.portrait,
            context: Context {
                procedure: ask.purpose.procedure.or_else(|| context.procedure.clone()),
                case: ask.purpose.case.or_else(|| context.case.clone()),
                // Whom the site vouches for comes before whom the page names.
                officer: officer
                    .or(ask.purpose.officer)
                    .or_else(|| context.officer.clone()),
                device: context.device.clone(),
                agency: context.agency.clone(),
            },
            disclose: ask.disclose.unwrap_or_else(|| disclose.to_vec()),
            evidence: ask.evidence,
            nonce: ask.nonce,
            within,
            card: None,
            beginning: Beginning::Unrecorded,
        }
    }
}

/// What stands, whatever a client asks for.
pub(super) struct Standing<'a> {
    pub(super) read: u64,
    pub(super) since: Moment,
    pub(super) origin: &'a str,
    pub(super) key: Option<AccessKey>,
    pub(super) officer: Option<Officer>,
    pub(super) context: &'a Context,
    pub(super) disclose: &'a [FactKind],
    pub(super) fields: &'a [&'static str],
    pub(super) within: Duration,
}
