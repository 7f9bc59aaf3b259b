//! What the issuer of a persona's card writes and signs: the zone, the groups, EF.COM, EF.SOD, and the
//! signer's certificate, each as the quirks of issuers have it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::encode;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::biometrics;
use crate::sim::biometrics::extensible;
use crate::sim::biometrics::face;
use crate::sim::biometrics::face::Face;
use crate::sim::details;
use crate::sim::details::Detail;
use crate::sim::displayed;
use crate::sim::faces;
use crate::sim::faces::Portrait;
use crate::sim::files;
use crate::sim::persona::Citizen;
use crate::sim::persona::Details;
use crate::sim::persona::Persona;
use crate::sim::persona::Records;
use crate::sim::persona::dg13_fields;
use crate::sim::persona::eight_digits;
use crate::sim::persona::mrz::Form;
use crate::sim::persona::mrz::Number;
use crate::sim::persona::mrz::Zone;
use crate::sim::personalisation::Personalisation;
use crate::sim::pki::IssuerSpec;
use crate::sim::pki::SignerKey;
use crate::sim::pki::TestPki;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::security_object::AttributeOrder;
use crate::sim::pki::security_object::Encoding;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::security_object::SignerId;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::spelling;
use crate::sim::pki::spelling::AlgorithmParameters;
use crate::sim::pki::spelling::Spelling;
use crate::sim::quirk::Issued;
use crate::sim::quirk::Quirk;

/// Year of birth of a holder whose two digits mean another century.
const LONG_AGO: i16 = 1922;

impl Persona {
    /// What the issuer wrote, of all that may be.
    fn issues(&self) -> impl Iterator<Item = Issued> {
        self.chip.quirks.iter().filter_map(|quirk| match quirk {
            Quirk::Issued(issued) => Some(*issued),
            _ => None,
        })
    }

    /// The authority and the signer of this card.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn pki(&self) -> Result<TestPki, Malformed> {
        let kind = self.signer_key();
        let document = &self.chip.document;
        let country = match self.issued(Issued::MrzStateD) {
            true => "DE",
            false => document.country.as_str(),
        };
        let pki = match (&self.issuer, country) {
            (Some(spec), _) => TestPki::seeded(&IssuerSpec {
                signer: kind,
                ..spec.clone()
            })?,
            (None, "VN") => TestPki::with_signer(kind)?,
            (None, other) => TestPki::of_country(other, kind)?,
        };
        let ordinary = pki.signer.spec.clone();
        let mut spec = ordinary.clone();
        // Doc 9303-12 §7.1.1.6: a signer that lists document types signs only those.
        if !spec.document_types.contains(&document.code) {
            spec.document_types = vec![document.code.clone()];
        }
        let spec = self.issues().fold(spec, unusual_signer);
        if spec == ordinary {
            return Ok(pki);
        }
        pki.with_signer_spec(spec)
    }

    fn signer_key(&self) -> SignerKey {
        self.issues()
            .fold(self.chip.signer, |kind, issued| match issued {
                Issued::PssDefaults => SignerKey::RsaPssDefaults,
                Issued::PssSalt(length) => SignerKey::RsaPssSalt(usize::from(length)),
                Issued::ParametersAbsent => SignerKey::RsaPkcs1,
                Issued::HashLongerThanOrder => SignerKey::Ec(Curve::P256),
                _ => kind,
            })
    }

    fn signature_hash(&self) -> Hash {
        self.issues()
            .fold(self.chip.signature_hash, |hash, issued| match issued {
                Issued::PssDefaults => Hash::Sha1,
                Issued::HashLongerThanOrder => Hash::Sha512,
                _ => hash,
            })
    }

    /// How the honest issuer signs this card: at noon of the day of issue.
    pub fn security_object(&self) -> SecurityObjectSpec {
        let ordinary = SecurityObjectSpec {
            digest: self.signature_hash(),
            ..SecurityObjectSpec::new(self.citizen.issued.at(5, 0, 0, 0))
        };
        self.issues().fold(ordinary, unusual_signature)
    }

    /// Writes EF.COM and EF.SOD anew over the groups as they are now: an honest issuer's seal
    /// under whatever was changed.
    ///
    /// # Errors
    /// [`Malformed`] when the signer cannot sign.
    pub fn seal(&self, personalisation: &mut Personalisation) -> Result<(), Malformed> {
        if self.issued(Issued::GroupUnsigned) {
            let file = FileId::Group(DataGroup::DG16);
            personalisation.files.insert(file, nobody_to_notify());
        }
        let mut groups = personalisation.groups();
        let present: Vec<DataGroup> = groups.keys().copied().collect();
        if self.issued(Issued::GroupAbsent) {
            groups.insert(DataGroup::DG16, nobody_to_notify());
        }
        if self.issued(Issued::GroupUnsigned) {
            groups.remove(&DataGroup::DG16);
        }
        let security_object = self.sign(groups)?;
        match self.com(present) {
            Some(com) => personalisation.files.insert(FileId::Com, com),
            None => personalisation.files.remove(&FileId::Com),
        };
        personalisation.files.insert(FileId::Sod, security_object);
        Ok(())
    }

    fn com(&self, mut listed: Vec<DataGroup>) -> Option<Vec<u8>> {
        if self.issued(Issued::ComAbsent) {
            return None;
        }
        if self.issued(Issued::ComMalformed) {
            // A list of tags that is longer than what holds it.
            return Some(encode(0x60, &[&[0x5C, 0x7F, 0x61]]));
        }
        if self.issued(Issued::ComListsMore) {
            listed.push(DataGroup::DG16);
        }
        if self.issued(Issued::ComListsLess) {
            listed.retain(|group| *group != DataGroup::DG13);
        }
        Some(files::com(&listed))
    }

    /// The citizen as the card has it.
    pub(super) fn issued_citizen(&self) -> Cow<'_, Citizen> {
        let citizen = if self.issued(Issued::MrzTwoDigitYear) {
            let birth = match self.citizen.birth {
                PartialDate::Day(day) => Date::new(LONG_AGO, day.month(), day.day().min(28))
                    .map_or(PartialDate::Day(day), PartialDate::Day),
                PartialDate::Month(_, month) => PartialDate::Month(LONG_AGO, month),
                PartialDate::Year(_) => PartialDate::Year(LONG_AGO),
            };
            Cow::Owned(Citizen {
                birth,
                ..self.citizen.clone()
            })
        } else {
            Cow::Borrowed(&self.citizen)
        };
        self.faulty_holder(citizen)
    }

    /// How this card's zone is written.
    pub(super) fn zone<'a>(&'a self, citizen: &'a Citizen) -> Zone<'a> {
        let mut ordinary = Zone::of(citizen, &self.chip.document);
        if let Some(state) = self.faulty_state() {
            ordinary.state = state.to_owned();
        }
        self.issues().fold(ordinary, |zone, issued| match issued {
            Issued::MrzStateD => Zone {
                state: "D<<".to_owned(),
                ..zone
            },
            Issued::MrzShortNumber => Zone {
                number: Number::Seven,
                ..zone
            },
            Issued::MrzLongNumber => Zone {
                number: Number::Twelve,
                ..zone
            },
            Issued::MrzOptionalFiller => Zone {
                code: "P<".to_owned(),
                form: Form::Td3('<'),
                ..zone
            },
            Issued::MrzOptionalZero => Zone {
                code: "P<".to_owned(),
                form: Form::Td3('0'),
                ..zone
            },
            _ => zone,
        })
    }

    pub(super) fn dg2(&self) -> Vec<u8> {
        /// Where the type byte of the image stands in the record of one face without points.
        const TYPE: usize = 14 + 20 + 1;
        let portrait = self
            .issues()
            .fold(self.chip.portrait.clone(), unusual_portrait);
        if self.chip.records == Records::Extensible {
            return self.extensible_dg2(portrait);
        }
        let mut record = face::record(&[Face::of(&portrait)]);
        if self.issued(Issued::PortraitType)
            && let Some(kind) = record.get_mut(TYPE)
        {
            *kind ^= 1;
        }
        if self.issued(Issued::PortraitPadding) {
            record.extend_from_slice(&[0; 64]);
        }
        files::dg2_of(&record)
    }

    /// DG2 with the portrait in ISO/IEC 39794-5. No octets can follow a block, so that padding is
    /// part of the image.
    fn extensible_dg2(&self, mut portrait: Portrait) -> Vec<u8> {
        if self.issued(Issued::PortraitPadding) {
            portrait.image.to_mut().extend([0; 64]);
        }
        let mut face = extensible::face::Face::of(&portrait);
        if self.issued(Issued::PortraitType) {
            // JPEG is 2, JPEG 2000 with losses 3.
            face.format = extensible::Code::Plain(face.format.number() ^ 1);
        }
        let block = extensible::face::record(&[face]);
        let one = extensible::template(&extensible::face_header(), &block);
        biometrics::counted(DataGroup::DG2, &[one])
    }

    pub(super) fn dg13(&self) -> Vec<u8> {
        if self.issued(Issued::Dg13Foreign) {
            let words = encode(0x5F1F, &["1/Mẫu/2".as_bytes()]);
            return encode(0x6D, &[&encode(0xA1, &[&words])]);
        }
        files::dg13(&dg13_fields(&self.holder_in_dg13(&self.issued_citizen())))
    }

    /// DG11, where the card has it.
    pub(super) fn dg11(&self) -> Option<Vec<u8>> {
        let empty = self.issued(Issued::Dg11EmptyFields);
        let more = self.issued(Issued::Dg11Count);
        let unknown = self.issued(Issued::Dg11UnknownFields);
        if self.chip.dg11 == Details::Absent && !empty && !more && !unknown {
            return None;
        }
        let citizen = self.issued_citizen();
        let digits = eight_digits(citizen.birth);
        let mut list = vec![
            Detail::one(0x5F0E, citizen.name.as_bytes()),
            Detail::Several {
                tag: 0x5F0F,
                announced: if more { 200 } else { 2 },
                values: vec![b"MAU<<TEN<KHAC".to_vec(), b"MAU<<TEN<THU<BA".to_vec()],
            },
            Detail::one(0x5F10, citizen.number.as_bytes()),
            Detail::one(0x5F2B, digits),
            Detail::one(0x5F11, citizen.origin.replace(", ", "<")),
            Detail::one(0x5F42, citizen.residence.replace(", ", "<")),
        ];
        if empty {
            list.extend([0x5F12, 0x5F13, 0x5F16].map(|tag| Detail::one(tag, Vec::new())));
        }
        if unknown {
            list.push(Detail::one(0x5F70, "mẫu".as_bytes()));
        }
        if self.chip.dg11 == Details::Whole {
            list.extend(displayed::rest_of_dg11(faces::SIGNATURE));
        }
        Some(details::dg11(&list))
    }

    /// DG12, where the card has it.
    pub(super) fn dg12(&self) -> Option<Vec<u8>> {
        let packed = self.issued(Issued::Dg12BinaryDates);
        if self.chip.dg12 == Details::Absent && !packed {
            return None;
        }
        let issued = self.citizen.issued;
        let digits = format!(
            "{:04}{:02}{:02}",
            issued.year(),
            issued.month(),
            issued.day()
        );
        let date = |digits: &str| {
            if packed {
                details::binary_coded(digits)
            } else {
                digits.as_bytes().to_vec()
            }
        };
        let mut list = vec![
            Detail::one(0x5F19, "Cơ quan Mẫu".as_bytes()),
            Detail::one(0x5F26, date(&digits)),
            Detail::one(0x5F55, date(&format!("{digits}050000"))),
            Detail::one(0x5F56, b"0000MAU".to_vec()),
        ];
        if self.chip.dg12 == Details::Whole {
            list.extend(displayed::rest_of_dg12(faces::SIGNATURE));
        }
        Some(details::dg12(&list))
    }

    /// Longer length fields, where the issuer writes such.
    pub(super) fn lengthen(&self, files: &mut BTreeMap<FileId, Vec<u8>>) {
        if !self.issued(Issued::LongLengths) {
            return;
        }
        for group in [DataGroup::DG1, DataGroup::DG2, DataGroup::DG13] {
            if let Some(file) = files.get_mut(&FileId::Group(group)) {
                *file = spelling::long_lengths(file);
            }
        }
    }
}

/// DG16 without any person (Doc 9303-10 §4.7.16).
fn nobody_to_notify() -> Vec<u8> {
    encode(0x70, &[&encode(0x02, &[&[0]])])
}

fn unusual_signer(spec: CertificateSpec, issued: Issued) -> CertificateSpec {
    let explicit = |parameters| CertificateSpec {
        parameters,
        ..spec.clone()
    };
    match issued {
        Issued::SerialNegative => CertificateSpec {
            raw_serial: Some(vec![0x9A, 0x10, 0x02]),
            ..spec
        },
        Issued::SerialZero => CertificateSpec {
            raw_serial: Some(vec![0]),
            ..spec
        },
        Issued::CurveExplicit => explicit(EcParameters::Explicit),
        Issued::CurveSeed => explicit(EcParameters::ExplicitSeed),
        Issued::CurveBare => explicit(EcParameters::ExplicitBare),
        Issued::CertificateHashWrong => CertificateSpec {
            named_hash: Some(Hash::Sha512),
            ..spec
        },
        Issued::CertificateCurveWrong => CertificateSpec {
            named_curve: Some(Curve::P384),
            ..spec
        },
        Issued::MrzOptionalFiller | Issued::MrzOptionalZero => CertificateSpec {
            document_types: vec!["P".to_owned()],
            ..spec
        },
        _ => spec,
    }
}

fn unusual_signature(spec: SecurityObjectSpec, issued: Issued) -> SecurityObjectSpec {
    let signer_id = |signer_id| SecurityObjectSpec {
        signer_id,
        ..spec.clone()
    };
    let content_type = |octets: &[u8]| SecurityObjectSpec {
        content_type: octets.to_vec(),
        ..spec.clone()
    };
    match issued {
        Issued::SodIndefinite => SecurityObjectSpec {
            encoding: Encoding::Indefinite,
            ..spec
        },
        Issued::SodSplitOctets => SecurityObjectSpec {
            encoding: Encoding::SplitOctets,
            ..spec
        },
        Issued::AttributesUnsorted => SecurityObjectSpec {
            order: AttributeOrder::Reversed,
            ..spec
        },
        Issued::AttributesSortedLate => SecurityObjectSpec {
            order: AttributeOrder::ReversedAfterSigning,
            ..spec
        },
        // 1.3.27.1.1.1 and 1.2.528.1.1006.1.20.1
        Issued::OldSodOid27 => content_type(&[0x2B, 0x1B, 1, 1, 1]),
        Issued::OldSodOid528 => content_type(&[0x2A, 0x84, 0x10, 1, 0x87, 0x6E, 1, 20, 1]),
        Issued::SignerNamePrintable => signer_id(SignerId::Respelled(Spelling::Printable)),
        Issued::SignerNameCase => signer_id(SignerId::Respelled(Spelling::UpperCase)),
        Issued::SignerNameSpaces => signer_id(SignerId::Respelled(Spelling::Spaces)),
        Issued::SignerForeign => signer_id(SignerId::Respelled(Spelling::Foreign)),
        Issued::SignerByKeyId => signer_id(SignerId::SubjectKeyId),
        Issued::SignerAbsent => SecurityObjectSpec {
            certificates: Some(Vec::new()),
            ..spec
        },
        Issued::ParametersNull => SecurityObjectSpec {
            parameters: AlgorithmParameters::Null,
            ..spec
        },
        Issued::ParametersAbsent => SecurityObjectSpec {
            parameters: AlgorithmParameters::Absent,
            ..spec
        },
        _ => spec,
    }
}

fn unusual_portrait(portrait: Portrait, issued: Issued) -> Portrait {
    match issued {
        Issued::PortraitExif => portrait.with_exif(),
        Issued::PortraitCodestream => Portrait::codestream(),
        _ => portrait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::persona::find;
    use crate::sim::pki::SHIPPED_SIGNER;

    #[test]
    fn without_quirks_the_signer_is_the_shipped_one() {
        let persona = find("an").unwrap();
        assert_eq!(persona.chip.signer, SHIPPED_SIGNER);
        let shipped = TestPki::shipped().unwrap();
        assert_eq!(
            persona.pki().unwrap().signer.certificate,
            shipped.signer.certificate
        );
    }
}
