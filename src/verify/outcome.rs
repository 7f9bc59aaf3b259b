//! What a check found: passed with evidence, failed with a finding, or open with a gap.

use std::collections::BTreeMap;

/// Details of an outcome by name, such as `algorithm` or `anchor_sha256`. Never personal.
pub type Facts = BTreeMap<&'static str, String>;

/// What a check found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Found to be right; the evidence lets somebody else check it again.
    Pass(Evidence),
    /// Found to be wrong.
    Fail(Finding),
    /// Not found out.
    Open(Gap),
}

/// Why a check passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    code: &'static str,
    facts: Facts,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    code: &'static str,
    weight: Weight,
    facts: Facts,
}

/// Why a check is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    code: &'static str,
    facts: Facts,
}

/// What a finding means for the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is not what it claims to be.
    NotGenuine,
    /// It is what it claims to be, and no longer valid.
    NotInForce,
}

impl Outcome {
    /// A pass without facts.
    pub const fn pass(code: &'static str) -> Self {
        Self::Pass(Evidence {
            code,
            facts: Facts::new(),
        })
    }

    /// A failure that means the document is not genuine.
    pub const fn fail(code: &'static str) -> Self {
        Self::Fail(Finding {
            code,
            weight: Weight::NotGenuine,
            facts: Facts::new(),
        })
    }

    /// A failure that means the document is no longer valid.
    pub const fn out_of_force(code: &'static str) -> Self {
        Self::Fail(Finding {
            code,
            weight: Weight::NotInForce,
            facts: Facts::new(),
        })
    }

    /// An open check.
    pub const fn open(code: &'static str) -> Self {
        Self::Open(Gap {
            code,
            facts: Facts::new(),
        })
    }

    /// The same with one more fact.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts_mut().insert(name, value.into());
        self
    }

    fn facts_mut(&mut self) -> &mut Facts {
        match self {
            Self::Pass(Evidence { facts, .. })
            | Self::Fail(Finding { facts, .. })
            | Self::Open(Gap { facts, .. }) => facts,
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pass(Evidence { code, .. })
            | Self::Fail(Finding { code, .. })
            | Self::Open(Gap { code, .. }) => code,
        }
    }

    /// Details by name.
    pub const fn facts(&self) -> &Facts {
        match self {
            Self::Pass(Evidence { facts, .. })
            | Self::Fail(Finding { facts, .. })
            | Self::Open(Gap { facts, .. }) => facts,
        }
    }

    /// The word in the report.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass(_) => "pass",
            Self::Fail(_) => "fail",
            Self::Open(_) => "open",
        }
    }
}

impl Finding {
    /// What it means for the document.
    pub const fn weight(&self) -> Weight {
        self.weight
    }
}
