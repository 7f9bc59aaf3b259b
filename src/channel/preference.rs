//! Which access protocol is good enough.

/// What reader and policy agree on about PACE and BAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessPreference {
    /// Nothing but PACE.
    RequirePace,
    /// PACE where the chip offers it; BAC elsewhere. BAC although PACE is offered is reported.
    PreferPace,
    /// PACE first; BAC is as good.
    AllowBac,
}
