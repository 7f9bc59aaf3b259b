//! Encodes travel records, visas, additional biometrics and the certificates of their signers
//! (Doc 9303-10 §5), written from the standard and apart from the decoders, with a test signer under
//! the test country signer. No such journey was made and no such visa was given.

use std::collections::BTreeMap;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::sim::keys;
use crate::sim::persona::Persona;
use crate::sim::persona::Size;
use crate::sim::persona::eight_digits;
use crate::sim::personalisation::Application;
use crate::sim::personalisation::ApplicationFile;
use crate::sim::personalisation::FileState;
use crate::sim::pki::TestPki;
use crate::sim::pki::card_verifiable::TerminalPki;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::der;
use crate::sim::pki::signing_key::SigningKey;

/// Identifiers of the files (Doc 9303-10 tables 82, 85, 87, 89, 92).
pub const ENTRY_RECORDS: u16 = 0x0101;
/// EF.ExitRecords
pub const EXIT_RECORDS: u16 = 0x0102;
/// EF.VisaRecords
pub const VISA_RECORDS: u16 = 0x0103;
/// EF.Certificates
pub const CERTIFICATES: u16 = 0x011A;
/// EF.Biometrics1
pub const FIRST_BIOMETRICS: u16 = 0x0201;

/// Identifier of the application with this number: travel 1, visas 2, biometrics 3.
pub const fn identifier(number: u8) -> [u8; 7] {
    [0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, number]
}

/// An entry or an exit. Every field may be changed before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Travel {
    /// Three letters
    pub state: String,
    /// The same outside of what is signed
    pub copy: String,
    /// `YYYYMMDD`
    pub date: String,
    /// Authority, place, inspector
    pub inspection: [String; 3],
    /// `A`, `S`, `L`, or none
    pub mode: Option<String>,
    /// Days
    pub stay: Option<u16>,
    /// Visa remarks, result, conditions
    pub remarks: [Option<String>; 3],
}

impl Travel {
    /// An entry or exit by air.
    pub fn new(state: &str, date: &str, place: &str) -> Self {
        Self {
            state: state.to_owned(),
            copy: state.to_owned(),
            date: date.to_owned(),
            inspection: [
                "TEST".to_owned(),
                place.to_owned(),
                format!("{place}00001234"),
            ],
            mode: Some("A".to_owned()),
            stay: None,
            remarks: [None, None, None],
        }
    }

    /// Data object 73 (Doc 9303-10 table 86, in its order).
    fn signed(&self) -> Vec<u8> {
        let text = |tag, text: &str| encode(tag, &[text.as_bytes()]);
        let optional =
            |tag, text: &Option<String>| text.as_deref().map(|it| encode(tag, &[it.as_bytes()]));
        let [authority, place, inspector] = &self.inspection;
        let [visa, result, conditions] = &self.remarks;
        let fields = [
            Some(text(0x5F44, &self.state)),
            optional(0x5F4C, visa),
            Some(text(0x5F45, &self.date)),
            Some(text(0x5F4B, authority)),
            Some(text(0x5F46, place)),
            Some(text(0x5F4A, inspector)),
            optional(0x5F4D, result),
            optional(0x5F49, &self.mode),
            self.stay.map(|days| encode(0x5F48, &[&days.to_be_bytes()])),
            optional(0x5F4E, conditions),
        ];
        let fields: Vec<u8> = fields.into_iter().flatten().flatten().collect();
        encode(0x73, &[&fields])
    }

    /// The record with its signature.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign.
    pub fn record(&self, signer: &Signer, certificate: u8) -> Result<Vec<u8>, Malformed> {
        let signed = self.signed();
        Ok([
            encode(0x5F44, &[self.copy.as_bytes()]),
            signer.behind(signed, certificate)?,
        ]
        .concat())
    }
}

/// A visa. Every field may be changed before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visa {
    /// Three letters
    pub state: String,
    /// Data objects of data object 71 behind the state, by tag, in the order of Doc 9303-10 table 90
    pub fields: Vec<(u32, Vec<u8>)>,
}

impl Visa {
    /// A visa for somebody of this surname, given name and date of birth (`YYYYMMDD`), whose sex is not
    /// said, with the passport's number in it.
    pub fn new(state: &str, passport: &str, holder: [&str; 3]) -> Self {
        let [surname, given, birth] = holder;
        let text = |tag: u32, text: &str| (tag, text.as_bytes().to_vec());
        Self {
            state: state.to_owned(),
            fields: vec![
                text(0x43, "VS"),
                (0x5F73, vec![0x02]),
                (0x5F74, vec![90, 0, 0]),
                text(0x5F75, passport),
                text(0x49, "TESTVILLE"),
                text(0x5F25, "20260105"),
                text(0x5F24, "20270105"),
                text(0x5A, "T00000012"),
                text(0x5B, &format!("{surname} {given}")),
                text(0x5F33, surname),
                text(0x5F34, given),
                text(0x5F35, "<"),
                text(0x5F2B, birth),
                text(0x5F2C, "VNM"),
                text(0x5F1F, &format!("{surname}<<{given}").replace(' ', "<")),
            ],
        }
    }

    /// The record with its signature.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign.
    pub fn record(&self, signer: &Signer, certificate: u8) -> Result<Vec<u8>, Malformed> {
        let state = encode(0x5F28, &[self.state.as_bytes()]);
        let fields = self
            .fields
            .iter()
            .map(|(tag, value)| encode(*tag, &[value]));
        let inside: Vec<u8> = std::iter::once(state.clone())
            .chain(fields)
            .flatten()
            .collect();
        let signed = signer.behind(encode(0x71, &[&inside]), certificate)?;
        Ok([state, signed].concat())
    }
}

/// A file of additional biometrics (Doc 9303-10 table 93).
///
/// # Errors
/// [`Malformed`] when the key cannot sign.
pub fn biometrics(data: &[u8], signer: &Signer, certificate: u8) -> Result<Vec<u8>, Malformed> {
    let signed = signer.behind(encode(0x5F2E, &[data]), certificate)?;
    Ok(encode(0x7F2E, &[&signed]))
}

/// How a record is signed. The standard says ECDSA (Doc 9303-12 §4.1.7) and leaves hash and encoding
/// open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// SEQUENCE of two INTEGER
    Der,
    /// r and s in a row
    Plain,
}

/// Somebody who signs records.
#[derive(Debug)]
pub struct Signer {
    /// Certificate and key
    pub entity: Entity,
    /// Hash of its signatures over records
    pub hash: Hash,
    /// Their encoding
    pub encoding: Encoding,
}

impl Signer {
    /// A signer of this country under its country signer, for the application with this number.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn new(country: &str, issuer: &Entity, number: u8) -> Result<Self, Malformed> {
        let spec = Self::spec(country, number);
        Self::with(spec, issuer, number)
    }

    /// What its certificate says (Doc 9303-12 §7.1.2 table 7: a critical extended key usage, and neither
    /// key usage nor document types).
    pub fn spec(country: &str, number: u8) -> CertificateSpec {
        let name = Name::test(country, &format!("TESTLDS{number}"));
        // id-icao-tsSigner, -vSigner, -bSigner: 2.23.136.1.1.9.8.1 to 3.
        let purpose = der::sequence(&[&der::oid(&[0x67, 0x81, 0x08, 1, 1, 9, 8, number])]);
        CertificateSpec {
            key_usage: None,
            private_key_usage: None,
            document_types: Vec::new(),
            more_extensions: vec![extension(&[0x55, 0x1D, 37], Critical::Yes, &purpose)],
            ..CertificateSpec::document_signer(name)
        }
    }

    /// A signer with whatever certificate is asked for.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn with(spec: CertificateSpec, issuer: &Entity, number: u8) -> Result<Self, Malformed> {
        let key = keys::ec(
            Curve::P256,
            &format!("LDS2 {} {number}", spec.subject.country),
        )?;
        Ok(Self {
            entity: spec.issued_by(issuer, SigningKey::Ec(key))?,
            hash: Hash::Sha256,
            encoding: Encoding::Der,
        })
    }

    /// The signed object, the signature and the number of the certificate.
    fn behind(&self, signed: Vec<u8>, certificate: u8) -> Result<Vec<u8>, Malformed> {
        let signature = match (&self.entity.key, self.encoding) {
            (SigningKey::Ec(key), Encoding::Plain) => key.sign(self.hash, &signed)?,
            (key, _) => key.sign(self.hash, &signed)?,
        };
        Ok([
            signed,
            encode(0x5F37, &[&signature]),
            encode(0x5F38, &[&[certificate]]),
        ]
        .concat())
    }

    /// Its record of EF.Certificates (Doc 9303-10 table 83).
    pub fn record(&self) -> Vec<u8> {
        let country = self.entity.spec.subject.country.as_bytes();
        let name = encode(0x5F3A, &[country, &self.entity.spec.serial]);
        [name, encode(0x72, &[&self.entity.certificate])].concat()
    }
}

/// All three applications for the card of a persona; see [`invented`].
///
/// # Errors
/// [`Malformed`] when a key cannot be made.
pub fn invented_for(persona: &Persona, csca: &Entity) -> Result<Vec<Application>, Malformed> {
    /// Characters of the document number.
    const NUMBER: usize = 9;
    let (zone, information) = (persona.mrz(), persona.mrz_information());
    let number = information.get(..NUMBER).unwrap_or_default();
    // Line 3 of a card; line 1 of others, behind code and state.
    let names = match persona.chip.document.size {
        Size::Td1 => zone.get(60..),
        Size::Td2 => zone.get(5..36),
        Size::Td3 => zone.get(5..44),
    };
    let names = names.unwrap_or_default().trim_end_matches('<');
    let (surname, given) = names.split_once("<<").unwrap_or((names, ""));
    let given = given.replace('<', " ");
    let birth = eight_digits(persona.citizen.birth);
    let holder = [surname, given.as_str(), birth.as_str()];
    invented(number.trim_end_matches('<'), holder, ["VN", "VNM"], csca)
}

/// The persona with all three applications, and with trust in terminals that may read them.
///
/// # Errors
/// [`Malformed`] when a key cannot be made.
pub fn laid_beside(persona: Persona) -> Result<Persona, Malformed> {
    let csca = TestPki::shipped()?.csca;
    let applications = invented_for(&persona, &csca)?;
    let rights = authorizations(&READ_ALL);
    let chain = TerminalPki::shipped()?.extended(&rights)?;
    Ok(persona.with(|chip| {
        chip.applications = applications;
        if let Some(trust) = &mut chip.terminal {
            trust.authorities = chain.trust(trust.date).authorities;
        }
    }))
}

/// All three applications with a little in each: two journeys, a visa, and octets that are nobody's
/// biometrics. Everything is signed under this country signer; the holder is given by surname, given name
/// and date of birth, the country by two letters and by three.
///
/// # Errors
/// [`Malformed`] when a key cannot be made.
pub fn invented(
    passport: &str,
    holder: [&str; 3],
    country: [&str; 2],
    csca: &Entity,
) -> Result<Vec<Application>, Malformed> {
    let [letters, state] = country;
    let signer = |number| Signer::new(letters, csca, number);
    let (travel, visas, other) = (signer(1)?, signer(2)?, signer(3)?);
    let mut home = Travel::new(state, "20251220", "HAN");
    home.remarks = [None, Some("Không có ghi chú".to_owned()), None];
    let mut land = Travel::new(state, "20251102", "MOCBAI");
    land.mode = Some("L".to_owned());
    land.stay = Some(15);
    let entries = vec![home.record(&travel, 1)?, land.record(&travel, 1)?];
    let exits = vec![Travel::new(state, "20251210", "SGN").record(&travel, 1)?];
    let visa = Visa::new(state, passport, holder).record(&visas, 1)?;
    let finger = biometrics(b"nobody's biometrics", &other, 1)?;
    Ok(vec![
        application(
            1,
            [
                (ENTRY_RECORDS, ApplicationFile::Records(entries)),
                (EXIT_RECORDS, ApplicationFile::Records(exits)),
                (
                    CERTIFICATES,
                    ApplicationFile::Records(vec![travel.record()]),
                ),
            ],
        ),
        application(
            2,
            [
                (VISA_RECORDS, ApplicationFile::Records(vec![visa])),
                (CERTIFICATES, ApplicationFile::Records(vec![visas.record()])),
            ],
        ),
        application(
            3,
            [
                (
                    FIRST_BIOMETRICS,
                    ApplicationFile::Transparent {
                        content: finger,
                        state: FileState::Activated,
                    },
                ),
                (CERTIFICATES, ApplicationFile::Records(vec![other.record()])),
            ],
        ),
    ])
}

/// The application with this number and these files.
pub fn application(
    number: u8,
    files: impl IntoIterator<Item = (u16, ApplicationFile)>,
) -> Application {
    Application {
        identifier: identifier(number).to_vec(),
        files: files.into_iter().collect::<BTreeMap<_, _>>(),
    }
}

/// Certificate extensions (65) of a terminal's chain that grant rights in the application with each
/// number (Doc 9303-10 §5.4.2).
pub fn authorizations(rights: &[(u8, &[u8])]) -> Vec<u8> {
    let templates: Vec<u8> = rights
        .iter()
        .flat_map(|(number, rights)| {
            let identifier = [0x67, 0x81, 0x08, 1, 1, 9, *number, 3];
            encode(
                0x73,
                &[&encode(tag::OID, &[&identifier]), &encode(0x53, &[rights])],
            )
        })
        .collect();
    encode(0x65, &[&templates])
}

/// All the rights to read that there are.
pub const READ_ALL: [(u8, &[u8]); 3] = [
    (1, &[0x05]),
    (2, &[0x05]),
    (
        3,
        &[
            0x01, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
            0x55, 0x55, 0x55,
        ],
    ),
];
