//! What can be wrong with a protected answer although the chip has the right keys.

/// A flaw of secure messaging on the chip's side (Doc 9303-11 §9.8). Where there is a checksum it
/// is right for what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flaw {
    /// The checksum, data object 8E, is missing.
    WithoutChecksum,
    /// The cryptogram, data object 87 or 85, is missing.
    WithoutData,
    /// The processing status, data object 99, is missing.
    WithoutStatus,
    /// The cryptogram is of something else: its last octet is changed.
    FalseCryptogram,
    /// The cryptogram lacks its last octet, so that it is of no whole blocks.
    CutCryptogram,
    /// The processing status inside says 6A82; the one outside says what is true.
    OtherStatus,
    /// The send sequence counter is one too high.
    CounterAhead,
    /// The chip answers 6987, data object missing, in the clear and ends the session.
    ObjectsMissing,
    /// The chip answers 6988, data object wrong, in the clear and ends the session.
    ObjectsIncorrect,
    /// The answer comes in the clear, with its data.
    Unprotected,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Self; 10] = [
        Self::WithoutChecksum,
        Self::WithoutData,
        Self::WithoutStatus,
        Self::FalseCryptogram,
        Self::CutCryptogram,
        Self::OtherStatus,
        Self::CounterAhead,
        Self::ObjectsMissing,
        Self::ObjectsIncorrect,
        Self::Unprotected,
    ];

    /// Stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WithoutChecksum => "answer-without-checksum",
            Self::WithoutData => "answer-without-data",
            Self::WithoutStatus => "answer-without-status",
            Self::FalseCryptogram => "answer-false-cryptogram",
            Self::CutCryptogram => "answer-cut-cryptogram",
            Self::OtherStatus => "answer-other-status",
            Self::CounterAhead => "answer-counter-ahead",
            Self::ObjectsMissing => "answer-objects-missing",
            Self::ObjectsIncorrect => "answer-objects-incorrect",
            Self::Unprotected => "answer-unprotected",
        }
    }
}
