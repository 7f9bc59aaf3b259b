//! DG14: security options (Doc 9303-10 §4.7.14): `6E { SecurityInfos }`.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::field::Field;
use crate::lds::field::Value;
use crate::lds::field::put_list;
use crate::lds::field::put_text;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceInfo;
use crate::lds::security_infos::SecurityInfos;

/// Decodes the file into what it wraps.
///
/// # Errors
/// [`Malformed`] when the form is another or bytes follow. Offsets within the set count from its
/// own start.
pub fn decode(file: &[u8]) -> Result<SecurityInfos, Malformed> {
    let mut reader = Reader::new(file);
    let template = reader.expect(DataGroup::DG14.tag(), "DG14")?;
    reader.finish("DG14")?;
    SecurityInfos::decode(template.value)
}

/// What a set of SecurityInfos says, field by field: protocols, and how large the keys are. The same
/// for EF.CardAccess and EF.CardSecurity.
pub fn fields(infos: &SecurityInfos) -> Vec<Field> {
    let mut fields = Vec::new();
    put_list(&mut fields, "pace", infos.pace.iter().map(pace).collect());
    let protocols = infos.chip_authentication.iter().map(|info| {
        let mut fields = vec![
            agreement(info.agreement),
            Field::shown("cipher", text(info.cipher.name())),
            Field::shown("version", Value::Number(u64::from(info.version))),
        ];
        put_text(
            &mut fields,
            "key_id",
            info.key_id.as_ref().map(hex::encode_upper),
        );
        Value::Fields(fields)
    });
    put_list(&mut fields, "chip_authentication", protocols.collect());
    let keys = infos.chip_keys.iter().map(|key| {
        let mut fields = vec![agreement(key.agreement)];
        if let Some(known) = &key.key {
            domain(&mut fields, &known.domain());
        }
        put_text(
            &mut fields,
            "key_id",
            key.key_id.as_ref().map(hex::encode_upper),
        );
        Value::Fields(fields)
    });
    put_list(&mut fields, "chip_keys", keys.collect());
    if let Some(info) = &infos.active_authentication {
        let scheme = info.signature.map(|scheme| scheme.name());
        let scheme = scheme.unwrap_or_else(|| Oid::new(&info.oid).to_string());
        fields.push(Field::shown("active_authentication", Value::Text(scheme)));
    }
    let versions = infos.terminal_authentication.iter();
    let versions = versions.map(|info| Value::Number(u64::from(info.version)));
    put_list(&mut fields, "terminal_authentication", versions.collect());
    let damaged = infos.damaged.iter();
    let damaged = damaged.map(|entry| Value::Text(Oid::new(&entry.oid).to_string()));
    put_list(&mut fields, "damaged", damaged.collect());
    let other = infos.other.iter().cloned().map(Value::Text);
    put_list(&mut fields, "other_protocols", other.collect());
    fields
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn pace(info: &PaceInfo) -> Value {
    let mut fields = Vec::new();
    match info.protocol {
        Some(protocol) => {
            let mapping = match protocol.mapping {
                Mapping::Generic => "generic_mapping",
                Mapping::Integrated => "integrated_mapping",
                Mapping::ChipAuthentication => "chip_authentication_mapping",
            };
            fields.push(agreement(protocol.agreement));
            fields.push(Field::shown("mapping", Value::Word(mapping)));
            fields.push(Field::shown("cipher", text(protocol.cipher.name())));
        }
        None => {
            let oid = Oid::new(&info.oid).to_string();
            fields.push(Field::shown("protocol", Value::Text(oid)));
        }
    }
    fields.push(Field::shown(
        "version",
        Value::Number(u64::from(info.version)),
    ));
    if let Some(id) = info.parameter_id {
        fields.push(Field::shown("parameter_id", Value::Number(u64::from(id))));
        let known = u8::try_from(id).ok().and_then(Domain::from_parameter_id);
        if let Some(known) = known {
            domain(&mut fields, &known);
        }
    }
    Value::Fields(fields)
}

fn agreement(agreement: Agreement) -> Field {
    let word = match agreement {
        Agreement::Dh => "dh",
        Agreement::Ecdh => "ecdh",
    };
    Field::shown("agreement", Value::Word(word))
}

/// Name and size of a group.
fn domain(fields: &mut Vec<Field>, domain: &Domain) {
    let bits = match domain {
        Domain::Curve(curve) => curve.field_bits(),
        Domain::Modp(group) => group.prime_bits(),
    };
    fields.push(Field::shown("domain", Value::Text(domain.name())));
    let bits = u64::try_from(bits).unwrap_or(u64::MAX);
    fields.push(Field::shown("key_bits", Value::Number(bits)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::agreement::Domain;
    use crate::crypto::cipher::Cipher;
    use crate::crypto::curve::Curve;
    use crate::lds::security_infos::Agreement;

    #[test]
    fn the_set_is_unwrapped() {
        let file = [
            0x6E, 0x0F, 0x31, 0x0D, 0x30, 0x0B, 0x06, 0x06, 0x67, 0x81, 0x08, 1, 1, 6, 2, 1, 1,
        ];
        assert_eq!(decode(&file).unwrap().other, ["2.23.136.1.1.6"]);
        assert!(decode(&file[2..]).is_err());
        assert!(decode(&[&file[..], &[0]].concat()).is_err());
    }

    #[test]
    fn the_reference_passports_key_is_read() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/samples/tr03105-5/Datagroup14.bin"
        );
        let Ok(file) = std::fs::read(path) else {
            println!("skipped: no ../shared/data");
            return;
        };
        let infos = decode(&file).unwrap();
        assert_eq!(infos.terminal_authentication[0].version, 1);
        assert_eq!(infos.chip_authentication[0].agreement, Agreement::Ecdh);
        assert_eq!(infos.chip_authentication[0].cipher, Cipher::TripleDes);
        // Explicit parameters.
        let key = infos.chip_keys[0].key.as_ref().unwrap();
        assert_eq!(key.domain(), Domain::Curve(Curve::BrainpoolP224r1));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
            let _ = decode(&crate::bytes::tlv::encode(0x6E, &[&bytes])).map(|infos| fields(&infos));
        }
    }
}
