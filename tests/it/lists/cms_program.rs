//! Lists that the program `openssl` signs, in the ways that states do, as a second opinion. Where it is
//! not installed, the tests say so and are skipped.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use cancuoc::crypto::hash::Hash;
use cancuoc::pki::deviation_list::DeviationList;
use cancuoc::pki::list::Capacity;
use cancuoc::pki::list::ListFault;
use cancuoc::pki::list::Signatory;
use cancuoc::pki::master_list::MasterList;
use cancuoc::pki::signer::SignerFault;
use cancuoc::sim::pki::deviation_list::DescriptionSpec;
use cancuoc::sim::pki::deviation_list::DeviationListSpec;
use cancuoc::sim::pki::deviation_list::DeviationSpec;
use cancuoc::sim::pki::master_list::MasterListSpec;
use cancuoc::sim::pki::test_root;

/// Object identifiers of the contents and of the purposes.
const MASTER_LIST: &str = "2.23.136.1.1.2";
const MASTER_LIST_SIGNER: &str = "2.23.136.1.1.3";
const DEVIATION_LIST: &str = "2.23.136.1.1.7";
const DEVIATION_LIST_SIGNER: &str = "2.23.136.1.1.8";

/// A folder in which the program works; it is removed at the end.
struct Desk(PathBuf);

impl Desk {
    /// A desk with an authority, where the program is there.
    fn new(test: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("skipped: no program openssl");
            return None;
        }
        let name = format!("cancuoc-lists-{test}-{}", std::process::id());
        let desk = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&desk.0).unwrap();
        let config = "[req]\ndistinguished_name=dn\n[dn]\n\
            [root]\nbasicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
            subjectKeyIdentifier=hash\n\
            [mls]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,2.23.136.1.1.3\n\
            subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
            [dls]\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,2.23.136.1.1.8\n\
            subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
            [ds]\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n";
        fs::write(desk.0.join("config"), config).unwrap();
        desk.key("root", &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
        desk.run(
            "req -x509 -config config -extensions root -key root.key -subj /C=UT/CN=CSCA \
             -days 3650 -sha384 -out root.pem",
        );
        Some(desk)
    }

    fn run(&self, arguments: &str) {
        let arguments: Vec<&str> = arguments.split_ascii_whitespace().collect();
        self.run_all(&arguments);
    }

    fn run_all(&self, arguments: &[&str]) {
        let done = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {said}");
    }

    fn key(&self, name: &str, kind: &[&str]) {
        let out = format!("{name}.key");
        let mut arguments = vec!["genpkey", "-algorithm"];
        arguments.extend(kind);
        arguments.extend(["-out", &out]);
        self.run_all(&arguments);
    }

    /// A signer's certificate under the authority, with the extensions of that section.
    fn signer(&self, name: &str, section: &str, kind: &[&str]) {
        self.key(name, kind);
        self.run(&format!(
            "req -new -config config -key {name}.key -subj /C=UT/CN={name} -out {name}.csr"
        ));
        self.run(&format!(
            "x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 365 \
             -sha384 -extfile config -extensions {section} -out {name}.pem"
        ));
    }

    /// Signs a content of a type; `more` says by whom and how.
    fn sign(&self, content_type: &str, content: &[u8], more: &str) -> Vec<u8> {
        fs::write(self.0.join("content"), content).unwrap();
        self.run(&format!(
            "cms -sign -binary -nodetach -econtent_type {content_type} -in content -outform DER \
             -out list {more}"
        ));
        fs::read(self.0.join("list")).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is signed in a master list.
fn content() -> Vec<u8> {
    MasterListSpec::new(vec![test_root()], super::signed()).content()
}

/// The signatures of a list that holds one certificate.
fn verified(list: &[u8]) -> Result<Vec<Signatory>, ListFault> {
    let list = MasterList::decode(list).unwrap();
    assert_eq!(list.certificates.len(), 1);
    list.verify(&[])
}

/// The one signature of such a list.
fn one(list: &[u8], name: &str) -> Signatory {
    let mut signatories = verified(list).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    assert_eq!(signatories.len(), 1, "{name}");
    signatories.remove(0)
}

#[test]
fn lists_by_keys_of_every_kind_verify() {
    let Some(desk) = Desk::new("kinds") else {
        return;
    };
    let curve = |curve| format!("ec_paramgen_curve:{curve}");
    let [p256, p521, brainpool] = ["P-256", "P-521", "brainpoolP384r1"].map(curve);
    let explicit = "ec_param_enc:explicit";
    let rsa: &[&str] = &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    desk.signer("p256", "mls", &["EC", "-pkeyopt", &p256]);
    desk.signer("p521", "mls", &["EC", "-pkeyopt", &p521]);
    desk.signer("brainpool", "mls", &["EC", "-pkeyopt", &brainpool]);
    desk.signer(
        "explicit",
        "mls",
        &["EC", "-pkeyopt", &p256, "-pkeyopt", explicit],
    );
    desk.signer("rsa", "mls", rsa);
    let pss = "-keyopt rsa_padding_mode:pss";
    for (how, hash) in [
        ("-signer p256.pem -inkey p256.key -md sha256", Hash::Sha256),
        ("-signer p521.pem -inkey p521.key -md sha512", Hash::Sha512),
        (
            "-signer brainpool.pem -inkey brainpool.key -md sha384 -keyid",
            Hash::Sha384,
        ),
        (
            "-signer explicit.pem -inkey explicit.key -md sha256",
            Hash::Sha256,
        ),
        // A signer id by issuer and serial number, an authority beside, and indefinite lengths.
        (
            "-signer rsa.pem -inkey rsa.key -md sha256 -certfile root.pem -stream",
            Hash::Sha256,
        ),
        (
            "-signer rsa.pem -inkey rsa.key -md sha512 -keyid",
            Hash::Sha512,
        ),
        (
            "-signer rsa.pem -inkey rsa.key -md sha1 -nosmimecap",
            Hash::Sha1,
        ),
        (
            &format!("-signer rsa.pem -inkey rsa.key -md sha256 {pss} -keyid"),
            Hash::Sha256,
        ),
        (
            &format!("-signer rsa.pem -inkey rsa.key -md sha512 {pss} -keyopt rsa_pss_saltlen:0"),
            Hash::Sha512,
        ),
        (
            &format!("-signer rsa.pem -inkey rsa.key -md sha256 {pss} -keyopt rsa_pss_saltlen:20"),
            Hash::Sha256,
        ),
        (
            &format!("-signer rsa.pem -inkey rsa.key -md sha256 {pss} -keyopt rsa_pss_saltlen:max"),
            Hash::Sha256,
        ),
        (
            // Every parameter by its default.
            &format!("-signer rsa.pem -inkey rsa.key -md sha1 {pss} -keyopt rsa_pss_saltlen:20"),
            Hash::Sha1,
        ),
        (
            &format!(
                "-signer rsa.pem -inkey rsa.key -md sha384 {pss} -keyopt rsa_mgf1_md:sha256 -cades"
            ),
            Hash::Sha384,
        ),
    ] {
        let list = desk.sign(MASTER_LIST, &content(), how);
        let signatory = one(&list, how);
        assert_eq!(signatory.capacity, Capacity::ListSigner, "{how}");
        assert_eq!(signatory.scheme.hash(), hash, "{how}");
        assert!(signatory.signed.is_some(), "{how}");
        let purposes = signatory.certificate.extended_key_usage().unwrap();
        assert_eq!(purposes, [MASTER_LIST_SIGNER]);
        // Nothing that is cut off verifies, whatever the form.
        for keep in [list.len() / 4, list.len() / 2, list.len() - 1] {
            assert!(MasterList::decode(&list[..keep]).is_err(), "{how}: {keep}");
        }
    }
}

#[test]
fn what_the_program_signs_otherwise_is_refused() {
    let Some(desk) = Desk::new("refused") else {
        return;
    };
    let p256: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    desk.signer("mls", "mls", p256);
    desk.signer("mls2", "mls", p256);
    desk.signer("dls", "dls", p256);
    desk.signer("ds", "ds", p256);
    let sign = |how: &str| desk.sign(MASTER_LIST, &content(), how);
    let bare = sign("-signer mls.pem -inkey mls.key -md sha256 -noattr");
    assert_eq!(
        verified(&bare).unwrap_err(),
        ListFault::Signature(SignerFault::NoSignedAttributes)
    );
    for other in ["ds", "dls"] {
        let list = sign(&format!(
            "-signer {other}.pem -inkey {other}.key -md sha256"
        ));
        assert_eq!(verified(&list).unwrap_err(), ListFault::Purpose);
    }
    let alone = sign("-signer mls.pem -inkey mls.key -md sha256 -nocerts");
    assert_eq!(verified(&alone).unwrap_err(), ListFault::SignerMissing);
    let both = sign("-signer mls.pem -inkey mls.key -signer mls2.pem -inkey mls2.key -md sha256");
    assert_eq!(verified(&both).unwrap().len(), 2);
    let mixed = sign("-signer mls.pem -inkey mls.key -signer ds.pem -inkey ds.key -md sha256");
    assert_eq!(verified(&mixed).unwrap_err(), ListFault::Purpose);
    let root = sign("-signer root.pem -inkey root.key -md sha384 -keyid");
    assert_eq!(one(&root, "root").capacity, Capacity::Authority);
    let data = desk.sign(
        "1.2.840.113549.1.7.1",
        &content(),
        "-signer mls.pem -inkey mls.key -md sha256",
    );
    assert!(MasterList::decode(&data).is_err());
}

#[test]
fn deviation_lists_verify_under_their_own_purpose_alone() {
    let Some(desk) = Desk::new("deviations") else {
        return;
    };
    let p256: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    desk.signer("dls", "dls", p256);
    desk.signer("mls", "mls", p256);
    let spec = DeviationSpec {
        descriptions: vec![DescriptionSpec::of(&[4])],
        ..DeviationSpec::default()
    };
    let content = DeviationListSpec::new(vec![spec], super::signed()).content();
    let sign = |name: &str| {
        let how = format!("-signer {name}.pem -inkey {name}.key -md sha256 -keyid");
        DeviationList::decode(&desk.sign(DEVIATION_LIST, &content, &how)).unwrap()
    };
    let signatories = sign("dls").verify(&[]).unwrap();
    let purposes = signatories[0].certificate.extended_key_usage().unwrap();
    assert_eq!(purposes, [DEVIATION_LIST_SIGNER]);
    assert_eq!(sign("mls").verify(&[]).unwrap_err(), ListFault::Purpose);
}
