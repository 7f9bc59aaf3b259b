//! What the checks of signed files have in common.

use crate::error::AttestError;
use crate::error::SetupError;
use crate::render::words;
use crate::render::words::Lang;
use crate::verify::Outcome;

/// What came of a check, for a person: the sentence, and what to do unless it passed.
pub(super) fn lines(outcome: &Outcome, lang: Lang) -> String {
    let mark = match outcome {
        Outcome::Pass(_) => '✓',
        Outcome::Fail(_) => '✗',
        Outcome::Open(_) => '?',
    };
    let code = outcome.code();
    let mut out = format!("{mark} {}\n", words::sentence(code, lang));
    if !matches!(outcome, Outcome::Pass(_)) {
        out.push_str(&format!("→ {}\n", words::remedy(code, lang)));
    }
    out
}

/// Refuses the first option that was given and means nothing here.
pub(super) fn refuse(unfit: &[(&'static str, bool)]) -> Result<(), SetupError> {
    match unfit.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(AttestError::Option { option }.into()),
        None => Ok(()),
    }
}
