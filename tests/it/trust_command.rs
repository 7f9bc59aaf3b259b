//! `cancuoc trust` as people and scripts meet it, from an empty store to a verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cancuoc::bytes::tlv::encode;
use cancuoc::bytes::tlv::tag;
use cancuoc::crypto::curve::Curve;
use cancuoc::sim::pki;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Critical;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::certificate::extension;
use cancuoc::sim::pki::master_list::MasterListSpec;
use cancuoc::sim::pki::master_list::master_list_signer;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use jiff::civil::DateTime;
use jiff::civil::datetime;
use serde_json::Value;

use crate::support::forge::NOW;
use crate::support::forge::authority;
use crate::support::home::Home;
use crate::support::server::Answer;
use crate::support::server::Server;
use crate::support::server::nobody;

/// The store in a home of its own.
const STORE: &str = "data/cancuoc/trust";

/// A home with helpers.
struct Keeper(Home);

impl Keeper {
    fn new() -> Self {
        Self(Home::new())
    }

    fn arguments<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
        [&["trust"], arguments, &["--now", NOW]].concat()
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        self.0.json(&Self::arguments(arguments), 0)
    }

    /// Refused for this reason, and the store as it was, byte for byte.
    #[track_caller]
    fn refused(&self, arguments: &[&str], code: &str) -> Value {
        let before = files(&self.0.path(STORE));
        let error = self.0.refused(&Self::arguments(arguments), code);
        assert_eq!(files(&self.0.path(STORE)), before, "{code}");
        error
    }

    /// Standard output and standard error in a language, whatever the end.
    fn said(&self, arguments: &[&str], lang: &str) -> [String; 2] {
        let arguments = [&Self::arguments(arguments)[..], &["--lang", lang]].concat();
        let output = self.0.run(&arguments);
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// Lays a root's file down and adds it by its fingerprint.
    fn trusts(&self, root: &Entity) {
        let file = self.0.write("root.cer", &root.certificate);
        let sha256 = fingerprint(&root.certificate);
        let added = self.json(&["add", &file, "--fingerprint", &sha256, "--beside"]);
        assert_eq!(added["applied"], true, "{added}");
    }

    fn anchors(&self) -> Vec<String> {
        let listed = self.json(&["list"]);
        let anchors = listed["anchors"].as_array().unwrap().iter();
        let mut found: Vec<String> = anchors
            .map(|anchor| anchor["sha256"].as_str().unwrap().to_owned())
            .collect();
        found.sort();
        found
    }
}

/// Every file below a folder with what it holds.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

fn fingerprint(der: &[u8]) -> String {
    hex::encode(openssl::sha::sha256(der))
}

fn key(curve: Curve) -> cancuoc::sim::pki::signing_key::SigningKey {
    SignerKey::Ec(curve).key().unwrap()
}

/// A root of a country that no virtual card is from.
fn root(country: &str, curve: Curve) -> Entity {
    CertificateSpec::country_signer(Name::test(country, "Test CSCA"))
        .self_signed(key(curve))
        .unwrap()
}

/// Another root of the same name, under another key and number.
fn beside_it(country: &str, curve: Curve) -> Entity {
    let mut spec = CertificateSpec::country_signer(Name::test(country, "Test CSCA"));
    spec.serial = vec![0x55];
    spec.self_signed(key(curve)).unwrap()
}

/// A master list of a country, signed at a time.
fn list(root: &Entity, certificates: &[&Entity], signed: DateTime) -> Vec<u8> {
    let name = Name::test(&root.spec.subject.country, "Test Master List Signer");
    let signer = master_list_signer(name)
        .issued_by(root, SignerKey::RsaPkcs1.key().unwrap())
        .unwrap();
    let certificates = certificates.iter().map(|one| one.certificate.clone());
    let spec = MasterListSpec::new(certificates.collect(), signed);
    spec.sign(&signer).unwrap()
}

fn crl(of: &Entity, number: u32, made: DateTime) -> Vec<u8> {
    let spec = RevocationListSpec {
        this_update: made,
        next_update: datetime(2027, 3, 1, 0, 0, 0, 0),
        number,
        revoked: Vec::new(),
    };
    spec.sign(of).unwrap()
}

const SPRING: DateTime = datetime(2026, 3, 1, 8, 0, 0, 0);
const SUMMER: DateTime = datetime(2026, 7, 1, 8, 0, 0, 0);
const AUTUMN: DateTime = datetime(2026, 10, 1, 8, 0, 0, 0);

#[test]
fn from_nothing_a_root_and_its_fingerprint_lead_to_a_verdict() {
    let keeper = Keeper::new();
    let home = &keeper.0;
    let capture = home.text("card.json");
    let read = ["read", "--virtual", "an", "--save", &capture, "--now", NOW];
    assert_eq!(home.json(&read, 0)["verdict"], "genuine");
    // The saved card is a stranger's: nothing says here that its root is to be trusted.
    let verify = ["verify", &capture, "--now", NOW, "--policy", "ci-simulator"];
    let report = home.json(&verify, 3);
    assert_eq!(report["checks"]["signer_chain"]["code"], "chain.no_anchor");
    let said = home.run(&verify);
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("cancuoc trust add"), "{said}");

    let root = pki::test_root();
    let file = home.write("csca.cer", &root);
    let refusal = keeper.refused(&["add", &file], "trust.unconfirmed");
    assert!(!home.path(STORE).exists());
    let needed = &refusal["error"]["unconfirmed"][0];
    assert_eq!(needed["sha256"], fingerprint(&root));
    assert_eq!(needed["country"], "VN");
    assert!(needed["confirmed"].is_null());
    let command = refusal["error"]["command"].as_str().unwrap().to_owned();
    let arguments: Vec<&str> = command.split(' ').skip(2).collect();
    assert_eq!(arguments.first(), Some(&"add"));

    let other = fingerprint(b"another");
    keeper.refused(&["add", &file, "--fingerprint", &other], "trust.differs");
    let short = fingerprint(&root)[..16].to_owned();
    keeper.refused(
        &["add", &file, "--fingerprint", &short],
        "trust.fingerprint",
    );

    let tried = keeper.json(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(tried["applied"], false);
    assert!(!home.path(STORE).exists());
    let added = keeper.json(&arguments);
    assert_eq!(added["schema"], "cancuoc.trust_changes/1");
    assert_eq!(added["applied"], true);
    assert_eq!(added["revision"], 1);
    let change = &added["changes"][0];
    assert_eq!(change["change"], "added");
    assert_eq!(change["kind"], "anchor");
    assert_eq!(change["confirmed"]["by"], "fingerprint");
    // Once more changes nothing.
    let before = files(&home.path(STORE));
    let again = keeper.json(&arguments);
    assert_eq!(again["applied"], false);
    assert_eq!(again["changes"][0]["reason"]["code"], "present");
    assert_eq!(files(&home.path(STORE)), before);

    let report = home.json(&verify, 3);
    assert_eq!(report["checks"]["signer_chain"]["code"], "chain.anchored");
    let provenance = &report["checks"]["signer_chain"]["evidence"]["provenance"];
    assert!(
        provenance.as_str().unwrap().contains("csca.cer"),
        "{report}"
    );

    let listed = keeper.json(&["list"]);
    assert_eq!(listed["schema"], "cancuoc.anchors/1");
    let anchor = &listed["anchors"][0];
    for name in [
        "subject",
        "not_before",
        "not_after",
        "provenance",
        "standing",
        "added",
        "key",
    ] {
        assert!(anchor[name].is_string(), "{name}: {anchor}");
    }
    assert_eq!(anchor["age_days"], 0);
    let shown = keeper.json(&["show", &fingerprint(&root)[..8]]);
    assert_eq!(shown["schema"], "cancuoc.trust_entry/1");
    assert_eq!(shown["entries"][0]["sha256"], fingerprint(&root));
    assert_eq!(keeper.json(&["show", "vn"])["entries"], shown["entries"]);
    keeper.refused(&["show", "DE"], "trust.not_found");
    keeper.refused(&["show", "12"], "trust.fingerprint");

    keeper.refused(&["remove", "00000000"], "trust.not_found");
    keeper.refused(&["remove", &fingerprint(&root)[..7]], "trust.fingerprint");
    let removed = keeper.json(&["remove", &fingerprint(&root)[..8].to_uppercase()]);
    assert_eq!(removed["changes"][0]["change"], "removed");
    assert!(keeper.anchors().is_empty());
    let report = home.json(&verify, 3);
    assert_eq!(report["checks"]["signer_chain"]["code"], "chain.no_anchor");
}

#[test]
fn a_master_list_counts_by_who_signed_it() {
    let keeper = Keeper::new();
    let home = &keeper.0;
    let (utopia, erewhon) = (root("UT", Curve::P256), root("ER", Curve::P384));
    let atlantis = root("AT", Curve::BrainpoolP256r1);
    let all = [&utopia, &erewhon, &atlantis];
    let first = home.write("first.ml", list(&utopia, &all[..2], SUMMER));
    let refusal = keeper.refused(&["add", &first], "trust.list_signer_unknown");
    let signers = refusal["error"]["signers"].as_array().unwrap();
    let last = signers.last().unwrap();
    assert_eq!(
        last["sha256"],
        fingerprint(&utopia.certificate),
        "{refusal}"
    );
    let command = refusal["error"]["command"].as_str().unwrap().to_owned();
    let arguments: Vec<&str> = command.split(' ').skip(2).collect();
    let added = keeper.json(&arguments);
    assert_eq!(added["applied"], true);
    assert_eq!(keeper.anchors().len(), 2);

    // The next one leads to a root that is trusted by now, and nobody need say more.
    let second = home.write("second.ml", list(&utopia, &[&utopia, &atlantis], AUTUMN));
    let [text, _] = keeper.said(&["add", &second, "--dry-run"], "en");
    assert!(text.contains("Nothing was changed"), "{text}");
    let changed = keeper.json(&["add", &second]);
    let of = |word: &str, root: &Entity| {
        let sha256 = fingerprint(&root.certificate);
        let changes = changed["changes"].as_array().unwrap();
        changes
            .iter()
            .any(|one| one["change"] == word && one["sha256"] == *sha256)
    };
    assert!(
        of("removed", &erewhon) && of("added", &atlantis),
        "{changed}"
    );
    let listed = keeper.json(&["list"]);
    assert_eq!(listed["lists"].as_array().unwrap().len(), 1);
    assert_eq!(listed["lists"][0]["country"], "UT");
    assert_eq!(listed["lists"][0]["signed_age_days"], 60);
    let anchors = listed["anchors"].as_array().unwrap();
    assert!(anchors.iter().all(|one| {
        let provenance = one["provenance"].as_str().unwrap();
        provenance.contains("master list of UT of 2026-10-01")
    }));
    // Never back to an older one.
    let third = home.write("third.ml", list(&utopia, &all, SPRING));
    keeper.refused(&["add", &third], "trust.older");
    keeper.refused(&["add", &first], "trust.older");
    assert_eq!(keeper.anchors().len(), 2);
}

#[test]
fn a_list_whose_publisher_nobody_chose_names_who_may_be_chosen() {
    let keeper = Keeper::new();
    let home = &keeper.0;
    let (utopia, erewhon) = (root("UT", Curve::P256), root("ER", Curve::P384));
    keeper.trusts(&utopia);
    let first = home.write("first.ml", list(&utopia, &[&utopia, &erewhon], SUMMER));
    keeper.json(&["add", &first]);
    let second = home.write("second.ml", list(&erewhon, &[&utopia], SUMMER));
    let refusal = keeper.refused(&["add", &second], "trust.list_publisher");
    let signers = refusal["error"]["signers"].as_array().unwrap();
    let last = signers.last().unwrap();
    let sha256 = fingerprint(&erewhon.certificate);
    assert_eq!(last["sha256"], sha256, "{refusal}");
    let command = refusal["error"]["command"].as_str().unwrap().to_owned();
    assert!(command.contains(&sha256), "{command}");
    let arguments: Vec<&str> = command.split(' ').skip(2).collect();
    assert_eq!(keeper.json(&arguments)["applied"], true);
}

#[test]
fn what_is_bad_is_refused_with_its_code_and_the_store_stays() {
    let keeper = Keeper::new();
    let home = &keeper.0;
    let utopia = root("UT", Curve::P256);
    keeper.trusts(&utopia);
    let whole = list(&utopia, &[&utopia], SUMMER);
    let mut wrong = whole.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let other = beside_it("UT", Curve::P384);
    let foreign = root("ER", Curve::P256);
    let stranger = root("UT", Curve::P521);
    let mut endless = vec![0x30, 0x84, 0x3B, 0x9A, 0xCA, 0x00];
    endless.extend_from_slice(&utopia.certificate[4..]);
    let forged = {
        let mut bytes = crl(&utopia, 7, SUMMER);
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    for (name, bytes, code) in [
        (
            "half.ml",
            whole[..whole.len() / 2].to_vec(),
            "trust.malformed",
        ),
        ("wrong.ml", wrong, "trust.list_signature"),
        (
            "stranger.ml",
            list(&stranger, &[&stranger], SUMMER),
            "trust.list_signer_unknown",
        ),
        ("foreign.crl", crl(&foreign, 1, SUMMER), "trust.crl_foreign"),
        ("forged.crl", forged, "trust.crl_unsigned"),
        ("endless.cer", endless, "trust.malformed"),
        ("same.cer", other.certificate.clone(), "trust.same_name"),
        (
            "serial.cer",
            root("UT", Curve::P384).certificate,
            "trust.same_serial",
        ),
        ("words.txt", b"words".to_vec(), "trust.malformed"),
        ("empty.cer", Vec::new(), "trust.malformed"),
        ("long.cer", vec![0x30; 17 * 1024 * 1024], "trust.too_large"),
    ] {
        let file = home.write(name, bytes);
        keeper.refused(&["add", &file], code);
        let [text, words] = keeper.said(&["add", &file], "vi");
        assert!(
            text.is_empty() && words.contains(&format!("[{code}]")),
            "{words}"
        );
        assert!(words.contains("→ Vui lòng"), "{words}");
    }
    keeper.refused(&["add", &home.text("absent.cer")], "trust.unreadable");
    keeper.refused(&["add", &home.text("")], "trust.unreadable");
    // Two keys under one name, as authorities have them, need both words.
    let (file, sha256) = (home.text("same.cer"), fingerprint(&other.certificate));
    keeper.refused(&["add", &file, "--fingerprint", &sha256], "trust.same_name");
    let both = ["add", &file, "--fingerprint", &sha256, "--beside"];
    assert_eq!(keeper.json(&both)["applied"], true);
    assert_eq!(keeper.anchors().len(), 2);
    // A good one among bad ones does not get in alone.
    let good = home.write("good.crl", crl(&utopia, 7, SUMMER));
    keeper.refused(&["add", &good, &home.text("words.txt")], "trust.malformed");
    assert_eq!(keeper.json(&["add", &good])["applied"], true);
    let old = home.write("old.crl", crl(&utopia, 6, SPRING));
    keeper.refused(&["add", &old], "trust.older");
}

#[test]
fn a_store_is_kept_in_a_place_of_its_own() {
    let keeper = Keeper::new();
    let home = &keeper.0;
    let (root, plain) = (
        pki::test_root(),
        home.write("plain/root.cer", pki::test_root()),
    );
    let sha256 = fingerprint(&root);
    let folder = home.text("plain");
    let add = ["add", &plain, "--fingerprint", &sha256, "--trust"];
    keeper.refused(&[&add[..], &[&folder]].concat(), "trust.not_kept");
    let own = home.text("own");
    let added = keeper.json(&[&add[..], &[&own]].concat());
    assert_eq!(added["place"], own);
    assert!(home.path("own/cancuoc-trust.json").is_file());
    let two = [&add[..], &[&own, "--trust", &folder]].concat();
    keeper.refused(&two, "trust.place");
    // A plain folder is still listed, and so are both together.
    for places in [
        &["--trust", &folder][..],
        &["--trust", &folder, "--trust", &own],
    ] {
        let listed = keeper.json(&[&["list"], places].concat());
        assert_eq!(listed["anchors"].as_array().unwrap().len(), 1);
    }
    // The configuration names it for every command.
    home.configure(&format!("trust = [{own:?}]"));
    assert_eq!(keeper.anchors(), [sha256]);
    home.write("own/cancuoc-trust.json", b"{}");
    let error = home.refused(&["trust", "list"], "trust.corrupt");
    assert_eq!(error["error"]["next_action"], "update_trust");
}

#[test]
fn standard_input_and_fingerprints_as_people_write_them_serve() {
    let keeper = Keeper::new();
    let root = pki::test_root();
    let pem = openssl::x509::X509::from_der(&root)
        .unwrap()
        .to_pem()
        .unwrap();
    let digits = fingerprint(&root).to_uppercase();
    let pairs: Vec<&str> = (0..32).map(|at| &digits[2 * at..2 * at + 2]).collect();
    let written = pairs.join(":");
    let arguments = ["trust", "add", "-", "--fingerprint", &written, "--now", NOW];
    let output = keeper
        .0
        .run_with_input(&arguments, std::str::from_utf8(&pem).unwrap());
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(keeper.anchors(), [fingerprint(&root)]);
}

#[test]
fn what_is_fetched_is_trusted_by_signature_or_fingerprint_alone() {
    let keeper = Keeper::new();
    let server = Server::start();
    let root = pki::test_root();
    let url = server.file("/csca.cer", &root);
    let moved = server.lay("/moved", Answer::Moved("/csca.cer".to_owned()));
    keeper.refused(&["add", &url], "trust.unconfirmed");
    let around = server.lay("/around", Answer::Moved("/around".to_owned()));
    let large = server.lay("/large", Answer::Endless(vec![0x30]));
    let slow = server.lay("/slow", Answer::Slow);
    for (url, code) in [
        (server.url("/absent"), "trust.fetch_status"),
        (around, "trust.fetch_redirect"),
        (large, "trust.fetch_too_large"),
        (nobody(), "trust.fetch_unreachable"),
        ("ldap://127.0.0.1/cn=x".to_owned(), "trust.fetch_scheme"),
        (
            "http://me:secret@127.0.0.1/x".to_owned(),
            "trust.fetch_address",
        ),
        (server.file("/page.html", "<html>"), "trust.malformed"),
    ] {
        let error = keeper.refused(&["add", &url], code);
        assert!(!error.to_string().contains("secret"));
    }
    keeper.refused(&["add", &slow, "--timeout", "1"], "trust.fetch_timeout");
    let sha256 = fingerprint(&root);
    let added = keeper.json(&["add", &moved, "--fingerprint", &sha256, "--as", "national"]);
    assert_eq!(added["applied"], true);
    let listed = keeper.json(&["list"]);
    let provenance = listed["anchors"][0]["provenance"].as_str().unwrap();
    assert_eq!(provenance, format!("national publication: {moved}"));
}

/// A root that says where its CRL is.
fn root_with_crl_at(urls: &[&str]) -> Entity {
    let names: Vec<u8> = urls
        .iter()
        .flat_map(|url| encode(0x86, &[url.as_bytes()]))
        .collect();
    let point = encode(tag::SEQUENCE, &[&encode(0xA0, &[&encode(0xA0, &[&names])])]);
    let points = encode(tag::SEQUENCE, &[&point]);
    let points = extension(&[0x55, 0x1D, 31], Critical::No, &points);
    authority(|spec| spec.more_extensions.push(points))
}

#[test]
fn an_update_fetches_lists_and_revocation_lists_again() {
    let keeper = Keeper::new();
    let server = Server::start();
    let published = server.url("/csca.crl");
    let root = root_with_crl_at(&["ldap://a.example/cn=csca", &published]);
    keeper.trusts(&root);
    // Nothing lies there yet.
    let none = keeper.0.json(&Keeper::arguments(&["update"]), 2);
    assert_eq!(none["sources"][0]["outcome"], "failed");
    assert_eq!(none["sources"][0]["error"]["code"], "trust.fetch_status");
    assert_eq!(none["sources"][1]["outcome"], "not_fetched");
    assert_eq!(none["applied"], false);

    server.file("/csca.crl", crl(&root, 4, SUMMER));
    let utopia = self::root("UT", Curve::P256);
    let listed = server.file("/utopia.ml", list(&utopia, &[&utopia], SUMMER));
    let sha256 = fingerprint(&utopia.certificate);
    keeper.json(&["add", &listed, "--fingerprint", &sha256]);
    let dry = keeper.json(&["update", "--dry-run"]);
    assert_eq!(dry["applied"], false);
    assert!(
        keeper.json(&["list"])["crls"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let done = keeper.json(&["update"]);
    assert_eq!(done["summary"]["changed"], 1, "{done}");
    assert_eq!(done["summary"]["unchanged"], 1, "{done}");
    // Of one country nothing else is asked for.
    let one = keeper.json(&["update", "--country", "ut"]);
    let sources = one["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 1, "{one}");
    assert_eq!(sources[0]["source"], *listed);
    let none = keeper.json(&["update", "--country", "FRA"]);
    assert_eq!(none["sources"].as_array().unwrap().len(), 0, "{none}");
    let crls = keeper.json(&["list"])["crls"].clone();
    assert_eq!(crls[0]["number"], "04", "{crls}");
    assert_eq!(crls[0]["age_days"], 152);
    assert_eq!(crls[0]["stale"], false);

    // Newer ones come, and each by itself: one that is older, wrong or gone leaves the old.
    let atlantis = self::root("AT", Curve::P384);
    server.file("/utopia.ml", list(&utopia, &[&utopia, &atlantis], AUTUMN));
    server.file("/csca.crl", crl(&root, 3, SPRING));
    let half = keeper.0.json(&Keeper::arguments(&["update"]), 2);
    let of = |answer: &Value, url: &str| {
        let sources = answer["sources"].as_array().unwrap().iter();
        sources
            .clone()
            .find(|one| one["source"] == *url)
            .unwrap()
            .clone()
    };
    assert_eq!(of(&half, &listed)["outcome"], "updated");
    assert_eq!(of(&half, &published)["error"]["code"], "trust.older");
    let before = files(&keeper.0.path(STORE));
    for answer in [
        Answer::Status(500),
        Answer::Cut(crl(&root, 5, AUTUMN)),
        Answer::Words,
    ] {
        server.lay("/csca.crl", answer.clone());
        server.lay("/utopia.ml", answer);
        let away = keeper.0.json(&Keeper::arguments(&["update"]), 2);
        assert_eq!(away["summary"]["failed"], 2, "{away}");
    }
    assert_eq!(files(&keeper.0.path(STORE)), before);
    let [text, words] = keeper.said(&["update"], "vi");
    assert!(
        text.contains("giữ nguyên") && text.contains("không tải"),
        "{text}"
    );
    assert!(words.contains("[trust.fetch_broken]"), "{words}");
    // One source by name.
    let file = keeper.0.write("new.crl", crl(&root, 6, AUTUMN));
    assert_eq!(keeper.json(&["update", &file])["summary"]["changed"], 1);
}

#[test]
fn both_languages_say_what_to_compare_and_what_to_do() {
    let keeper = Keeper::new();
    let file = keeper.0.write("csca.cer", pki::test_root());
    let sha256 = fingerprint(&pki::test_root());
    let groups: Vec<String> = (0..8)
        .map(|at| sha256[4 * at..4 * at + 4].to_uppercase())
        .collect();
    for (lang, subject, remedy, command) in [
        (
            "vi",
            "Chủ thể",
            "→ Vui lòng đối chiếu dấu vân tay",
            "Khi dấu vân tay đúng",
        ),
        (
            "en",
            "subject",
            "→ Compare its SHA-256",
            "Once the fingerprint is the one",
        ),
    ] {
        let [text, words] = keeper.said(&["add", &file], lang);
        assert!(text.is_empty(), "{text}");
        for part in [subject, remedy, command, &groups.join(" ")] {
            assert!(words.contains(part), "{part}\n{words}");
        }
        assert!(
            words.contains(&format!("--fingerprint {sha256}")),
            "{words}"
        );
    }
    let [text, _] = keeper.said(&["add", &file, "--fingerprint", &sha256], "vi");
    assert!(text.contains("+ thêm chứng thư gốc của VN"), "{text}");
    assert!(text.contains("dấu vân tay do người vận hành nêu"), "{text}");
    let [text, _] = keeper.said(&["list"], "vi");
    assert!(text.contains("VN  1 chứng thư gốc"), "{text}");
    assert!(text.contains("còn hiệu lực"), "{text}");
    let [text, _] = keeper.said(&["show", "VN"], "en");
    assert!(
        text.contains("vouched for by") && text.contains("added"),
        "{text}"
    );
}

/// A file of the real trust data, where that is at hand.
fn real(name: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/trust");
    let path = folder.join(name);
    if !path.is_file() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path.to_str().unwrap().to_owned())
}

#[test]
fn the_real_vietnamese_root_and_german_list_get_in() {
    const VIETNAM: &str = "6F0A20D63A43FC589EAF0D8C52113A2A8BFA341C6F2FAB04121238AA0C22B1A9";
    let files = [
        "csca_vietnam_cccd_001.pem",
        "DE_ML_2026-05-28-08-28-45.ml",
        "DE_ML_2024-08-07-07-38-24.ml",
    ];
    let [Some(root), Some(list), Some(older)] = files.map(real) else {
        return;
    };
    let keeper = Keeper::new();
    let refusal = keeper.refused(&["add", &root], "trust.unconfirmed");
    assert!(refusal["error"]["unconfirmed"][0]["known_as"]["en"].is_string());
    keeper.json(&["add", &root, "--fingerprint", VIETNAM]);
    let refusal = keeper.refused(&["add", &list], "trust.list_signer_unknown");
    let signers = refusal["error"]["signers"].as_array().unwrap();
    let csca = signers.last().unwrap();
    assert!(csca["known_as"]["en"].as_str().unwrap().contains("German"));
    let sha256 = csca["sha256"].as_str().unwrap();
    let [text, _] = keeper.said(&["add", &list, "--fingerprint", sha256], "en");
    assert!(text.contains("root certificates by country"), "{text}");
    let listed = keeper.json(&["list"]);
    assert!(listed["anchors"].as_array().unwrap().len() > 300);
    let vietnamese = keeper.json(&["list", "--country", "vn"]);
    assert_eq!(vietnamese["anchors"].as_array().unwrap().len(), 2);
    let expired = keeper.json(&["list", "--expired"]);
    let standings = expired["anchors"].as_array().unwrap();
    assert!(standings.iter().all(|one| one["standing"] == "expired"));
    keeper.refused(&["add", &older], "trust.older");
}
