//! What a verifier must answer to the faults of the lists by themselves, and where those come from.

use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::fault::Answer;
use crate::sim::fault::Clock;
use crate::sim::fault::Content;
use crate::sim::fault::Flaw;
use crate::sim::fault::Lds;
use crate::sim::fault::Pki;
use crate::sim::fault::Register;
use crate::sim::fault::Sod;
use crate::sim::fault::Source;

use Answer::Error;
use Answer::Genuine;
use Answer::Inconclusive;
use Answer::NotGenuine;
use Answer::NotInForce;
use Answer::Noted;
use Source::Case;
use Source::Checklist;

impl Flaw {
    pub(super) const fn told(self) -> (&'static [Source], Answer) {
        match self {
            Self::WithoutChecksum => (
                &[Checklist(1), Case("ISO7816_B_05")],
                Error("channel.malformed"),
            ),
            // A success without data to a read is asked for again, in short length.
            Self::WithoutData => (&[Checklist(1), Case("ISO7816_B_06")], Genuine),
            Self::WithoutStatus => (
                &[Checklist(2), Case("ISO7816_B_07")],
                Error("channel.status_mismatch"),
            ),
            Self::FalseCryptogram => (
                &[Checklist(1), Case("ISO7816_B_09")],
                Error("channel.malformed"),
            ),
            Self::CutCryptogram => (&[Checklist(1), Checklist(37)], Error("channel.malformed")),
            Self::OtherStatus => (&[Checklist(2)], Error("channel.status_mismatch")),
            Self::CounterAhead => (&[Checklist(4)], Error("channel.bad_mac")),
            Self::ObjectsMissing | Self::ObjectsIncorrect => (
                &[Checklist(3), Case("ISO7816_B_04")],
                Error("channel.plain_answer"),
            ),
            Self::Unprotected => (&[Checklist(3)], Error("channel.malformed")),
        }
    }
}

impl Lds {
    /// A group that differs from what was signed is a mismatch, whatever is wrong with it; one that did
    /// not come, or says that it has no end, is unread; EF.COM is
    /// nobody's word; and without a readable EF.SOD there is nothing to judge.
    pub(super) const fn told(self, file: FileId) -> (&'static [Source], Answer) {
        let answer = match (self, file) {
            (Self::OctetsBehind, _) => Genuine,
            // The last octet is the tag of a group.
            (Self::Flipped, FileId::Com) => Noted("deviation.com_lists_less"),
            (_, FileId::Com) => Noted("deviation.com_unread"),
            (Self::LengthHuge, FileId::Sod) => Error("card.file_too_long"),
            (Self::Empty | Self::Missing, FileId::Sod) => Error("card.no_security_object"),
            (Self::Flipped, FileId::Sod) => NotGenuine("sod.signature_wrong"),
            // Some issuers write BER.
            (Self::LengthIndefinite, FileId::Sod) => Noted("deviation.sod_not_der"),
            (_, FileId::Sod) => Error("data.malformed"),
            // The keys stand there, and EF.SOD says so.
            (
                Self::Empty | Self::Missing | Self::LengthHuge,
                FileId::Group(DataGroup::DG14 | DataGroup::DG15),
            ) => NotGenuine("chip.refused"),
            (Self::Empty | Self::Missing | Self::LengthHuge, _) => Inconclusive("hashes.unread"),
            _ => NotGenuine("hashes.mismatch"),
        };
        (self.sources(file), answer)
    }

    const fn sources(self, file: FileId) -> &'static [Source] {
        match (self, file) {
            (Self::Flipped, FileId::Sod) => &[Checklist(12), Case("LDS_H_37")],
            (Self::Flipped, _) => &[Checklist(21), Case("LDS_H_43")],
            (Self::WrongTag, FileId::Com) => &[Checklist(37), Case("LDS_A_01")],
            (Self::WrongTag, FileId::Sod) => &[Checklist(37), Case("LDS_H_17")],
            (Self::WrongTag, FileId::Group(DataGroup::DG1)) => &[Checklist(21), Case("LDS_B_05")],
            (Self::WrongTag, FileId::Group(DataGroup::DG14)) => &[Checklist(21), Case("LDS_F_01")],
            (Self::WrongTag, FileId::Group(DataGroup::DG15)) => &[Checklist(21), Case("LDS_I_01")],
            (Self::WrongTag, _) => &[Checklist(21), Case("LDS_C_04")],
            (Self::LengthTooShort, FileId::Com) => &[Checklist(37), Case("LDS_A_02")],
            (Self::LengthTooShort, FileId::Sod) => &[Checklist(37), Case("LDS_H_18")],
            (Self::LengthTooShort, _) => &[Checklist(21), Case("LDS_C_05")],
            (Self::LengthTooLong, FileId::Com) => &[Checklist(37), Case("LDS_A_03")],
            (Self::LengthTooLong, FileId::Sod) => &[Checklist(37), Case("LDS_H_19")],
            (Self::LengthTooLong, _) => &[Checklist(21), Case("LDS_C_06")],
            (Self::WithoutContent, FileId::Group(DataGroup::DG1)) => {
                &[Checklist(21), Case("LDS_B_24")]
            }
            (Self::Missing | Self::Empty, _) => {
                &[Checklist(21), Checklist(32), Case("ISO7816_C_01")]
            }
            (Self::OctetsBehind, _) => &[Checklist(37), Case("ISO7816_C_03")],
            _ => &[Checklist(21), Checklist(37)],
        }
    }
}

impl Sod {
    pub(super) const fn told(self) -> (&'static [Source], Answer) {
        match self {
            Self::SignatureWrong => (
                &[Checklist(12), Case("LDS_H_37")],
                NotGenuine("sod.signature_wrong"),
            ),
            Self::SignatureMissing => (&[Checklist(12), Case("LDS_H_38")], Error("data.malformed")),
            Self::AnotherKey => (&[Checklist(12)], NotGenuine("sod.signature_wrong")),
            Self::DigestWrong => (
                &[Checklist(11), Case("LDS_H_32")],
                NotGenuine("sod.digest_mismatch"),
            ),
            Self::DigestMissing => (
                &[Checklist(11), Case("LDS_H_33")],
                NotGenuine("sod.attributes_missing"),
            ),
            Self::AttributesMissing => (
                &[Checklist(11), Checklist(24)],
                NotGenuine("sod.attributes_missing"),
            ),
            Self::ContentTypeMissing => (&[Checklist(11)], NotGenuine("sod.attributes_missing")),
            Self::ContentTypeAttribute => (&[Checklist(11)], NotGenuine("sod.content_type")),
            Self::ContentType => (
                &[Checklist(11), Case("LDS_H_24")],
                NotGenuine("sod.content_type"),
            ),
            Self::ContentMissing => (&[Checklist(11), Checklist(37)], Error("data.malformed")),
            Self::AlgorithmsDiffer => (&[Checklist(13)], NotGenuine("sod.algorithm_inconsistent")),
            Self::DigestMd5 => (
                &[Checklist(13), Case("LDS_H_30")],
                Inconclusive("sod.algorithm_unknown"),
            ),
            Self::Sha1 => (&[Checklist(19)], Noted("deviation.weak_algorithm")),
            Self::SeveralSigners => (&[Checklist(14)], NotGenuine("sod.several_signers")),
            Self::SignerMissing => (
                &[Checklist(14), Checklist(24)],
                NotGenuine("sod.signer_missing"),
            ),
            Self::CertificateMissing => (
                &[Checklist(14), Case("LDS_H_15")],
                Inconclusive("sod.unread"),
            ),
            Self::OtherCertificate => (&[Checklist(14)], NotGenuine("sod.signature_wrong")),
            Self::OtherCertificates => (
                &[Checklist(14), Case("LDS_H_28")],
                NotGenuine("sod.signer_missing"),
            ),
            Self::HashWrong => (
                &[Checklist(21), Case("LDS_H_43")],
                NotGenuine("hashes.mismatch"),
            ),
            Self::HashesSwapped => (&[Checklist(21)], NotGenuine("hashes.mismatch")),
            Self::HashAlgorithm => (&[Checklist(21), Case("LDS_H_41")], Error("data.malformed")),
            Self::HashAlgorithmMd5 => (
                &[Checklist(21), Case("LDS_H_41")],
                Inconclusive("hashes.unread"),
            ),
            Self::HashAlgorithmMissing => {
                (&[Checklist(37), Case("LDS_H_42")], Error("data.malformed"))
            }
            Self::GroupMissing => (
                &[Checklist(21), Case("LDS_H_44"), Case("LDS_H_91")],
                Noted("deviation.com_lists_more"),
            ),
            Self::GroupAdded => (
                &[Checklist(21), Case("LDS_H_45"), Case("LDS_H_90")],
                Inconclusive("hashes.unread"),
            ),
            Self::GroupTwice => (&[Checklist(21), Checklist(37)], Error("data.malformed")),
            Self::GroupNumber => (&[Checklist(37), Case("LDS_H_46")], Error("data.malformed")),
            Self::HashesMissing => (&[Checklist(21), Checklist(24)], Error("data.malformed")),
            Self::OtherVersions => (
                &[Checklist(23), Case("LDS_H_86")],
                NotGenuine("consistency.versions"),
            ),
            Self::VersionUnknown => (
                &[Checklist(37), Case("LDS_H_39")],
                Inconclusive("sod.version"),
            ),
            Self::TimeMissing => (&[Checklist(17)], Genuine),
            Self::SignedTooEarly | Self::SignedTooLate => (
                &[Checklist(17)],
                NotGenuine("validity.signed_outside_period"),
            ),
        }
    }
}

impl Pki {
    pub(super) const fn told(self) -> (&'static [Source], Answer) {
        match self {
            Self::SignerExpired => (&[Checklist(17)], Inconclusive("validity.signer_expired")),
            Self::SignerNotYetValid | Self::SignerOverBeforeSigning => (
                &[Checklist(17)],
                NotGenuine("validity.signed_outside_period"),
            ),
            Self::SignerUsage => (
                &[Checklist(15), Case("LDS_H_63")],
                NotGenuine("chain.key_usage"),
            ),
            Self::SignerUsageMissing => (
                &[Checklist(15), Case("LDS_H_64")],
                NotGenuine("chain.key_usage"),
            ),
            Self::SignerCritical => (&[Checklist(15)], NotGenuine("chain.critical_extension")),
            Self::SignerCountry => (&[Checklist(15), Checklist(22)], NotGenuine("chain.country")),
            Self::SignerDocuments => (&[Checklist(15)], NotGenuine("consistency.document_type")),
            Self::SignerSelfSigned | Self::AuthoritySigns => {
                (&[Checklist(16)], NotGenuine("chain.self_signed"))
            }
            Self::IssuerName => (
                &[Checklist(15), Case("LDS_H_54")],
                Inconclusive("chain.no_anchor"),
            ),
            Self::CertificateSignature => (
                &[Checklist(15), Case("LDS_H_67")],
                NotGenuine("chain.signature_wrong"),
            ),
            Self::Impostor => (&[Checklist(15)], NotGenuine("chain.signature_wrong")),
            Self::NoAnchor => (
                &[Checklist(15), Checklist(24)],
                Inconclusive("chain.no_anchor"),
            ),
            Self::ForeignAuthority => (
                &[Checklist(15), Checklist(22)],
                NotGenuine("consistency.country"),
            ),
            Self::TwistedCurve => (&[Checklist(20)], Inconclusive("sod.algorithm_unknown")),
            Self::AnchorNoAuthority | Self::AnchorUsage => {
                (&[Checklist(15)], NotGenuine("chain.not_ca"))
            }
            Self::AnchorCritical => (&[Checklist(15)], NotGenuine("chain.critical_extension")),
            Self::AnchorExpired => (&[Checklist(17)], Inconclusive("chain.anchor_expired")),
            Self::AnchorRetired => (&[Checklist(17)], NotGenuine("chain.anchor_period")),
            Self::AnchorMissing => (
                &[Checklist(24), Checklist(25)],
                Inconclusive("chain.no_anchor"),
            ),
            Self::SignerRevoked => (
                &[Checklist(18), Case("ISO7816_B_10")],
                NotGenuine("revocation.revoked"),
            ),
            Self::ListStale => (&[Checklist(18)], Noted("revocation.stale")),
            Self::ListForged => (&[Checklist(18)], Noted("revocation.no_crl")),
        }
    }
}

impl Content {
    pub(super) const fn told(self) -> (&'static [Source], Answer) {
        match self {
            Self::Dg13Number => (
                &[Checklist(22), Case("LDS_B_12")],
                NotGenuine("consistency.dg13"),
            ),
            Self::Dg13Name => (
                &[Checklist(22), Case("LDS_B_11")],
                NotGenuine("consistency.dg13"),
            ),
            Self::Dg13Birth | Self::Dg13Sex | Self::Dg13Expiry => {
                (&[Checklist(22)], NotGenuine("consistency.dg13"))
            }
            Self::ZoneCheckDigit => (
                &[Checklist(22), Case("LDS_B_23")],
                Noted("deviation.mrz_check_digit.composite"),
            ),
            Self::ZoneState => (&[Checklist(22)], NotGenuine("consistency.country")),
            Self::DocumentExpired => (&[Checklist(17)], NotInForce("validity.document_expired")),
            Self::PortraitSwapped => (&[Checklist(21)], NotGenuine("hashes.mismatch")),
            // Nobody but a person can tell.
            Self::PortraitSigned => (&[Checklist(24)], Genuine),
            Self::PortraitBroken => (
                &[Checklist(38), Checklist(39)],
                Inconclusive("consistency.group_malformed"),
            ),
            Self::ComListsLess => (
                &[Checklist(32), Case("LDS_A_08")],
                Noted("deviation.com_lists_less"),
            ),
            Self::ComListsMore => (
                &[Checklist(32), Case("LDS_H_92")],
                Noted("deviation.com_lists_more"),
            ),
            Self::CardAccessWeaker => (&[Checklist(8)], NotGenuine("consistency.card_access")),
            Self::CardAccessHides => (
                &[Checklist(8), Checklist(32)],
                NotGenuine("consistency.card_access"),
            ),
        }
    }
}

impl Register {
    pub(super) const fn told(self) -> (&'static [Source], Answer) {
        let line: &[Source] = &[Checklist(41)];
        match self {
            Self::Replaced => (line, NotInForce("registry.replaced")),
            Self::ReportedLost => (line, NotInForce("registry.reported_lost")),
            Self::Revoked => (line, NotInForce("registry.revoked")),
            Self::Expired => (line, NotInForce("registry.expired")),
            Self::NotIssued => (line, NotInForce("registry.not_issued")),
            Self::NotOnFile => (&[Checklist(44)], Noted("registry.not_on_file")),
            Self::OtherName | Self::OtherBirth | Self::OtherDocument => {
                (line, NotGenuine("registry.mismatch"))
            }
            Self::NotReached => (&[Checklist(44)], Noted("registry.not_reached")),
            Self::BadAnswer => (&[Checklist(44)], Noted("registry.bad_answer")),
            Self::Slow => (&[Checklist(44)], Noted("registry.confirmed")),
            Self::Stale => (&[Checklist(44)], Noted("registry.stale")),
            Self::Deceased => (line, NotInForce("registry.person_deceased")),
            Self::WrongSignature => (&[Checklist(44)], Noted("registry.wrong_signature")),
            Self::ForeignSigner => (&[Checklist(44)], Noted("registry.foreign_signer")),
            Self::OtherQuestion => (&[Checklist(44)], Noted("registry.not_ours")),
            Self::Refused => (&[Checklist(44)], Noted("registry.refused")),
        }
    }
}

impl Clock {
    pub(super) const fn told(self) -> (&'static [Source], Answer) {
        match self {
            Self::BeforeSigning => (&[Checklist(17)], Inconclusive("validity.clock_doubtful")),
            Self::AfterExpiry => (&[Checklist(17)], NotInForce("validity.document_expired")),
            Self::Beginning => (&[Checklist(17)], Inconclusive("validity.clock_doubtful")),
        }
    }
}
