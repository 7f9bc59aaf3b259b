//! The chips that the cases are played on, and how far a session on them has come.

use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::agreement::Public;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::persona;
use cancuoc::sim::persona::Biometrics;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::CvcaFile;
use cancuoc::sim::personalisation::Lengths;
use cancuoc::sim::personalisation::PaceOffer;
use cancuoc::sim::personalisation::TerminalTrust;
use cancuoc::sim::pki::card_verifiable::KeyKind;
use cancuoc::sim::pki::card_verifiable::Role;
use cancuoc::sim::seed::Seeded;
use jiff::civil::Date;
use jiff::civil::date;

use crate::chip_cases::forge::BOTH;
use crate::chip_cases::forge::Holder;
use crate::chip_cases::forge::USUAL;
use crate::chip_cases::host::Answer;
use crate::chip_cases::host::EMRTD;
use crate::chip_cases::host::EXTERNAL;
use crate::chip_cases::host::GET_CHALLENGE;
use crate::chip_cases::host::Host;
use crate::chip_cases::host::SELECT_APPLICATION;
use crate::chip_cases::host::SET_AT;
use crate::chip_cases::host::SET_DST;
use crate::chip_cases::host::VERIFY;

/// The chip's date when it is handed out.
pub const HANDED_OUT: Date = date(2025, 6, 1);

/// First and last day of the authority that the chip trusts.
pub const AUTHORITY: [Date; 2] = [date(2021, 1, 1), date(2035, 12, 31)];

/// A file that only the odd instruction reads to its end, in bytes.
const LONG: usize = 0x8000 + 100;

/// The chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Terminals have ECDSA keys, the session begins with PACE, commands may be long.
    EcdsaPace,
    /// Terminals have RSA keys, the session begins with BAC, commands are short and chained.
    RsaBac,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::EcdsaPace, Self::RsaBac];

    pub const fn keys(self) -> KeyKind {
        match self {
            Self::EcdsaPace => KeyKind::Ecdsa(Curve::P256, Hash::Sha256),
            Self::RsaBac => KeyKind::RsaPkcs1(Hash::Sha256),
        }
    }
}

/// A chip on the desk and all that belongs to its terminals.
pub struct Stage {
    pub kind: Kind,
    pub host: Host,
    pub authority: Holder,
    pub domestic: Holder,
    pub foreign: Holder,
    pub terminal: Holder,
    pub offer: PaceOffer,
    can: Vec<u8>,
    mrz_information: Vec<u8>,
    chip_key: (Vec<u8>, Cipher, Public),
    /// Comp() of the terminal's key in chip authentication.
    pub agreed: Vec<u8>,
    /// ID_PICC.
    pub identity: Vec<u8>,
}

/// The persona that both chips have, before anything is said of terminals.
fn base() -> Persona {
    persona::find("an").unwrap().with(|chip| {
        chip.quirks.clear();
        chip.biometrics = Biometrics::FingersAndIrises;
    })
}

impl Stage {
    /// A chip without any session.
    pub fn new(kind: Kind) -> Self {
        Self::with_file(kind, CvcaFile::DEFAULT)
    }

    /// The same with EF.CVCA at another place.
    pub fn with_file(kind: Kind, file: CvcaFile) -> Self {
        let keys = kind.keys();
        let authority = Holder::new(Role::Authority, "VNCASECVCA00001", keys);
        let persona = base().with(|chip| {
            chip.terminal = Some(TerminalTrust {
                authorities: vec![authority.trust_point(AUTHORITY)],
                date: HANDED_OUT,
                file,
                versions: vec![1],
            });
            if kind == Kind::RsaBac {
                chip.lengths = Lengths::Short;
            }
        });
        let mut card = persona.personalise().unwrap();
        // Then the chip needs the odd instruction.
        let long = FileId::Group(DataGroup::DG16);
        card.files.insert(long, vec![0x5A; LONG]);
        let key = &card.chip_keys[0];
        Self {
            kind,
            authority,
            domestic: Holder::new(Role::DomesticVerifier, "VNCASEDV00001", keys),
            foreign: Holder::new(Role::ForeignVerifier, "VNCASEFV00001", keys),
            terminal: Holder::new(Role::Terminal, "VNCASEIS00001", keys),
            offer: card.pace[0].clone(),
            can: card.can.expose().to_vec(),
            mrz_information: card.mrz_information.expose().to_vec(),
            chip_key: (key.oid.clone(), key.cipher, key.private.public()),
            agreed: Vec::new(),
            identity: Vec::new(),
            host: Host::new(
                Chip::new(card, Box::new(Seeded::new("chip of the cases"))),
                kind == Kind::RsaBac,
            ),
        }
    }

    /// A chip behind its access control, in the application.
    pub fn in_session(kind: Kind) -> Self {
        let mut stage = Self::new(kind);
        stage.access();
        stage
    }

    /// A chip behind chip authentication.
    pub fn ready(kind: Kind) -> Self {
        let mut stage = Self::in_session(kind);
        stage.authenticate_chip();
        stage
    }

    /// Powers the chip up anew and comes as far as [`Stage::ready`].
    pub fn anew(&mut self) {
        self.host.reset();
        self.access();
        self.authenticate_chip();
    }

    /// The access control of this chip, and the application.
    pub fn access(&mut self) {
        let status = match self.kind {
            Kind::EcdsaPace => self.pace(),
            Kind::RsaBac => self.bac(),
        };
        assert_eq!(status, 0x9000);
        assert_eq!(self.host.select_application().status, 0x9000);
    }

    /// PACE with the CAN, under secure messaging where there is a session.
    pub fn pace(&mut self) -> u16 {
        let (offer, can) = (self.offer.clone(), self.can.clone());
        let status = self.host.pace(&offer, 2, &can, &[]);
        if status == 0x9000 {
            self.identity.clone_from(&self.host.chip_ephemeral);
        }
        status
    }

    /// BAC in the clear, in the application.
    pub fn bac(&mut self) -> u16 {
        let selected = self.host.plain(SELECT_APPLICATION, &EMRTD, &[]);
        if selected.status != 0x9000 {
            return selected.status;
        }
        let information = self.mrz_information.clone();
        let status = self.host.bac(&information);
        if status == 0x9000 {
            // Document number and check digit: without both dates and their digits.
            self.identity = information[..information.len() - 14].to_vec();
        }
        status
    }

    pub fn authenticate_chip(&mut self) {
        let (oid, cipher, public) = self.chip_key.clone();
        self.agreed = self.host.authenticate_chip(&oid, cipher, &public);
    }

    /// MSE:Set DST with this name.
    pub fn choose(&mut self, name: &str) -> u16 {
        let data = encode(0x83, &[name.as_bytes()]);
        self.host.send(SET_DST, &data, &[]).status
    }

    /// PSO:VERIFY CERTIFICATE with body and signature.
    pub fn verify(&mut self, certificate: &[u8]) -> u16 {
        self.host.send(VERIFY, certificate, &[]).status
    }

    /// MSE:Set AT with the terminal's name.
    pub fn name_terminal(&mut self, name: &str) -> u16 {
        let data = encode(0x83, &[name.as_bytes()]);
        self.host.send(SET_AT, &data, &[]).status
    }

    /// GET CHALLENGE with this Le.
    pub fn challenge(&mut self, length: u8) -> Answer {
        self.host.send(GET_CHALLENGE, &[], &[length])
    }

    /// EXTERNAL AUTHENTICATE over this challenge.
    pub fn prove(&mut self, challenge: &[u8]) -> u16 {
        let signature = self.signature(challenge);
        self.host.send(EXTERNAL, &signature, &[]).status
    }

    /// The right signature over a challenge.
    pub fn signature(&self, challenge: &[u8]) -> Vec<u8> {
        let message = [&self.identity, challenge, &self.agreed].concat();
        self.terminal.key.sign(&message).unwrap()
    }

    /// A domestic verifier's right certificate.
    pub fn verifier_certificate(&self) -> Vec<u8> {
        let forgery = self.authority.certify(&self.domestic, BOTH, USUAL);
        forgery.sign(&self.authority.key)
    }

    /// The terminal's right certificate under that verifier.
    pub fn terminal_certificate(&self) -> Vec<u8> {
        let forgery = self.domestic.certify(&self.terminal, BOTH, USUAL);
        forgery.sign(&self.domestic.key)
    }

    /// All four commands of a chain with a domestic verifier and the terminal.
    pub fn chain(&mut self, verifier: &[u8], terminal: &[u8]) -> [u16; 4] {
        let (authority, domestic) = (self.authority.name, self.domestic.name);
        [
            self.choose(authority),
            self.verify(verifier),
            self.choose(domestic),
            self.verify(terminal),
        ]
    }

    /// A whole right chain.
    pub fn right_chain(&mut self) {
        let (verifier, terminal) = (self.verifier_certificate(), self.terminal_certificate());
        assert_eq!(self.chain(&verifier, &terminal), [0x9000; 4]);
    }

    /// Steps 5 to 7 of terminal authentication, all right.
    pub fn prove_rightly(&mut self) {
        let name = self.terminal.name;
        assert_eq!(self.name_terminal(name), 0x9000);
        let challenge = self.challenge(8);
        assert_eq!((challenge.status, challenge.data.len()), (0x9000, 8));
        assert_eq!(self.prove(&challenge.data), 0x9000);
    }

    /// Reads the beginning of a group by its short identifier.
    pub fn read_group(&mut self, group: DataGroup) -> Answer {
        self.host
            .send([0, 0xB0, 0x80 | group.number(), 0], &[], &[6])
    }

    /// Whether a group is open: its tag comes.
    pub fn opens(&mut self, group: DataGroup) -> bool {
        let answer = self.read_group(group);
        match answer.status {
            0x9000 => {
                assert_eq!(u32::from(answer.data[0]), group.tag());
                true
            }
            status => {
                assert_eq!((status, answer.data), (0x6982, Vec::new()));
                false
            }
        }
    }
}
