//! What a caller switches on beside a persona's own quirks and faults.

use crate::error::SetupError;
use crate::sim::fault::Cue;
use crate::sim::fault::nearest;
use crate::sim::persona::Persona;
use crate::sim::quirk::Quirk;

impl Persona {
    /// Switches quirks and faults on, by their names: before the card is made, since some of them stand
    /// in its files.
    ///
    /// # Errors
    /// [`SetupError::SwitchUnknown`] with the names that are near, [`SetupError::CueMalformed`].
    pub fn switch_on(&mut self, quirks: &[String], faults: &[String]) -> Result<(), SetupError> {
        for name in quirks {
            let quirk = Quirk::from_name(name).ok_or_else(|| SetupError::SwitchUnknown {
                name: name.clone(),
                nearest: nearest::switch(name),
            })?;
            self.chip.quirks.insert(quirk);
        }
        for name in faults {
            self.chip.faults.push(Cue::named(name)?);
        }
        Ok(())
    }
}
