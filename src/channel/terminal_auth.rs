//! Terminal authentication, versions 1 and 2 (Doc 9303-11 §7.1, TR-03110-3), terminal
//! side: the chain goes to the chip certificate by certificate, then the terminal signs the chip's
//! challenge.
//!
//! Version 1 comes after chip authentication and signs the ephemeral key of that; version 2 comes
//! before it and announces the key.

use std::collections::VecDeque;

use crate::bytes::tlv;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::pki::cvc::CvCertificate;
use crate::pki::cvc::Reference;

/// Length of the challenge r_PICC, in bytes.
pub const CHALLENGE: usize = 8;

/// Reference of a public key, in MSE:Set DST and MSE:Set AT.
const KEY_REFERENCE: u32 = 0x83;
/// Cryptographic mechanism reference.
const MECHANISM: u32 = 0x80;
/// Compressed ephemeral public key of the terminal.
const EPHEMERAL: u32 = 0x91;
/// Auxiliary data that is authenticated with the terminal.
const AUXILIARY: u32 = 0x67;

/// A step of the protocol, in the words of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// MSE:Set DST
    SetDst,
    /// PSO:Verify Certificate
    VerifyCertificate,
    /// MSE:Set AT
    SetAt,
    /// Get Challenge
    GetChallenge,
    /// External Authenticate
    ExternalAuthenticate,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] = [
        Self::SetDst,
        Self::VerifyCertificate,
        Self::SetAt,
        Self::GetChallenge,
        Self::ExternalAuthenticate,
    ];

    /// Name of the command.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SetDst => "MSE:Set DST",
            Self::VerifyCertificate => "PSO:Verify Certificate",
            Self::SetAt => "MSE:Set AT",
            Self::GetChallenge => "Get Challenge",
            Self::ExternalAuthenticate => "External Authenticate",
        }
    }
}

/// Why the chip did not take the terminal; the channel that carried this lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The chip said no.
    Refused {
        /// To what.
        step: Step,
        /// The status word.
        status: Status,
    },
    /// The challenge is not eight bytes long.
    BadChallenge {
        /// Its length, in bytes.
        length: usize,
    },
}

/// How the terminal's key is named to the chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// The terminal's key is named, and no more.
    One,
    /// Algorithm, ephemeral key and data are announced with it.
    Two {
        /// Content octets of the algorithm's identifier in the terminal's certificate.
        oid: Vec<u8>,
        /// Contents of the template of auxiliary data, where there are any.
        auxiliary: Option<Vec<u8>>,
    },
}

/// What binds the signature to this chip and this channel.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding {
    /// ID_PICC: document number with check digit after BAC, Comp() of the chip's ephemeral key after
    /// PACE.
    pub chip: Vec<u8>,
    /// Comp() of the terminal's ephemeral key of chip authentication.
    pub ephemeral: Vec<u8>,
}

impl std::fmt::Debug for Binding {
    /// The document number is personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Binding(..)")
    }
}

/// The whole run, as far as it is still to come.
#[derive(Debug)]
struct Run {
    certificates: VecDeque<CvCertificate>,
    terminal: Option<Reference>,
    version: Version,
    binding: Binding,
}

/// Named the key that verifies the next certificate.
#[derive(Debug)]
pub struct AwaitKey {
    run: Run,
    certificate: Box<CvCertificate>,
}

/// Sent a certificate.
#[derive(Debug)]
pub struct AwaitVerification {
    run: Run,
}

/// Where the chain stands after a certificate.
#[derive(Debug)]
pub enum Next {
    /// One more.
    Certificate(AwaitKey, Command),
    /// The chip has all of them.
    Terminal(AwaitSelection, Command),
}

/// Named the terminal's own key.
#[derive(Debug)]
pub struct AwaitSelection {
    run: Run,
}

/// Asked for the challenge.
#[derive(Debug)]
pub struct AwaitChallenge {
    run: Run,
}

/// Has the message to sign.
pub struct ToSign {
    message: Vec<u8>,
}

/// Sent the signature.
#[derive(Debug)]
pub struct AwaitVerdict;

/// Begins: with the first certificate, or, where the chip knows them all, with the terminal's key.
pub fn start(chain: &[CvCertificate], version: Version, binding: Binding) -> Next {
    Run {
        certificates: chain.iter().cloned().collect(),
        terminal: chain.last().map(|last| last.holder.clone()),
        version,
        binding,
    }
    .next()
}

impl Run {
    fn next(mut self) -> Next {
        match self.certificates.pop_front() {
            Some(certificate) => {
                let reference = certificate.authority.octets();
                let command = Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xB6)
                    .with_data(tlv::encode(KEY_REFERENCE, &[reference]));
                let step = AwaitKey {
                    run: self,
                    certificate: Box::new(certificate),
                };
                Next::Certificate(step, command)
            }
            None => {
                let command = Command::new(ins::MANAGE_SECURITY_ENVIRONMENT, 0x81, 0xA4)
                    .with_data(self.selection());
                Next::Terminal(AwaitSelection { run: self }, command)
            }
        }
    }

    /// Data of MSE:Set AT.
    fn selection(&self) -> Vec<u8> {
        let reference = self.terminal.as_ref().map(Reference::octets);
        let key = tlv::encode(KEY_REFERENCE, &[reference.unwrap_or_default()]);
        match &self.version {
            Version::One => key,
            Version::Two { oid, .. } => [
                tlv::encode(MECHANISM, &[oid]),
                key,
                self.auxiliary(),
                tlv::encode(EPHEMERAL, &[&self.binding.ephemeral]),
            ]
            .concat(),
        }
    }

    /// The template of auxiliary data as it is sent, and signed; empty where there is none.
    fn auxiliary(&self) -> Vec<u8> {
        match &self.version {
            Version::Two {
                auxiliary: Some(data),
                ..
            } => tlv::encode(AUXILIARY, &[data]),
            Version::One | Version::Two { .. } => Vec::new(),
        }
    }
}

impl AwaitKey {
    /// Sends the certificate.
    ///
    /// # Errors
    /// [`Fault::Refused`] when the chip does not know the key.
    pub fn selected(self, response: &Response) -> Result<(AwaitVerification, Command), Fault> {
        accepted(Step::SetDst, response)?;
        let command = Command::new(ins::PERFORM_SECURITY_OPERATION, 0x00, 0xBE)
            .with_data(self.certificate.body_and_signature());
        Ok((AwaitVerification { run: self.run }, command))
    }
}

impl AwaitVerification {
    /// Goes on with the next certificate, or with the terminal's key.
    ///
    /// # Errors
    /// [`Fault::Refused`] when the chip does not take the certificate.
    pub fn verified(self, response: &Response) -> Result<Next, Fault> {
        accepted(Step::VerifyCertificate, response)?;
        Ok(self.run.next())
    }
}

impl AwaitSelection {
    /// Asks for the challenge.
    ///
    /// # Errors
    /// [`Fault::Refused`] when the chip does not take the terminal's key.
    pub fn selected(self, response: &Response) -> Result<(AwaitChallenge, Command), Fault> {
        accepted(Step::SetAt, response)?;
        let command = Command::new(ins::GET_CHALLENGE, 0, 0).expecting(CHALLENGE);
        Ok((AwaitChallenge { run: self.run }, command))
    }
}

impl AwaitChallenge {
    /// Puts together what is to be signed: ID_PICC, r_PICC, Comp() of the ephemeral key and, in
    /// version 2, the auxiliary data.
    ///
    /// # Errors
    /// [`Fault`] when there is no challenge, or one of another length: a chip that chooses the
    /// length might choose what the signature means.
    pub fn challenge(self, response: &Response) -> Result<ToSign, Fault> {
        accepted(Step::GetChallenge, response)?;
        if response.data.len() != CHALLENGE {
            return Err(Fault::BadChallenge {
                length: response.data.len(),
            });
        }
        let message = [
            self.run.binding.chip.as_slice(),
            &response.data,
            &self.run.binding.ephemeral,
            &self.run.auxiliary(),
        ]
        .concat();
        Ok(ToSign { message })
    }
}

impl ToSign {
    /// What to sign.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Sends the signature.
    pub fn signed(self, signature: Vec<u8>) -> (AwaitVerdict, Command) {
        let command = Command::new(ins::EXTERNAL_AUTHENTICATE, 0, 0).with_data(signature);
        (AwaitVerdict, command)
    }
}

impl std::fmt::Debug for ToSign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ToSign(..)")
    }
}

impl AwaitVerdict {
    /// Whether the chip takes the terminal.
    ///
    /// # Errors
    /// [`Fault::Refused`].
    pub fn finished(self, response: &Response) -> Result<(), Fault> {
        accepted(Step::ExternalAuthenticate, response)
    }
}

fn accepted(step: Step, response: &Response) -> Result<(), Fault> {
    if response.status == Status::SUCCESS {
        Ok(())
    } else {
        Err(Fault::Refused {
            step,
            status: response.status,
        })
    }
}

#[cfg(test)]
mod tests;
