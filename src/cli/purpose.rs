//! For what a registry is asked, and by whom: as it stands on the command line, in the environment and
//! in the configuration.

use clap::Args;
use serde::Deserialize;

use crate::error::SetupError;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::registry::query::Case;
use crate::registry::query::Device;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;

/// Who asks the registry, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Asker {
    /// For the registry: code of the administrative procedure
    #[arg(long, value_name = "CODE", env = "CANCUOC_PROCEDURE")]
    pub(crate) procedure: Option<String>,
    /// For the registry: reference of the case file
    #[arg(long, value_name = "CODE", env = "CANCUOC_CASE")]
    pub(crate) case: Option<String>,
    /// For the registry: code of the officer who asks
    #[arg(long, value_name = "CODE", env = "CANCUOC_OFFICER")]
    pub(crate) officer: Option<String>,
    /// For the registry: code of this device
    #[arg(long, value_name = "CODE", env = "CANCUOC_DEVICE")]
    pub(crate) device: Option<String>,
}

/// For what the registry is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Purpose {
    #[command(flatten)]
    pub(crate) asker: Asker,
    /// Facts to ask the registry for, where the procedure may see them: permanent_residence,
    /// temporary_residence, current_residence, household_relation, identity_level
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) disclose: Vec<String>,
}

/// What does not change from case to case: table `purpose` of the configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandingPurpose {
    procedure: Option<String>,
    officer: Option<String>,
    device: Option<String>,
    #[serde(default)]
    disclose: Vec<String>,
}

impl Asker {
    /// What was given, else what stands in the configuration.
    ///
    /// # Errors
    /// [`SetupError::Usage`] for a code of more than 64 characters or with control characters in it.
    pub(crate) fn settle(&self, standing: &StandingPurpose) -> Result<Context, SetupError> {
        Ok(Context {
            procedure: code(
                "procedure",
                self.procedure.as_ref().or(standing.procedure.as_ref()),
                Procedure::new,
            )?,
            case: code("case", self.case.as_ref(), Case::new)?,
            officer: code(
                "officer",
                self.officer.as_ref().or(standing.officer.as_ref()),
                Officer::new,
            )?,
            device: code(
                "device",
                self.device.as_ref().or(standing.device.as_ref()),
                Device::new,
            )?,
            agency: None,
        })
    }
}

impl Purpose {
    /// Who asks and what for, and what is to be told beside: what was given, else what stands in the
    /// configuration.
    ///
    /// # Errors
    /// As [`Asker::settle`]; [`SetupError::Usage`] for a kind of fact that there is not, too.
    pub(crate) fn settle(
        &self,
        standing: &StandingPurpose,
    ) -> Result<(Context, Vec<FactKind>), SetupError> {
        let context = self.asker.settle(standing)?;
        let named = match self.disclose.as_slice() {
            [] => standing.disclose.as_slice(),
            given => given,
        };
        let mut kinds = Vec::new();
        for name in named {
            let kind = FactKind::from_code(name.trim()).ok_or_else(|| {
                let known = FactKind::ALL.map(FactKind::code).join(", ");
                usage(format!("disclose: {known}"))
            })?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok((context, kinds))
    }
}

fn code<T>(
    name: &str,
    given: Option<&String>,
    new: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, SetupError> {
    given
        .map(|text| new(text).ok_or_else(|| usage(format!("{name}: 1-64"))))
        .transpose()
}

fn usage(why: String) -> SetupError {
    SetupError::Usage { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_comes_before_what_stands() {
        let standing = StandingPurpose {
            procedure: Some("1.001".to_owned()),
            officer: Some("cb-1".to_owned()),
            disclose: vec!["identity_level".to_owned()],
            ..StandingPurpose::default()
        };
        let given = Purpose {
            asker: Asker {
                officer: Some("cb-2".to_owned()),
                case: Some("H-1".to_owned()),
                ..Asker::default()
            },
            disclose: Vec::new(),
        };
        let (context, kinds) = given.settle(&standing).unwrap();
        assert_eq!(context.procedure, Procedure::new("1.001"));
        assert_eq!(context.officer, Officer::new("cb-2"));
        assert_eq!(context.case, Case::new("H-1"));
        assert_eq!(context.device, None);
        assert_eq!(kinds, [FactKind::IdentityLevel]);
    }

    #[test]
    fn a_code_that_is_none_and_a_fact_that_is_none_are_refused() {
        let long = Purpose {
            asker: Asker {
                case: Some("x".repeat(65)),
                ..Asker::default()
            },
            disclose: Vec::new(),
        };
        let unknown = Purpose {
            disclose: vec!["religion".to_owned()],
            ..Purpose::default()
        };
        for wrong in [long, unknown] {
            let error = wrong.settle(&StandingPurpose::default()).unwrap_err();
            assert_eq!(error.code(), "usage.arguments");
        }
    }
}
