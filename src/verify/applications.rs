//! What the records of the applications beside the eMRTD application say, and which of them are signed
//! by whom they say (Doc 9303-10 §5, Doc 9303-12 §7.1.2; LDS2).
//!
//! Every record is signed by itself, by an authority of whatever state wrote it. The verdict on the
//! document rests on none of them. A right signature says that this state wrote this record; that it
//! wrote it for this card no field of a travel record says, and of a visa only the passport's number.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::bytes::country;
use crate::bytes::country::Agreement;
use crate::bytes::date::PartialDate;
use crate::capture::ApplicationCapture;
use crate::capture::ApplicationState;
use crate::capture::Capture;
use crate::capture::FileCapture;
use crate::capture::FileEnd;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Fault;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg1::Dg1;
use crate::lds::field::Field;
use crate::lds::lds2::Application;
use crate::lds::lds2::Authenticity;
use crate::lds::lds2::File;
use crate::lds::lds2::RecordFile;
use crate::lds::lds2::biometrics::AdditionalBiometrics;
use crate::lds::lds2::certificates::CertificateRecord;
use crate::lds::lds2::travel::TravelRecord;
use crate::lds::lds2::visa::VisaRecord;
use crate::lds::mrz::Mrz;
use crate::pki::certificate::Certificate;
use crate::pki::path;
use crate::pki::path::PathFault;
use crate::pki::path::Signs;
use crate::pki::path::When;
use crate::pki::revocation;
use crate::pki::revocation::Freshness;
use crate::pki::revocation::Revocation;
use crate::pki::store::TrustStore;
use crate::verify::Unverified;
use crate::verify::card_security::CardSecurity;
use crate::verify::clock::Clock;

/// Most wrong signatures that are tried in one application, and signers that are looked up: a card full
/// of records that nobody signed costs no more than this.
const MAX_SIGNATURE_CHECKS: usize = 1_024;

/// The hash functions that Doc 9303-12 §4.1.6.4 permits. A record does not name the one that it is
/// signed with; the most common is tried first.
const HASHES: [Hash; 4] = [Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha224];

/// A record's signature is right, its signer's certificate leads to an anchor, and nothing speaks
/// against the signer having signed this record.
struct RecordProof(());

/// What a record says, where its signature vouches for it.
pub struct SignedFields(Vec<Field>);

impl SignedFields {
    const fn new(fields: Vec<Field>, _proof: RecordProof) -> Self {
        Self(fields)
    }

    /// The fields.
    pub fn get(&self) -> &[Field] {
        &self.0
    }
}

impl fmt::Debug for SignedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedFields(..)")
    }
}

/// Who signed a record: the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSigner {
    /// Country of the certificate, two letters
    pub country: String,
    /// SHA-256 of the signer's certificate, in hexadecimal
    pub certificate_sha256: String,
    /// SHA-256 of the anchor's certificate, in hexadecimal
    pub anchor_sha256: String,
    /// How the record is signed, such as `ECDSA with SHA-256`
    pub algorithm: String,
    /// What revocation lists say: `good`, or `unknown` where there is none that is current
    pub revocation: &'static str,
}

/// Why nothing vouches for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody has looked: the capture was only shown.
    NotJudged,
    /// The record could not be decoded.
    Malformed(Malformed),
    /// The signer's certificate was not read, or there is none of that number.
    NoCertificate,
    /// The record with the signer's certificate holds none.
    BadCertificate,
    /// The signer's key is of a kind that is unknown here or not allowed.
    UnknownAlgorithm,
    /// The signature is wrong under the signer's key, with every hash function that is allowed.
    WrongSignature,
    /// More signatures before this one are wrong than are tried.
    TooMany,
    /// There is no anchor of the signer's country that its certificate could lead to.
    NoAnchor,
    /// The signer's certificate does not lead to the anchor, or is for other purposes.
    WrongChain,
    /// The signer was revoked.
    Revoked,
    /// The clock cannot be right, so that nobody knows whether the anchor is still valid.
    ClockDoubtful,
    /// The date of the record lies outside the validity of the signer's certificate.
    OutsideValidity,
    /// The state that the record names is not the signer's.
    OtherState,
    /// The copy of the state that is not signed is another than the one that is.
    OtherCopy,
    /// The zone of the document, which a visa must be compared with, was not read.
    DocumentUnread,
    /// The visa is for a passport with another number.
    OtherDocument,
    /// The visa is for somebody who was born on another day.
    OtherHolder,
}

impl Doubt {
    /// The word in the report.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotJudged => "not_judged",
            Self::Malformed(_) => "malformed",
            Self::NoCertificate => "no_certificate",
            Self::BadCertificate => "bad_certificate",
            Self::UnknownAlgorithm => "unknown_algorithm",
            Self::WrongSignature => "wrong_signature",
            Self::TooMany => "too_many",
            Self::NoAnchor => "no_anchor",
            Self::WrongChain => "wrong_chain",
            Self::Revoked => "revoked",
            Self::ClockDoubtful => "clock_doubtful",
            Self::OutsideValidity => "outside_validity",
            Self::OtherState => "other_state",
            Self::OtherCopy => "other_copy",
            Self::DocumentUnread => "document_unread",
            Self::OtherDocument => "other_document",
            Self::OtherHolder => "other_holder",
        }
    }
}

/// One record as it was judged. Whether anything vouches for it cannot be overlooked.
#[derive(Debug)]
pub enum RecordReport {
    /// A state's signer vouches for it.
    Signed(Box<RecordSigner>, SignedFields),
    /// Nothing does.
    Unverified(Doubt, Unverified<Vec<Field>>),
}

impl RecordReport {
    const fn unverified(doubt: Doubt, fields: Vec<Field>) -> Self {
        Self::Unverified(doubt, Unverified::new(fields))
    }
}

/// One file of an application.
#[derive(Debug)]
pub struct FileReport {
    /// Which.
    pub file: File,
    /// Why it ends where it does.
    pub end: FileEnd,
    /// How many records were read.
    pub count: usize,
    /// Its records, from number 1 on; none of EF.Certificates.
    pub records: Vec<RecordReport>,
}

/// One application.
#[derive(Debug)]
pub struct ApplicationReport {
    /// Which.
    pub application: Application,
    /// How far the read came.
    pub state: ApplicationState,
    /// Its files.
    pub files: Vec<FileReport>,
}

/// Whether the issuer vouches for EF.DIR, which says what applications there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryState {
    /// EF.CardSecurity, whose signature holds, has the same list.
    Signed,
    /// Nothing vouches for it: EF.CardSecurity was not read, or has no such list.
    Unsigned,
    /// EF.CardSecurity, whose signature holds, has another list.
    Different,
}

impl DirectoryState {
    /// The word in the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Unsigned => "unsigned",
            Self::Different => "different",
        }
    }
}

/// Whether EF.CardSecurity has the list of applications that EF.DIR has (Doc 9303-11 §4.2); `None`
/// where EF.DIR was not read.
pub(super) fn directory(capture: &Capture, card_security: &CardSecurity) -> Option<DirectoryState> {
    let file = capture.files.get(&FileId::Dir)?;
    let signed = match card_security {
        CardSecurity::Vouched(infos) => infos.directory(),
        CardSecurity::Unread | CardSecurity::NotVouched | CardSecurity::Wrong => None,
    };
    Some(match signed {
        None => DirectoryState::Unsigned,
        Some(signed) if signed == file => DirectoryState::Signed,
        Some(_) => DirectoryState::Different,
    })
}

/// Judges every record of every application.
pub(super) fn examine(
    capture: &Capture,
    trust: &TrustStore,
    clock: &Clock,
) -> Vec<ApplicationReport> {
    let document = document(capture);
    let of_one = |(application, found): (&Application, &ApplicationCapture)| {
        let certificates = found.files.get(&File::Records(RecordFile::Certificates));
        let mut judge = Judge {
            application: *application,
            certificates: certificates.map_or(&[], |file| file.records.as_slice()),
            document: document.as_ref(),
            trust,
            clock,
            signers: BTreeMap::new(),
            checks_left: MAX_SIGNATURE_CHECKS,
        };
        report(*application, found, &mut |file, record| {
            judge.record(file, record)
        })
    };
    capture.applications.iter().map(of_one).collect()
}

/// What the records of a capture say, judging nothing.
pub fn unverified_applications(capture: &Capture) -> Vec<ApplicationReport> {
    let look = &mut |file, record: &[u8]| match decode(file, record) {
        Ok(decoded) => RecordReport::unverified(Doubt::NotJudged, decoded.fields),
        Err(malformed) => RecordReport::unverified(Doubt::Malformed(malformed), Vec::new()),
    };
    let applications = capture.applications.iter();
    applications
        .map(|(application, found)| report(*application, found, look))
        .collect()
}

fn report(
    application: Application,
    found: &ApplicationCapture,
    judge: &mut dyn FnMut(File, &[u8]) -> RecordReport,
) -> ApplicationReport {
    let of_file = |(file, content): (&File, &FileCapture)| FileReport {
        file: *file,
        end: content.end,
        count: content.records.len(),
        records: match file {
            File::Records(RecordFile::Certificates) => Vec::new(),
            _ => {
                let records = content.records.iter();
                records.map(|record| judge(*file, record)).collect()
            }
        },
    };
    ApplicationReport {
        application,
        state: found.state,
        files: found.files.iter().map(of_file).collect(),
    }
}

/// A record taken apart: what it says, and what its signature must agree with.
struct Decoded {
    fields: Vec<Field>,
    authenticity: Authenticity,
    /// The state that is signed, and its copy that is not.
    states: Option<(String, String)>,
    date: Option<Date>,
    /// Number of the passport that it is for, and the day on which its holder was born.
    passport: Option<String>,
    birth: Option<PartialDate>,
}

fn decode(file: File, record: &[u8]) -> Result<Decoded, Malformed> {
    match file {
        File::Records(RecordFile::EntryRecords | RecordFile::ExitRecords) => {
            let record = TravelRecord::decode(record)?;
            Ok(Decoded {
                fields: record.fields(),
                states: Some((record.state, record.copy)),
                date: record.date.day(),
                passport: None,
                birth: None,
                authenticity: record.authenticity,
            })
        }
        File::Records(RecordFile::VisaRecords) => {
            let record = VisaRecord::decode(record)?;
            Ok(Decoded {
                fields: record.fields(),
                states: Some((record.state, record.copy)),
                date: record.issued.day(),
                passport: record.passport,
                birth: Some(record.birth),
                authenticity: record.authenticity,
            })
        }
        File::Biometrics(_) => {
            let record = AdditionalBiometrics::decode(record)?;
            Ok(Decoded {
                fields: record.fields(),
                states: None,
                date: None,
                passport: None,
                birth: None,
                authenticity: record.authenticity,
            })
        }
        File::Records(RecordFile::Certificates) => Err(Malformed::new("record of another file", 0)),
    }
}

/// The document's zone, as DG1 has it.
fn document(capture: &Capture) -> Option<Mrz> {
    let file = capture.files.get(&FileId::Group(DataGroup::DG1))?;
    Some(Dg1::decode(file).ok()?.mrz)
}

/// A signer whose certificate leads to an anchor.
struct Signer {
    certificate: Certificate,
    key: PublicKey,
    anchor: [u8; 32],
    revocation: &'static str,
    /// How the record before was signed.
    scheme: Option<Scheme>,
}

struct Judge<'a> {
    application: Application,
    certificates: &'a [Vec<u8>],
    document: Option<&'a Mrz>,
    trust: &'a TrustStore,
    clock: &'a Clock,
    /// By the number of their certificate.
    signers: BTreeMap<u8, Result<Signer, Doubt>>,
    checks_left: usize,
}

impl Judge<'_> {
    fn record(&mut self, file: File, record: &[u8]) -> RecordReport {
        let decoded = match decode(file, record) {
            Ok(decoded) => decoded,
            Err(malformed) => {
                return RecordReport::unverified(Doubt::Malformed(malformed), Vec::new());
            }
        };
        match self.signed(&decoded) {
            Ok((signer, proof)) => {
                RecordReport::Signed(Box::new(signer), SignedFields::new(decoded.fields, proof))
            }
            Err(doubt) => RecordReport::unverified(doubt, decoded.fields),
        }
    }

    /// Everything that must hold before a record counts as signed.
    fn signed(&mut self, decoded: &Decoded) -> Result<(RecordSigner, RecordProof), Doubt> {
        let number = decoded.authenticity.certificate;
        let signer = match self.signers.remove(&number) {
            Some(signer) => signer,
            None => self.signer(number),
        };
        let mut signer = match signer {
            Ok(signer) => signer,
            Err(doubt) => {
                self.signers.insert(number, Err(doubt));
                return Err(doubt);
            }
        };
        let scheme = self.scheme(&signer, &decoded.authenticity);
        signer.scheme = scheme.ok().or(signer.scheme);
        let judged = scheme.and_then(|scheme| {
            agree(decoded, &signer.certificate, self.document)?;
            let signer = RecordSigner {
                country: signer.certificate.country().unwrap_or_default(),
                certificate_sha256: hex::encode(signer.certificate.fingerprint()),
                anchor_sha256: hex::encode(signer.anchor),
                algorithm: scheme.name(),
                revocation: signer.revocation,
            };
            Ok((signer, RecordProof(())))
        });
        self.signers.insert(number, Ok(signer));
        judged
    }

    /// The signer whose certificate has this number, if it may sign such records.
    fn signer(&mut self, number: u8) -> Result<Signer, Doubt> {
        self.checks_left = self.checks_left.checked_sub(1).ok_or(Doubt::TooMany)?;
        let index = usize::from(number).checked_sub(1);
        let record = index.and_then(|index| self.certificates.get(index));
        let record = record.ok_or(Doubt::NoCertificate)?;
        let certificate = CertificateRecord::decode(record)
            .and_then(|record| Certificate::decode(&record.certificate))
            .map_err(|_| Doubt::BadCertificate)?;
        let key = match certificate.public_key() {
            Ok(key @ PublicKey::Ec(_)) => key,
            // Doc 9303-12 §4.1.7: ECDSA, whatever the authority above has.
            Ok(PublicKey::Rsa(_) | PublicKey::Dsa(_)) | Err(_) => {
                return Err(Doubt::UnknownAlgorithm);
            }
        };
        let signs = Signs::Records(self.application.signer_purpose());
        let clock = self.clock.against(&certificate, None);
        let when = When {
            now: clock.now(),
            used: None,
        };
        let path =
            path::path(&certificate, self.trust, when, signs).map_err(|fault| match fault {
                PathFault::NoAnchor
                | PathFault::UnknownIssuer
                | PathFault::AnchorExpired
                | PathFault::AnchorNotYetValid
                | PathFault::TooManyCandidates => Doubt::NoAnchor,
                PathFault::UnknownAlgorithm(_) => Doubt::UnknownAlgorithm,
                _ => Doubt::WrongChain,
            })?;
        let freshness = Freshness {
            now: clock.now(),
            max_age: None,
        };
        let found = revocation::revocation(&certificate, self.trust, &path, freshness);
        let revocation = match found {
            Revocation::Good(_) => "good",
            Revocation::NoCrl | Revocation::Stale(_) | Revocation::ClockDoubtful(_) => "unknown",
            Revocation::Revoked { .. } => return Err(Doubt::Revoked),
        };
        clock.now().ok_or(Doubt::ClockDoubtful)?;
        Ok(Signer {
            certificate,
            key,
            anchor: *path.anchor.fingerprint(),
            revocation,
            scheme: None,
        })
    }

    /// How the record is signed, if it is. Neither hash function nor encoding is said anywhere: those
    /// that are allowed are tried, which gives a forger nothing, since under each of them he would
    /// need the signer's key.
    fn scheme(&mut self, signer: &Signer, authenticity: &Authenticity) -> Result<Scheme, Doubt> {
        let all = HASHES
            .into_iter()
            .flat_map(|hash| [Scheme::Ecdsa(hash), Scheme::EcdsaPlain(hash)]);
        let before = signer.scheme;
        let others = all.filter(|scheme| Some(*scheme) != before);
        let (message, signature) = ([authenticity.signed.as_slice()], &authenticity.signature);
        for scheme in before.into_iter().chain(others) {
            if self.checks_left == 0 {
                return Err(Doubt::TooMany);
            }
            match signer.key.verify(scheme, &message, signature) {
                Ok(()) => return Ok(scheme),
                // That it has the other encoding costs nothing.
                Err(Fault::Form | Fault::KeyKind) => {}
                Err(Fault::Wrong) => self.checks_left -= 1,
            }
        }
        Err(Doubt::WrongSignature)
    }
}

/// Whether the record says what this signer may say, and for this document.
fn agree(
    decoded: &Decoded,
    certificate: &Certificate,
    document: Option<&Mrz>,
) -> Result<(), Doubt> {
    if let Some((signed, copy)) = &decoded.states {
        let own = certificate.country().unwrap_or_default();
        if country::compare(signed, &own) != Agreement::Same {
            return Err(Doubt::OtherState);
        }
        if signed != copy {
            return Err(Doubt::OtherCopy);
        }
    }
    if let Some(date) = decoded.date {
        let day = |time| TimeZone::UTC.to_datetime(time).date();
        let (first, last) = (day(certificate.not_before()), day(certificate.not_after()));
        if date < first || date > last {
            return Err(Doubt::OutsideValidity);
        }
    }
    // What names no holder can be compared with none.
    let Some(birth) = decoded.birth else {
        return Ok(());
    };
    let document = document.ok_or(Doubt::DocumentUnread)?;
    if let Some(passport) = &decoded.passport
        && passport.trim_end_matches('<') != document.document_number().trim_end_matches('<')
    {
        return Err(Doubt::OtherDocument);
    }
    // Either may not know the day, or the month; the zone has two digits of the year.
    if !document.birth().agrees_with(birth) {
        return Err(Doubt::OtherHolder);
    }
    Ok(())
}
