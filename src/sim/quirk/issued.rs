//! What honest issuers write otherwise than the standard says, or than readers expect.
//!
//! These quirks are none of the chip's: the issuer wrote them into its files, and signed them.

/// An honest deviation in what an issuer wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Issued {
    /// EF.CardAccess offers weaker PACE alone, of what DG14 and the chip offer (row 3).
    CardAccessOffersLess,
    /// EF.COM is not there (row 21).
    ComAbsent,
    /// EF.COM has a tag and a length, and nothing behind that anyone can read (row 21).
    ComMalformed,
    /// EF.COM lists a group that is not there (row 21).
    ComListsMore,
    /// EF.COM leaves out a group that is there (row 21).
    ComListsLess,
    /// The security object lists DG16, and the chip does not have it (row 22).
    GroupAbsent,
    /// The chip has DG16 and EF.COM lists it; the security object does not (row 22).
    GroupUnsigned,
    /// DG1, DG2 and DG13 have longer length fields than they need (row 23).
    LongLengths,
    /// EF.SOD has indefinite lengths (row 24).
    SodIndefinite,
    /// The signed content in EF.SOD is an octet string in two pieces (row 24).
    SodSplitOctets,
    /// The signed attributes are not in the order of DER, and were signed so (row 24).
    AttributesUnsorted,
    /// The signed attributes were signed in the order of DER and stand in another (row 24).
    AttributesSortedLate,
    /// The content type of the security object is 1.3.27.1.1.1 (row 25).
    OldSodOid27,
    /// The content type of the security object is 1.2.528.1.1006.1.20.1 (row 25).
    OldSodOid528,
    /// The signer id has PrintableString where the certificate has UTF8String (row 26).
    SignerNamePrintable,
    /// The signer id writes its issuer in upper case (row 26).
    SignerNameCase,
    /// The signer id has more spaces than the certificate (row 26).
    SignerNameSpaces,
    /// The signer id is the identifier of the key (row 26).
    SignerByKeyId,
    /// The signer id names another issuer than the only certificate does (row 26).
    SignerForeign,
    /// EF.SOD holds no certificate (row 27).
    SignerAbsent,
    /// The signer's serial number is negative (row 28).
    SerialNegative,
    /// The signer's serial number is zero (row 28).
    SerialZero,
    /// The algorithms in EF.SOD have NULL for parameters, ECDSA too (row 28).
    ParametersNull,
    /// The algorithms in EF.SOD have no parameters, RSA too (row 28).
    ParametersAbsent,
    /// The signer's key names its curve by all of its numbers (row 28).
    CurveExplicit,
    /// The same, and the seed that the curve came from (row 28).
    CurveSeed,
    /// The same without the cofactor (row 28).
    CurveBare,
    /// The signer's certificate names another hash than it was signed with (row 29).
    CertificateHashWrong,
    /// The signer's certificate names another curve than its key is on (row 29).
    CertificateCurveWrong,
    /// EF.SOD is signed by RSA-PSS, and every parameter is left to its default (row 30).
    PssDefaults,
    /// EF.SOD is signed by RSA-PSS with a salt of so many bytes (row 30).
    PssSalt(u16),
    /// EF.SOD is signed by ECDSA with a hash that is longer than the order (row 31).
    HashLongerThanOrder,
    /// DG11 has data elements of no length (row 42).
    Dg11EmptyFields,
    /// DG11 announces more other names than there are (row 42).
    Dg11Count,
    /// DG11 has data elements that no standard knows (row 42).
    Dg11UnknownFields,
    /// The dates of DG12 are in BCD (row 43).
    Dg12BinaryDates,
    /// The type byte of the portrait says JPEG 2000 of a JPEG (row 44).
    PortraitType,
    /// The portrait is a JPEG that begins with Exif (row 44).
    PortraitExif,
    /// The portrait is a codestream of JPEG 2000 without a file around it (row 44).
    PortraitCodestream,
    /// Zeros follow the portrait (row 44).
    PortraitPadding,
    /// DG13 is laid out as nobody here knows (row 45).
    Dg13Foreign,
    /// The card is German: the zone says `D<<` (row 46).
    MrzStateD,
    /// The document number has seven characters, and fillers behind (row 46).
    MrzShortNumber,
    /// The document number has twelve characters and runs over into the optional data (row 46).
    MrzLongNumber,
    /// A passport without optional data, the check digit of which is a filler (row 46).
    MrzOptionalFiller,
    /// The same, and the check digit is zero (row 46).
    MrzOptionalZero,
    /// The holder was born in 1922 (row 46).
    MrzTwoDigitYear,
}

impl Issued {
    /// Every one of them; one with a number stands here with a usual one.
    pub const ALL: [Self; 47] = [
        Self::CardAccessOffersLess,
        Self::ComAbsent,
        Self::ComMalformed,
        Self::ComListsMore,
        Self::ComListsLess,
        Self::GroupAbsent,
        Self::GroupUnsigned,
        Self::LongLengths,
        Self::SodIndefinite,
        Self::SodSplitOctets,
        Self::AttributesUnsorted,
        Self::AttributesSortedLate,
        Self::OldSodOid27,
        Self::OldSodOid528,
        Self::SignerNamePrintable,
        Self::SignerNameCase,
        Self::SignerNameSpaces,
        Self::SignerByKeyId,
        Self::SignerForeign,
        Self::SignerAbsent,
        Self::SerialNegative,
        Self::SerialZero,
        Self::ParametersNull,
        Self::ParametersAbsent,
        Self::CurveExplicit,
        Self::CurveSeed,
        Self::CurveBare,
        Self::CertificateHashWrong,
        Self::CertificateCurveWrong,
        Self::PssDefaults,
        Self::PssSalt(20),
        Self::HashLongerThanOrder,
        Self::Dg11EmptyFields,
        Self::Dg11Count,
        Self::Dg11UnknownFields,
        Self::Dg12BinaryDates,
        Self::PortraitType,
        Self::PortraitExif,
        Self::PortraitCodestream,
        Self::PortraitPadding,
        Self::Dg13Foreign,
        Self::MrzStateD,
        Self::MrzShortNumber,
        Self::MrzLongNumber,
        Self::MrzOptionalFiller,
        Self::MrzOptionalZero,
        Self::MrzTwoDigitYear,
    ];

    /// Stable name, without a number it may have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CardAccessOffersLess => "card-access-offers-less",
            Self::ComAbsent => "com-absent",
            Self::ComMalformed => "com-malformed",
            Self::ComListsMore => "com-lists-more",
            Self::ComListsLess => "com-lists-less",
            Self::GroupAbsent => "signed-group-absent",
            Self::GroupUnsigned => "group-unsigned",
            Self::LongLengths => "group-long-lengths",
            Self::SodIndefinite => "sod-indefinite-length",
            Self::SodSplitOctets => "sod-constructed-octets",
            Self::AttributesUnsorted => "attributes-unsorted",
            Self::AttributesSortedLate => "attributes-sorted-late",
            Self::OldSodOid27 => "sod-oid-icao-pilot",
            Self::OldSodOid528 => "sod-oid-pilot-nl",
            Self::SignerNamePrintable => "signer-name-printable",
            Self::SignerNameCase => "signer-name-case",
            Self::SignerNameSpaces => "signer-name-spaces",
            Self::SignerByKeyId => "signer-by-key-id",
            Self::SignerForeign => "signer-name-foreign",
            Self::SignerAbsent => "signer-absent",
            Self::SerialNegative => "serial-negative",
            Self::SerialZero => "serial-zero",
            Self::ParametersNull => "parameters-null",
            Self::ParametersAbsent => "parameters-absent",
            Self::CurveExplicit => "explicit-curve",
            Self::CurveSeed => "explicit-curve-seed",
            Self::CurveBare => "explicit-curve-bare",
            Self::CertificateHashWrong => "certificate-hash-wrong",
            Self::CertificateCurveWrong => "certificate-curve-wrong",
            Self::PssDefaults => "pss-defaults",
            Self::PssSalt(_) => "pss-salt",
            Self::HashLongerThanOrder => "hash-longer-than-order",
            Self::Dg11EmptyFields => "dg11-empty-fields",
            Self::Dg11Count => "dg11-count",
            Self::Dg11UnknownFields => "dg11-unknown-fields",
            Self::Dg12BinaryDates => "dg12-bcd-dates",
            Self::PortraitType => "portrait-type",
            Self::PortraitExif => "portrait-exif",
            Self::PortraitCodestream => "portrait-codestream",
            Self::PortraitPadding => "portrait-padding",
            Self::Dg13Foreign => "dg13-foreign",
            Self::MrzStateD => "mrz-state-d",
            Self::MrzShortNumber => "mrz-short-number",
            Self::MrzLongNumber => "mrz-long-number",
            Self::MrzOptionalFiller => "mrz-optional-filler",
            Self::MrzOptionalZero => "mrz-optional-zero",
            Self::MrzTwoDigitYear => "mrz-two-digit-year",
        }
    }

    /// Number of its row in the project's list of card quirks.
    pub const fn row(self) -> u8 {
        match self {
            Self::CardAccessOffersLess => 3,
            Self::ComAbsent | Self::ComMalformed | Self::ComListsMore | Self::ComListsLess => 21,
            Self::GroupAbsent | Self::GroupUnsigned => 22,
            Self::LongLengths => 23,
            Self::SodIndefinite
            | Self::SodSplitOctets
            | Self::AttributesUnsorted
            | Self::AttributesSortedLate => 24,
            Self::OldSodOid27 | Self::OldSodOid528 => 25,
            Self::SignerNamePrintable
            | Self::SignerNameCase
            | Self::SignerNameSpaces
            | Self::SignerByKeyId
            | Self::SignerForeign => 26,
            Self::SignerAbsent => 27,
            Self::SerialNegative
            | Self::SerialZero
            | Self::ParametersNull
            | Self::ParametersAbsent
            | Self::CurveExplicit
            | Self::CurveSeed
            | Self::CurveBare => 28,
            Self::CertificateHashWrong | Self::CertificateCurveWrong => 29,
            Self::PssDefaults | Self::PssSalt(_) => 30,
            Self::HashLongerThanOrder => 31,
            Self::Dg11EmptyFields | Self::Dg11Count | Self::Dg11UnknownFields => 42,
            Self::Dg12BinaryDates => 43,
            Self::PortraitType
            | Self::PortraitExif
            | Self::PortraitCodestream
            | Self::PortraitPadding => 44,
            Self::Dg13Foreign => 45,
            Self::MrzStateD
            | Self::MrzShortNumber
            | Self::MrzLongNumber
            | Self::MrzOptionalFiller
            | Self::MrzOptionalZero
            | Self::MrzTwoDigitYear => 46,
        }
    }
}
