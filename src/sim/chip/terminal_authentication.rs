//! Terminal authentication on the chip's side, versions 1 and 2 (BSI TR-03110-1, -2, -3; Doc
//! 9303-11 §7.1).
//!
//! The terminal sends its certificates, beginning under an authority that the chip trusts, and then
//! signs a challenge. Version 1 runs after chip authentication, under its keys. Version 2 runs before
//! it, and what it allows holds from chip authentication version 2 on, which must use the very key
//! that the terminal announced.
//!
//! Choices made here, where TR-03110-3 leaves the status word to the chip: a certificate that is no
//! certificate answers 6A80, one of another authority than the one that was chosen 6A88, a wrong
//! signature 6300, a wrong role or date 6984. A choice of key serves for one certificate. A chip has
//! no clock: a certificate that is not in force yet is taken, and may advance the chip's date.

use jiff::civil::Date;

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::has_shortest_lengths;
use crate::iso7816::Status;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::Step;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Chain;
use crate::sim::chip::apdu::Expected;
use crate::sim::chip::card_verifiable::Authorization;
use crate::sim::chip::card_verifiable::Certificate;
use crate::sim::chip::terminal_trust::Issuer;
use crate::sim::chip::terminal_trust::Proof;
use crate::sim::fault::Fault;

/// Length of EF.CVCA, in bytes: two references of 16 characters with their headers.
const CVCA_FILE: usize = 36;

/// Length of the challenge, in bytes.
const CHALLENGE: usize = 8;

/// Longest chained command that the chip puts together, in bytes: a certificate with an RSA key of
/// 8192 bits and its signature is shorter.
const MAX_CHAINED: usize = 4096;

/// id-IS, 0.4.0.127.0.7.3.1.2.1: an inspection system.
const INSPECTION_SYSTEM: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x01, 0x02, 0x01];

/// Rights of an inspection system: fingers in DG3, irises in DG4.
const READ_DG3: u8 = 0x01;
const READ_DG4: u8 = 0x02;

/// Length of dates of birth and expiry with their check digits at the end of the MRZ information.
const DATES: usize = 14;

/// A certificate is being verified.
pub(super) struct Verifying {
    issuer: Issuer,
    chained: Vec<u8>,
}

/// The terminal is being authenticated: its key was chosen, then the challenge was given.
pub(super) struct Authenticating {
    terminal: Issuer,
    /// Version 2: Comp() of the key for chip authentication, and auxiliary data as it came.
    announced: Option<(Vec<u8>, Vec<u8>)>,
    challenge: Option<Vec<u8>>,
    chained: Vec<u8>,
}

impl Chip {
    /// References of the authorities that the chip takes terminals of, the newest first; PACE gives
    /// them where the terminal asked for rights.
    pub(super) fn authority_references(&self) -> Vec<Vec<u8>> {
        self.terminal.references().map(<[u8]>::to_vec).collect()
    }

    /// Whether the chip does terminal authentication at all.
    pub(super) const fn knows_terminals(&self) -> bool {
        self.card.terminal.is_some()
    }

    /// Whether PACE takes the rights that a terminal asks for, and names the authorities: where
    /// terminal authentication is supported (Doc 9303-11 §4.4.5); version 2 must know them then.
    pub(super) fn has_trust_points(&self) -> bool {
        !self.terminal.versions.is_empty() && !self.terminal.points.is_empty()
    }

    /// Comp() of the key that terminal authentication version 2 announced for chip authentication.
    pub(super) fn announced_key(&self) -> Option<&[u8]> {
        let announced = self.terminal.announced.as_ref();
        announced.map(|(key, _)| key.as_slice())
    }

    /// The date of the chip, as certificates advanced it.
    pub const fn date(&self) -> Date {
        self.terminal.date
    }

    /// Whether EF.CVCA has this identifier here.
    pub(super) fn is_cvca(&self, id: u16) -> bool {
        self.df == Df::Application && self.has_cvca() && self.terminal.file.id == id
    }

    /// Whether EF.CVCA has this short identifier here.
    pub(super) fn is_cvca_by_sfi(&self, sfi: u8) -> bool {
        self.df == Df::Application && self.has_cvca() && self.terminal.file.sfi == Some(sfi)
    }

    /// Version 2 has no such file: PACE names the authorities.
    fn has_cvca(&self) -> bool {
        self.terminal.versions.contains(&1)
    }

    /// Writes EF.CVCA anew: `42` and a reference for each authority, then zeros.
    pub(super) fn write_cvca_file(&mut self) {
        if !self.has_cvca() || self.has_fault(Fault::CvcaMissing) {
            return;
        }
        const UNKNOWN: &[u8] = b"ZZUNKNOWN00001";
        let mut references = self.authority_references();
        if self.has_fault(Fault::CvcaEmpty) {
            references.clear();
        } else if self.has_fault(Fault::CvcaUnknown) {
            references = vec![UNKNOWN.to_vec()];
        } else if self.has_fault(Fault::CvcaThree) {
            references.resize(3, UNKNOWN.to_vec());
        }
        let mut file: Vec<u8> = references
            .iter()
            .flat_map(|reference| tlv::encode(0x42, &[reference]))
            .collect();
        if self.has_fault(Fault::CvcaWrongTag)
            && let Some(tag) = file.first_mut()
        {
            *tag = 0x43;
        }
        if file.len() < CVCA_FILE {
            file.resize(CVCA_FILE, 0);
        }
        self.card.files.insert(FileId::Cvca, file);
    }

    /// Whether this group is open to the terminal of this session: only fingers and irises need
    /// more than a session.
    pub(super) fn may_read(&self, group: DataGroup) -> bool {
        let needed = match group {
            DataGroup::DG3 => READ_DG3,
            DataGroup::DG4 => READ_DG4,
            _ => return true,
        };
        let granted = self.terminal.rights.as_ref().is_some_and(|rights| {
            rights.terminal == INSPECTION_SYSTEM
                && rights.octets.last().is_some_and(|last| last & needed != 0)
        });
        granted && !self.has_fault(Fault::TerminalRightsIgnored)
    }

    /// The version that can run now: 1 after chip authentication, in the application; 2 after
    /// PACE, in the master file.
    fn terminal_version(&self) -> Result<u32, Status> {
        if self.session.is_none() {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        let version = match self.df {
            Df::Application if self.terminal.newest_key().is_some() => 1,
            Df::Master if self.pace_ephemeral.is_some() && self.terminal.agreed.is_none() => 2,
            Df::Application | Df::Master | Df::Beside(_) => {
                return Err(Status::CONDITIONS_NOT_SATISFIED);
            }
        };
        if self.terminal.versions.contains(&version) {
            Ok(version)
        } else {
            Err(Status::CONDITIONS_NOT_SATISFIED)
        }
    }

    fn refusal(&self, of: impl Fn(Fault) -> Option<u16>) -> Result<(), Status> {
        match self.watch.acting().find_map(of) {
            Some(status) => Err(Status(status)),
            None => Ok(()),
        }
    }

    /// MSE:Set DST: chooses the key that the next certificate is verified with.
    pub(super) fn set_verification_key(&mut self, command: &Apdu) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        self.terminal_version()?;
        self.refusal(|fault| match fault {
            Fault::TerminalKeyRefused(status) => Some(status),
            _ => None,
        })?;
        command.require_shortest_lengths()?;
        let wrong = |_| Status::INCORRECT_DATA;
        let mut reader = Reader::new(&command.data);
        let reference = reader
            .expect(0x83, "public key reference")
            .map_err(wrong)?
            .value;
        reader.finish("MSE:Set DST").map_err(wrong)?;
        let issuer = self
            .terminal
            .issuer(reference)
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        self.step = Step::Certificate(Box::new(Verifying {
            issuer: issuer.clone(),
            chained: Vec::new(),
        }));
        Ok(Vec::new())
    }

    /// PSO:VERIFY CERTIFICATE: body and signature, in one command or in a chain.
    pub(super) fn verify_certificate(
        &mut self,
        step: Step,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        self.terminal_version()?;
        command.require_parameters([0x00, 0xBE])?;
        command.require_no_expected()?;
        let Step::Certificate(mut verifying) = step else {
            return Err(Status::CONDITIONS_NOT_SATISFIED);
        };
        chained(&mut verifying.chained, &command.data)?;
        if chain == Chain::More {
            self.step = Step::Certificate(verifying);
            return Ok(Vec::new());
        }
        self.refusal(|fault| match fault {
            Fault::CertificateRefused(status) => Some(status),
            _ => None,
        })?;
        let Verifying { issuer, chained } = *verifying;
        if !has_shortest_lengths(&chained) {
            return Err(Status::INCORRECT_DATA);
        }
        let certificate =
            Certificate::read_inside(Reader::new(&chained)).map_err(|_| Status::INCORRECT_DATA)?;
        self.terminal.import(&certificate, &issuer)?;
        self.write_cvca_file();
        Ok(Vec::new())
    }

    /// MSE:Set AT for external authentication: chooses the terminal's key. Version 2 names the
    /// protocol, too, and announces the key for chip authentication.
    pub(super) fn set_terminal_authentication(
        &mut self,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        command.require_no_expected()?;
        let version = self.terminal_version()?;
        self.refusal(|fault| match fault {
            Fault::TerminalTemplateRefused(status) => Some(status),
            _ => None,
        })?;
        command.require_shortest_lengths()?;
        let template = Template::read(&command.data).ok_or(Status::INCORRECT_DATA)?;
        let reference = template.reference.ok_or(Status::INCORRECT_DATA)?;
        let terminal = self
            .terminal
            .terminal
            .as_ref()
            .filter(|terminal| terminal.reference == reference)
            .ok_or(Status::REFERENCE_NOT_FOUND)?;
        let announced = match (version, template.protocol, template.ephemeral) {
            (1, None, None) if template.auxiliary.is_empty() => None,
            (2, Some(protocol), Some(ephemeral)) if protocol == terminal.key.protocol => {
                Some((ephemeral.to_vec(), template.auxiliary.to_vec()))
            }
            _ => return Err(Status::INCORRECT_DATA),
        };
        self.step = Step::TerminalAuthentication(Box::new(Authenticating {
            terminal: terminal.clone(),
            announced,
            challenge: None,
            chained: Vec::new(),
        }));
        Ok(Vec::new())
    }

    /// GET CHALLENGE after MSE:Set AT.
    pub(super) fn terminal_challenge(
        &mut self,
        mut run: Box<Authenticating>,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        command.require_parameters([0, 0])?;
        command.require_no_data()?;
        self.refusal(|fault| match fault {
            Fault::TerminalChallengeRefused(status) => Some(status),
            _ => None,
        })?;
        if command.expected != Expected::Exactly(CHALLENGE) {
            return Err(self.wrong_expected(CHALLENGE));
        }
        let length = self.watch.acting().find_map(|fault| match fault {
            Fault::TerminalChallengeLength(length) => Some(usize::from(length)),
            _ => None,
        });
        let mut challenge = vec![0; length.unwrap_or(CHALLENGE)];
        self.fill(&mut challenge)?;
        run.challenge = Some(challenge.clone());
        self.step = Step::TerminalAuthentication(run);
        Ok(challenge)
    }

    /// EXTERNAL AUTHENTICATE: the terminal's signature over the chip's identity, the challenge and
    /// the terminal's ephemeral key (and auxiliary data, in version 2).
    pub(super) fn authenticate_terminal(
        &mut self,
        mut run: Box<Authenticating>,
        chain: Chain,
        command: &Apdu,
    ) -> Result<Vec<u8>, Status> {
        self.terminal_version()?;
        // Doc 9303-11 §7.1.5.5 names the status.
        if self.terminal.proof == Proof::Given {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        command.require_parameters([0, 0])?;
        command.require_no_expected()?;
        chained(&mut run.chained, &command.data)?;
        if chain == Chain::More {
            self.step = Step::TerminalAuthentication(run);
            return Ok(Vec::new());
        }
        self.refusal(|fault| match fault {
            Fault::TerminalRefused(status) => Some(status),
            _ => None,
        })?;
        let Authenticating {
            terminal,
            announced,
            challenge,
            chained: signature,
        } = *run;
        let challenge = challenge.ok_or(Status::CONDITIONS_NOT_SATISFIED)?;
        let (ephemeral, auxiliary) = match &announced {
            Some((ephemeral, auxiliary)) => (ephemeral.as_slice(), auxiliary.as_slice()),
            None => {
                let agreed = self.terminal.newest_key();
                (agreed.ok_or(Status::CONDITIONS_NOT_SATISFIED)?, &[][..])
            }
        };
        let identity = self.identity()?;
        let message: [&[u8]; 4] = [&identity, &challenge, ephemeral, auxiliary];
        let right = terminal.key.verifies(&message, &signature);
        // The standard leaves open what a later failure does; here rights rest on the last proof alone.
        self.terminal.forget_rights();
        if !right {
            return Err(Status::VERIFICATION_FAILED);
        }
        let grants = self.granted(terminal.grants)?;
        self.terminal.proof = Proof::Given;
        match announced {
            Some((ephemeral, _)) => self.terminal.announced = Some((ephemeral, grants)),
            None => self.terminal.rights = Some(grants),
        }
        Ok(Vec::new())
    }

    /// ID_PICC: after PACE Comp() of the chip's ephemeral key, after BAC the document number with
    /// its check digit (TR-03110-3).
    fn identity(&self) -> Result<Vec<u8>, Status> {
        if let Some(ephemeral) = &self.pace_ephemeral {
            return Ok(ephemeral.compressed());
        }
        let information = self.card.mrz_information.expose();
        let number = information.len().checked_sub(DATES);
        let number = number.and_then(|length| information.get(..length));
        let mut number = number.ok_or(Status::UNSPECIFIED)?.to_vec();
        if self.has_fault(Fault::OtherDocumentNumber)
            && let Some(first) = number.first_mut()
        {
            *first = if *first == b'X' { b'Y' } else { b'X' };
        }
        Ok(number)
    }

    /// What the chain grants, less what the holder of the card did not allow in PACE.
    fn granted(&self, grants: Authorization) -> Result<Authorization, Status> {
        let Some(template) = self.pace_authorization.as_deref() else {
            return Ok(grants);
        };
        let mut reader = Reader::new(template);
        let allowed = reader
            .expect(0x7F4C, "authorization")
            .and_then(Authorization::read)
            .map_err(|_| Status::UNSPECIFIED)?;
        let both = grants.and(&allowed).ok_or(Status::SECURITY_NOT_SATISFIED)?;
        // The template that PACE is given speaks of the eMRTD application alone.
        Ok(Authorization {
            applications: grants.applications,
            ..both
        })
    }
}

/// The data objects of MSE:Set AT in the order of the table in TR-03110-3 that lists them, each at
/// most once.
struct Template<'a> {
    protocol: Option<&'a [u8]>,
    reference: Option<&'a [u8]>,
    /// With its tag and length: so it is signed.
    auxiliary: &'a [u8],
    ephemeral: Option<&'a [u8]>,
}

impl<'a> Template<'a> {
    fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let mut take = |tag| reader.optional(tag, "MSE:Set AT").ok();
        let template = Self {
            protocol: take(0x80)?.map(|object| object.value),
            reference: take(0x83)?.map(|object| object.value),
            auxiliary: take(0x67)?.map_or(&[], |object| object.raw),
            ephemeral: take(0x91)?.map(|object| object.value),
        };
        reader.finish("MSE:Set AT").ok()?;
        Some(template)
    }
}

/// Puts a piece of a chain behind the others.
fn chained(sofar: &mut Vec<u8>, data: &[u8]) -> Result<(), Status> {
    if data.is_empty() || sofar.len() + data.len() > MAX_CHAINED {
        return Err(Status::WRONG_LENGTH);
    }
    sofar.extend_from_slice(data);
    Ok(())
}
