//! What is legible in a group of biometric data, and odd.

/// One thing that is not as the standards have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// There is no biometric header template in front of the record.
    HeaderAbsent,
    /// An element of the header is of no use: of no length, too long, no date, or unknown.
    HeaderElement,
    /// The header does not name the owner of the format.
    FormatOwnerAbsent,
    /// The header names another owner than ISO/IEC JTC 1/SC 37.
    FormatOwner,
    /// The header does not name the type of the format.
    FormatTypeAbsent,
    /// The header names another type of format than the record is of.
    FormatType,
    /// The header has the number that the type of the record had in drafts of its standard.
    FormatTypeOutdated,
    /// The header calls a face, finger or iris something else.
    BiometricType,
    /// The header does not say which finger or iris it is.
    SubtypeAbsent,
    /// The header says another finger or iris than the record, or one that nobody has.
    Subtype,
    /// Lengths within the record do not add up.
    Lengths,
    /// A count of fingers or views is not that of the bytes.
    Count,
    /// The compression is unknown, or another than that of the image.
    ImageType,
    /// Face: gender outside its table.
    Gender,
    /// Face: eye colour outside its table.
    EyeColour,
    /// Face: hair colour outside its table.
    HairColour,
    /// Face: an angle of the pose outside its range.
    PoseAngle,
    /// Face: an uncertainty of the pose outside its range.
    PoseUncertainty,
    /// Face: image type outside its table.
    FaceImageType,
    /// Face: another code outside its table.
    FaceCode,
    /// Finger: a code outside its table.
    FingerCode,
    /// Iris: a code outside its table.
    IrisCode,
}
