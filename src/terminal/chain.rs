//! Which certificates follow from which, and the way from an authority that a chip knows to the
//! terminal itself.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use jiff::civil::Date;

use crate::crypto::signature::PublicKey;
use crate::pki::cvc::CvCertificate;
use crate::pki::cvc::Reference;
use crate::pki::cvc::chain::Fault;
use crate::pki::cvc::chain::Holder;
use crate::pki::cvc::chat::Rights;
use crate::pki::cvc::chat::Role;

/// Most signatures verified while certificates are put in order. Each certificate needs one; more
/// than that happens only where several keys bear one name.
const MAX_VERIFICATIONS: usize = 256;

/// What to send to a chip, and what it then lets us do.
#[derive(Debug, Clone)]
pub struct Chain {
    certificates: Vec<CvCertificate>,
    terminal: Holder,
    rights: Rights,
}

impl Chain {
    /// In the order in which the chip takes them: links, verifier, terminal.
    pub fn certificates(&self) -> &[CvCertificate] {
        &self.certificates
    }

    /// The last holder.
    pub const fn terminal(&self) -> &Holder {
        &self.terminal
    }

    /// The effective authorization.
    pub const fn rights(&self) -> &Rights {
        &self.rights
    }
}

/// Why there is no chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoChain {
    /// No certificate leads from this authority to a terminal.
    Unknown,
    /// One does, but for another key than the terminal's.
    OtherKey,
    /// One would, but for this certificate.
    Broken {
        /// Its holder.
        holder: Reference,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// A certificate that holds.
#[derive(Debug)]
struct Node {
    certificate: CvCertificate,
    holder: Holder,
    /// Number of the issuer's node; `None` for an authority that vouches for itself.
    issuer: Option<usize>,
}

/// A certificate that does not.
#[derive(Debug)]
struct Failed {
    certificate: CvCertificate,
    fault: Fault,
}

impl Failed {
    fn told(&self) -> NoChain {
        NoChain::Broken {
            holder: self.certificate.holder.clone(),
            fault: self.fault,
        }
    }
}

/// Certificates in order, each verified once.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    failed: Vec<Failed>,
}

impl Graph {
    /// Verifies what can be verified. Nothing is taken on trust but the authorities themselves, and
    /// whether those are right the chip knows.
    pub(super) fn new(mut certificates: Vec<CvCertificate>, today: Date) -> Self {
        // The freshest first, so that it is the one that is found.
        certificates.sort_by_key(|certificate| std::cmp::Reverse(certificate.expiration));
        let mut nodes: Vec<Node> = Vec::new();
        let mut failed = Vec::new();
        let mut budget = MAX_VERIFICATIONS;
        let (roots, mut open): (Vec<_>, Vec<_>) = certificates
            .into_iter()
            .map(|certificate| (certificate, None))
            .partition(|(certificate, _)| certificate.is_self_signed());
        for (certificate, _) in roots {
            match Holder::authority(&certificate) {
                Ok(holder) => nodes.push(Node {
                    certificate,
                    holder,
                    issuer: None,
                }),
                Err(fault) => failed.push(Failed { certificate, fault }),
            }
        }
        let mut next = 0;
        while let Some(issuer) = nodes.get(next).map(|node| node.holder.clone()) {
            let mut left = Vec::new();
            for (certificate, seen) in open {
                if certificate.authority != *issuer.reference() || budget == 0 {
                    left.push((certificate, seen));
                    continue;
                }
                budget -= 1;
                match issuer.issued(&certificate, today) {
                    Ok(holder) => nodes.push(Node {
                        certificate,
                        holder,
                        issuer: Some(next),
                    }),
                    Err(fault) => left.push((certificate, Some(fault))),
                }
            }
            open = left;
            next += 1;
        }
        failed.extend(
            open.into_iter().filter_map(|(certificate, fault)| {
                fault.map(|fault| Failed { certificate, fault })
            }),
        );
        Self { nodes, failed }
    }

    /// The best way from an authority: the most rights, then the fewest certificates.
    pub(super) fn chain(
        &self,
        authority: &[u8],
        own: Option<&PublicKey>,
    ) -> Result<Chain, NoChain> {
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut ways: VecDeque<Vec<usize>> = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| is_named(node, authority))
            .map(|(number, _)| vec![number])
            .collect();
        reached.extend(ways.iter().flatten());
        let mut best: Option<Chain> = None;
        let mut other_key = false;
        while let Some(way) = ways.pop_front() {
            let Some((number, node)) = way
                .last()
                .and_then(|number| Some((*number, self.nodes.get(*number)?)))
            else {
                continue;
            };
            if node.holder.role() == Role::Terminal {
                if own.is_some_and(|own| own != node.holder.key()) {
                    other_key = true;
                    continue;
                }
                let chain = self.along(&way, &node.holder);
                let better = best
                    .as_ref()
                    .is_none_or(|best| weight(&chain.rights) > weight(&best.rights));
                if better {
                    best = Some(chain);
                }
                continue;
            }
            for below in self.issued_by(number) {
                if reached.insert(below) {
                    ways.push_back([way.as_slice(), &[below]].concat());
                }
            }
        }
        if let Some(chain) = best {
            return Ok(chain);
        }
        if other_key {
            return Err(NoChain::OtherKey);
        }
        Err(self.why_none(authority, &reached))
    }

    /// The most that a terminal of these certificates may do.
    pub(super) fn most_rights(&self, own: Option<&PublicKey>) -> Option<Rights> {
        self.nodes
            .iter()
            .map(|node| &node.holder)
            .filter(|holder| holder.role() == Role::Terminal)
            .filter(|holder| own.is_none_or(|own| own == holder.key()))
            .map(|holder| holder.rights().clone())
            .max_by_key(weight)
    }

    /// Why nobody knows this terminal, if nobody does.
    pub(super) fn fault(&self, own: Option<&PublicKey>) -> Option<NoChain> {
        if self.most_rights(own).is_some() {
            return None;
        }
        let terminals = self.most_rights(None).is_some();
        Some(match self.failed.first() {
            _ if terminals => NoChain::OtherKey,
            Some(failed) => failed.told(),
            None => NoChain::Unknown,
        })
    }

    /// What was verified under the key of this node, wherever else that key stands.
    fn issued_by(&self, number: usize) -> impl Iterator<Item = usize> {
        let issuer = self.nodes.get(number).map(|node| &node.holder);
        let same_key = move |other: &Holder| {
            issuer.is_some_and(|issuer| {
                issuer.reference() == other.reference() && issuer.key() == other.key()
            })
        };
        self.nodes
            .iter()
            .enumerate()
            .filter(move |(_, node)| {
                node.issuer
                    .and_then(|issuer| self.nodes.get(issuer))
                    .is_some_and(|issuer| same_key(&issuer.holder))
            })
            .map(|(number, _)| number)
    }

    /// The certificates of a way, without the authority that the chip knows already.
    fn along(&self, way: &[usize], terminal: &Holder) -> Chain {
        let certificates: Vec<CvCertificate> = way
            .iter()
            .filter_map(|number| self.nodes.get(*number))
            .map(|node| node.certificate.clone())
            .collect();
        // The chip counts from the last authority's key on.
        let from_authority = certificates
            .iter()
            .rposition(|certificate| certificate.chat.role() == Role::Cvca)
            .unwrap_or_default();
        let rights = certificates
            .iter()
            .skip(from_authority)
            .map(|certificate| certificate.chat.rights().clone())
            .reduce(|given, own| given.and(&own))
            .unwrap_or_else(|| terminal.rights().clone());
        Chain {
            certificates: certificates.into_iter().skip(1).collect(),
            terminal: terminal.clone(),
            rights,
        }
    }

    /// The certificate that is to blame: of the authority itself, or the one where the way ends.
    fn why_none(&self, authority: &[u8], reached: &BTreeSet<usize>) -> NoChain {
        let names: BTreeSet<&[u8]> = reached
            .iter()
            .filter_map(|number| self.nodes.get(*number))
            .map(|node| node.holder.reference().octets())
            .chain([authority])
            .collect();
        self.failed
            .iter()
            .find(|failed| names.contains(failed.certificate.authority.octets()))
            .map_or(NoChain::Unknown, Failed::told)
    }
}

fn is_named(node: &Node, authority: &[u8]) -> bool {
    node.holder.role() == Role::Cvca && node.holder.reference().octets() == authority
}

/// Number of rights.
fn weight(rights: &Rights) -> u32 {
    rights.bits().iter().map(|octet| octet.count_ones()).sum()
}
