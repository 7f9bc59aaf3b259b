//! Which part of a structure every octet stands in. A walk over DER of its own, for well-formed
//! bytes alone: what it cannot follow is a mistake of the test.

use std::ops::Range;

/// One element: where it begins, where its content begins, where it ends.
#[derive(Clone)]
struct Element {
    at: usize,
    inside: usize,
    end: usize,
}

fn element(bytes: &[u8], at: usize) -> Element {
    let mut inside = at + 1;
    if bytes[at] & 0x1F == 0x1F {
        while bytes[inside] & 0x80 != 0 {
            inside += 1;
        }
        inside += 1;
    }
    let first = usize::from(bytes[inside]);
    inside += 1;
    let mut length = first;
    if first >= 0x80 {
        length = 0;
        for _ in 0..first & 0x7F {
            length = length << 8 | usize::from(bytes[inside]);
            inside += 1;
        }
    }
    Element {
        at,
        inside,
        end: inside + length,
    }
}

fn children(bytes: &[u8], content: Range<usize>) -> Vec<Element> {
    let mut list = Vec::new();
    let mut at = content.start;
    while at < content.end {
        let child = element(bytes, at);
        at = child.end;
        list.push(child);
    }
    list
}

fn inside(bytes: &[u8], of: &Element) -> Vec<Element> {
    children(bytes, of.inside..of.end)
}

/// A name for every octet.
struct Map<'a> {
    bytes: &'a [u8],
    names: Vec<String>,
}

impl<'a> Map<'a> {
    fn new(bytes: &'a [u8], name: &str) -> Self {
        Self {
            bytes,
            names: vec![name.to_owned(); bytes.len()],
        }
    }

    fn name(&mut self, element: &Element, name: &str) {
        for octet in &mut self.names[element.at..element.end] {
            name.clone_into(octet);
        }
    }

    /// A certificate (RFC 5280 §4.1), part by part, and every extension by its identifier.
    fn certificate(&mut self, certificate: &Element, of: &str) {
        self.name(certificate, &format!("{of}: frame"));
        let parts = inside(self.bytes, certificate);
        self.name(&parts[1], &format!("{of}: outer algorithm"));
        self.name(&parts[2], &format!("{of}: signature"));
        let names = [
            "version",
            "serial",
            "algorithm",
            "issuer",
            "validity",
            "subject",
            "public key",
        ];
        for (part, name) in inside(self.bytes, &parts[0]).iter().zip(names) {
            self.name(part, &format!("{of}: {name}"));
        }
        let body = inside(self.bytes, &parts[0]);
        for wrapped in body.iter().skip(names.len()) {
            let list = &inside(self.bytes, wrapped)[0];
            for extension in inside(self.bytes, list) {
                let identifier = &inside(self.bytes, &extension)[0];
                let octets = &self.bytes[identifier.inside..identifier.end];
                let name = format!("{of}: extension {}", known(octets));
                self.name(&extension, &name);
            }
        }
    }

    /// ContentInfo with SignedData (RFC 5652 §5.1).
    fn signed_data(&mut self, info: &Element, of: &str) {
        let outer = inside(self.bytes, info);
        let signed = &inside(self.bytes, &outer[1])[0];
        let parts = inside(self.bytes, signed);
        self.name(&parts[0], &format!("{of}: SignedData version, unsigned"));
        self.name(&parts[1], &format!("{of}: digestAlgorithms, unsigned"));
        self.name(&parts[2], &format!("{of}: signed content"));
        let (last, between) = parts[3..].split_last().unwrap();
        for certificates in between {
            for certificate in inside(self.bytes, certificates) {
                self.certificate(&certificate, &format!("{of}: signer's certificate"));
            }
        }
        let signer = &inside(self.bytes, last)[0];
        let names = [
            "SignerInfo version, unsigned",
            "signer id, unsigned",
            "digestAlgorithm, unsigned",
            "signed attributes",
            "signatureAlgorithm, unsigned",
            "signature",
        ];
        for (part, name) in inside(self.bytes, signer).iter().zip(names) {
            self.name(part, &format!("{of}: {name}"));
        }
    }
}

/// The extensions by name (RFC 5280 §4.2.1, §5.2; Doc 9303-12 §7.1).
fn known(identifier: &[u8]) -> String {
    match identifier {
        [0x55, 0x1D, 14] => "subjectKeyIdentifier".to_owned(),
        [0x55, 0x1D, 15] => "keyUsage".to_owned(),
        [0x55, 0x1D, 16] => "privateKeyUsagePeriod".to_owned(),
        [0x55, 0x1D, 19] => "basicConstraints".to_owned(),
        [0x55, 0x1D, 20] => "cRLNumber".to_owned(),
        [0x55, 0x1D, 35] => "authorityKeyIdentifier".to_owned(),
        [0x67, 0x81, 0x08, 1, 1, 6, 2] => "documentTypeList".to_owned(),
        other => hex::encode(other),
    }
}

/// Parts of a certificate.
pub fn of_certificate(der: &[u8], of: &str) -> Vec<String> {
    let mut map = Map::new(der, of);
    map.certificate(&element(der, 0), of);
    map.names
}

/// Parts of a revocation list (RFC 5280 §5.1).
pub fn of_list(der: &[u8], of: &str) -> Vec<String> {
    let mut map = Map::new(der, &format!("{of}: frame"));
    let parts = inside(der, &element(der, 0));
    map.name(&parts[1], &format!("{of}: outer algorithm"));
    map.name(&parts[2], &format!("{of}: signature"));
    let names = ["version", "algorithm", "issuer", "thisUpdate", "nextUpdate"];
    let body = inside(der, &parts[0]);
    for (part, name) in body.iter().zip(names) {
        map.name(part, &format!("{of}: {name}"));
    }
    for part in body.iter().skip(names.len()) {
        let name = match der[part.at] {
            0x30 => "revoked certificates",
            _ => "extensions",
        };
        map.name(part, &format!("{of}: {name}"));
    }
    map.names
}

/// Parts of EF.SOD (tag 77) or EF.CardSecurity (none).
pub fn of_signed_file(file: &[u8], of: &str) -> Vec<String> {
    let mut map = Map::new(file, &format!("{of}: frame, unsigned"));
    let outer = element(file, 0);
    if file[0] == 0x77 {
        map.signed_data(&inside(file, &outer)[0], of);
    } else {
        map.signed_data(&outer, of);
    }
    map.names
}

/// Parts of a protected answer (Doc 9303-11 §9.8.4).
pub fn of_protected(answer: &[u8]) -> Vec<String> {
    let mut map = Map::new(answer, "status word");
    for object in children(answer, 0..answer.len() - 2) {
        map.name(&object, &format!("data object {:02X}", answer[object.at]));
    }
    map.names
}
