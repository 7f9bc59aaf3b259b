//! What the operator trusts: country authorities with their provenance, and what helps to judge
//! beside them (links, document signers, CRLs).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::OnceLock;

use jiff::Timestamp;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::deviation_list::DeviationList;
use crate::pki::memo::Memo;

/// Who vouches for an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// The operator put this very certificate into a trust folder.
    Operator {
        /// Name of the file.
        file: String,
    },
    /// A state published it as its own, and the operator took it from there.
    National {
        /// Where it was published.
        source: String,
    },
    /// It came from the public key directory of ICAO.
    Pkd {
        /// Name of the file.
        source: String,
    },
    /// It stood in a master list.
    MasterList {
        /// Name of the file.
        file: String,
        /// The state that signed the list, in upper case, where that is said.
        state: Option<String>,
        /// When the list was signed, where that is said.
        signed: Option<Timestamp>,
    },
    /// It is the root of the virtual card: nothing real.
    TestCard,
}

impl Provenance {
    /// How near the voucher is to the operator, the nearest first: of two that vouch for one certificate
    /// the nearer is told. The test card's root stays what it is, whoever else says that he trusts it. Of
    /// two master lists it is the one that was signed later: whoever lists a certificate today vouches
    /// for it today.
    pub(in crate::pki) fn nearness(&self) -> (u8, Reverse<Option<Timestamp>>) {
        match self {
            Self::TestCard => (0, Reverse(None)),
            Self::Operator { .. } => (1, Reverse(None)),
            Self::National { .. } => (2, Reverse(None)),
            Self::Pkd { .. } => (3, Reverse(None)),
            Self::MasterList { signed, .. } => (4, Reverse(*signed)),
        }
    }
}

impl std::fmt::Display for Provenance {
    /// For the report's evidence: `operator: csca.pem`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operator { file } => write!(f, "operator: {file}"),
            Self::National { source } => write!(f, "national publication: {source}"),
            Self::Pkd { source } => write!(f, "PKD: {source}"),
            Self::MasterList {
                file,
                state,
                signed,
            } => {
                f.write_str("master list")?;
                if let Some(state) = state {
                    write!(f, " of {state}")?;
                }
                if let Some(signed) = signed {
                    write!(f, " of {}", signed.strftime("%Y-%m-%d"))?;
                }
                write!(f, ": {file}")
            }
            Self::TestCard => f.write_str("test card"),
        }
    }
}

/// A certificate that is trusted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// Who vouches for it.
    pub provenance: Provenance,
}

/// Document signers' certificates, one after the other, not read yet. Most cards bring theirs, and a
/// directory has some thirty thousand.
#[derive(Clone)]
struct Sealed {
    raw: Arc<Vec<u8>>,
    /// Those of them that are left out.
    without: Arc<BTreeSet<[u8; 32]>>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.raw.len())
    }
}

/// Certificates that stand one after the other, as far as they can be read.
pub(crate) fn in_a_row(raw: &[u8]) -> impl Iterator<Item = Certificate> {
    let mut reader = Reader::new(raw);
    let elements = std::iter::from_fn(move || {
        let element = reader.expect(tag::SEQUENCE, "Certificate");
        element.ok().map(|element| element.raw)
    });
    elements.filter_map(|raw| Certificate::decode(raw).ok())
}

/// What the operator trusts.
///
/// ```
/// use cancuoc::pki::store::TrustStore;
///
/// let store = TrustStore::empty();
/// assert!(store.anchors_for("VN").next().is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    anchors: Vec<Anchor>,
    /// Places in `anchors`, by fingerprint.
    by_fingerprint: BTreeMap<[u8; 32], usize>,
    /// Places in `anchors`, by country in upper case.
    by_country: BTreeMap<String, Vec<usize>>,
    links: Vec<Certificate>,
    /// Places in `links`, by country in upper case.
    links_by_country: BTreeMap<String, Vec<usize>>,
    signers: Vec<Certificate>,
    sealed: Vec<Sealed>,
    /// All signers, once somebody asked for them.
    opened: OnceLock<Vec<Certificate>>,
    crls: Vec<Crl>,
    deviation_lists: Vec<DeviationList>,
    known: BTreeSet<[u8; 32]>,
    memo: Memo,
}

impl TrustStore {
    /// Trusts nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Trusts a certificate. The same one given twice is kept once, with the nearer provenance: the
    /// test card's stays what it is, the operator's own word replaces a list's, and a newer list's an
    /// older one's.
    pub fn add_anchor(&mut self, certificate: Certificate, provenance: Provenance) {
        let place = self.by_fingerprint.get(certificate.fingerprint());
        if let Some(known) = place.and_then(|place| self.anchors.get_mut(*place)) {
            if provenance.nearness() < known.provenance.nearness() {
                known.provenance = provenance;
            }
            return;
        }
        let place = self.anchors.len();
        self.by_fingerprint
            .insert(*certificate.fingerprint(), place);
        if let Some(country) = certificate.country() {
            self.by_country.entry(country).or_default().push(place);
        }
        self.anchors.push(Anchor {
            certificate,
            provenance,
        });
    }

    /// Takes the test material among the anchors for what it is to whoever makes a virtual card, or names
    /// its root for one run: [`Provenance::TestCard`].
    pub fn own_test_material(&mut self) {
        for anchor in &mut self.anchors {
            if anchor.certificate.is_test_material() {
                anchor.provenance = Provenance::TestCard;
            }
        }
    }

    /// Keeps a link certificate: it is trusted only as far as an anchor's signature carries.
    pub fn add_link(&mut self, certificate: Certificate) {
        if self.known.insert(*certificate.fingerprint()) {
            if let Some(country) = certificate.country() {
                let places = self.links_by_country.entry(country).or_default();
                places.push(self.links.len());
            }
            self.links.push(certificate);
        }
    }

    /// Keeps a document signer's certificate for cards that bring none; it is not trusted.
    pub fn add_signer(&mut self, certificate: Certificate) {
        if self.known.insert(*certificate.fingerprint()) {
            self.signers.push(certificate);
            self.opened = OnceLock::new();
        }
    }

    /// Keeps document signers' certificates that stand one after the other, but for some. They are
    /// read when somebody asks for a signer.
    pub(crate) fn add_signers(&mut self, raw: Arc<Vec<u8>>, without: Arc<BTreeSet<[u8; 32]>>) {
        self.sealed.push(Sealed { raw, without });
        self.opened = OnceLock::new();
    }

    /// Keeps a revocation list; its signature is checked when it is used.
    pub fn add_crl(&mut self, crl: Crl) {
        self.crls.push(crl);
    }

    /// Keeps a deviation list, which speaks of the documents of the state that signed it.
    pub fn add_deviation_list(&mut self, list: DeviationList) {
        self.deviation_lists.push(list);
    }

    /// Every anchor.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// The anchor with that SHA-256.
    pub fn anchor(&self, fingerprint: &[u8; 32]) -> Option<&Anchor> {
        let place = self.by_fingerprint.get(fingerprint)?;
        self.anchors.get(*place)
    }

    /// The anchors of a country, given in upper case.
    pub fn anchors_for<'a>(&'a self, country: &str) -> impl Iterator<Item = &'a Anchor> + use<'a> {
        let places = self.by_country.get(country).map(Vec::as_slice);
        places
            .unwrap_or_default()
            .iter()
            .filter_map(|place| self.anchors.get(*place))
    }

    /// The countries that have an anchor, in upper case, in order.
    pub fn countries(&self) -> impl Iterator<Item = &str> {
        self.by_country.keys().map(String::as_str)
    }

    /// The link certificates.
    pub fn links(&self) -> &[Certificate] {
        &self.links
    }

    /// The link certificates of a country, given in upper case.
    pub fn links_for<'a>(
        &'a self,
        country: &str,
    ) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        let places = self.links_by_country.get(country).map(Vec::as_slice);
        places
            .unwrap_or_default()
            .iter()
            .filter_map(|place| self.links.get(*place))
    }

    /// Document signers' certificates, not trusted, for cards that bring none.
    pub fn signers(&self) -> &[Certificate] {
        if self.sealed.is_empty() {
            return &self.signers;
        }
        self.opened.get_or_init(|| {
            let mut known = self.known.clone();
            let mut all = self.signers.clone();
            for sealed in &self.sealed {
                all.extend(in_a_row(&sealed.raw).filter(|one| {
                    let fingerprint = one.fingerprint();
                    !sealed.without.contains(fingerprint) && known.insert(*fingerprint)
                }));
            }
            all
        })
    }

    /// The signatures on certificates and lists that were right, whoever asked.
    pub(in crate::pki) const fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The revocation lists.
    pub fn crls(&self) -> &[Crl] {
        &self.crls
    }

    /// The newest date that a list of roots or of revoked certificates was signed on, where any says one:
    /// how old what is trusted is.
    pub fn newest_signed(&self) -> Option<Timestamp> {
        let lists = self.anchors.iter().map(|anchor| match &anchor.provenance {
            Provenance::MasterList { signed, .. } => *signed,
            _ => None,
        });
        let revoked = self.crls.iter().map(Crl::this_update);
        lists.flatten().chain(revoked).max()
    }

    /// The deviation lists.
    pub fn deviation_lists(&self) -> &[DeviationList] {
        &self.deviation_lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::build::Draft;
    use crate::pki::build::name;

    fn root(country: &str, key: u8) -> Certificate {
        let name = name(country, "Test CSCA");
        Draft::authority(&name, key, &name, key).certificate(key)
    }

    fn operator() -> Provenance {
        Provenance::Operator {
            file: "own".to_owned(),
        }
    }

    #[test]
    fn an_anchor_is_kept_once_with_the_nearer_provenance() {
        let mut store = TrustStore::empty();
        let root = root("VN", 1);
        let list = Provenance::MasterList {
            file: "list".to_owned(),
            state: Some("VN".to_owned()),
            signed: None,
        };
        store.add_anchor(root.clone(), list.clone());
        store.add_anchor(root.clone(), operator());
        store.add_anchor(root.clone(), list);
        assert_eq!(store.anchors().len(), 1);
        assert_eq!(store.anchors()[0].provenance, operator());
        store.add_anchor(root.clone(), Provenance::TestCard);
        store.add_anchor(root, operator());
        assert_eq!(store.anchors()[0].provenance, Provenance::TestCard);
    }

    #[test]
    fn signers_in_a_row_are_read_when_they_are_asked_for() {
        let mut store = TrustStore::empty();
        let all = [1, 2, 3].map(|key| root("VN", key));
        let raw: Vec<u8> = all.iter().flat_map(|one| one.raw().to_vec()).collect();
        let without = BTreeSet::from([*all[1].fingerprint()]);
        store.add_signer(all[2].clone());
        store.add_signers(Arc::new(raw.clone()), Arc::new(without));
        assert_eq!(store.signers(), [all[2].clone(), all[0].clone()]);
        store.add_signers(Arc::new(raw), Arc::default());
        assert_eq!(store.signers().len(), 3);
        store.add_signer(root("VN", 4));
        assert_eq!(store.signers().len(), 4);
    }

    #[test]
    fn of_several_lists_the_one_signed_last_vouches_in_whatever_order_they_come() {
        let list = |signed: Option<&str>| Provenance::MasterList {
            file: "list".to_owned(),
            state: Some("DE".to_owned()),
            signed: signed.map(|signed| signed.parse().unwrap()),
        };
        let newest = list(Some("2026-05-28T08:28:45Z"));
        let others = [list(Some("2024-08-07T07:38:24Z")), list(None)];
        for other in others {
            for [first, second] in [[&newest, &other], [&other, &newest]] {
                let mut store = TrustStore::empty();
                store.add_anchor(root("VN", 1), first.clone());
                store.add_anchor(root("VN", 1), second.clone());
                assert_eq!(store.anchors()[0].provenance, newest);
            }
        }
    }

    #[test]
    fn a_country_has_many_anchors_and_no_other_country_them() {
        let mut store = TrustStore::empty();
        for (country, key) in [("VN", 1), ("de", 2), ("VN", 3)] {
            store.add_anchor(root(country, key), operator());
        }
        let of = |country| {
            store
                .anchors_for(country)
                .map(|anchor| anchor.certificate.serial()[0])
                .collect::<Vec<u8>>()
        };
        assert_eq!(of("VN"), [1, 3]);
        assert_eq!(of("DE"), [2]);
        assert!(of("FR").is_empty());
        assert_eq!(store.countries().collect::<Vec<_>>(), ["DE", "VN"]);
        let first = *store.anchors()[0].certificate.fingerprint();
        assert_eq!(store.anchor(&first), Some(&store.anchors()[0]));
        assert_eq!(store.anchor(&[0; 32]), None);
    }
}
