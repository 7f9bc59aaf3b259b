//! Which of the protocols on offer to run (Doc 9303-11 §4.4.2, §9.2.3).

use crate::channel::pace::Parameters;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceInfo;
use crate::lds::security_infos::PaceProtocol;
use crate::lds::security_infos::SecurityInfos;

/// One PACEInfo that this build can run.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) parameters: Parameters,
    /// What is unusual about it, by the names of the quirks.
    pub(super) quirks: Vec<&'static str>,
}

/// Every protocol that this build runs, the strongest first: by cipher, then by the group's bits of
/// security; then chip authentication mapping, which proves the chip at the same time, before
/// generic before integrated mapping; then curves before prime fields, because they are faster.
///
/// Identifiers and parameters that this build does not know are passed over (quirk row 5).
pub(super) fn offers(infos: &SecurityInfos) -> Vec<Offer> {
    let mut offers: Vec<Offer> = infos
        .pace
        .iter()
        .filter_map(|info| offer(infos, info))
        .collect();
    // Stable: among equals the card's own order stands.
    offers.sort_by_key(|offer| std::cmp::Reverse(rank(&offer.parameters)));
    offers
}

/// The ways to run PACE that a read takes of those that a chip offers, best first.
pub fn pace_choices(infos: &SecurityInfos) -> Vec<Parameters> {
    let offers = offers(infos).into_iter();
    offers.map(|offer| offer.parameters).collect()
}

fn rank(parameters: &Parameters) -> impl Ord + use<> {
    let PaceProtocol {
        agreement,
        mapping,
        cipher,
    } = parameters.protocol;
    let mapping = match mapping {
        Mapping::ChipAuthentication => 2,
        Mapping::Generic => 1,
        Mapping::Integrated => 0,
    };
    let speed = match agreement {
        Agreement::Ecdh => 1,
        Agreement::Dh => 0,
    };
    (cipher, parameters.domain.strength(), mapping, speed)
}

fn offer(infos: &SecurityInfos, info: &PaceInfo) -> Option<Offer> {
    let protocol = info.protocol?;
    let mut quirks = Vec::new();
    let standardized = info
        .parameter_id
        .and_then(|id| u8::try_from(id).ok())
        .and_then(Domain::from_parameter_id);
    let domain = match standardized {
        Some(domain) => domain,
        None => {
            quirks.push("pace-domain-parameters");
            stands_apart(infos, protocol, info.parameter_id)?
        }
    };
    if info.parameter_id.is_none() {
        quirks.push("pace-info-without-id");
    }
    if !infos.pace_surplus.is_empty() {
        quirks.push("pace-info-extra-elements");
    }
    if infos.pace.len() > 1 {
        quirks.push("several-pace-infos");
    }
    if domain.agreement() != protocol.agreement {
        return None;
    }
    if protocol.mapping == Mapping::Integrated && !domain.has_integrated_mapping() {
        return None;
    }
    // Doc 9303-11 §4.4.4.1: the reference is needed when several sets share the identifier.
    let shared = infos
        .pace
        .iter()
        .filter(|other| other.oid == info.oid)
        .count()
        > 1;
    Some(Offer {
        parameters: Parameters {
            oid: info.oid.clone(),
            protocol,
            reference: shared.then(|| reference(info, &domain)).flatten(),
            domain,
        },
        quirks,
    })
}

/// What names the domain parameters of an info in MSE:Set AT.
fn reference(info: &PaceInfo, domain: &Domain) -> Option<u8> {
    match info.parameter_id {
        Some(id) => u8::try_from(id).ok(),
        None => domain.parameter_id(),
    }
}

/// The group of the PACEDomainParameterInfo that a PACEInfo means: the one with its number, or the
/// only one for its protocol. It counts when it is a standardized one, by number or in full.
fn stands_apart(
    infos: &SecurityInfos,
    protocol: PaceProtocol,
    parameter_id: Option<u32>,
) -> Option<Domain> {
    let mut fitting = infos.pace_domains.iter().filter(|info| {
        info.agreement == protocol.agreement
            && info.mapping == protocol.mapping
            && (parameter_id.is_none() || info.parameter_id == parameter_id)
    });
    let only = fitting.next()?;
    if fitting.next().is_some() {
        return None;
    }
    only.domain
        .clone()
        .filter(|domain| domain.parameter_id().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::tlv::encode;
    use crate::bytes::tlv::encode_integer;
    use crate::bytes::tlv::tag;

    /// A PACEInfo with these last two arcs and these further elements.
    fn info(arcs: [u8; 2], rest: &[Vec<u8>]) -> Vec<u8> {
        let oid = [&[0x04, 0, 0x7F, 0, 7, 2, 2, 4], &arcs[..]].concat();
        let rest = rest.concat();
        encode(
            tag::SEQUENCE,
            &[&encode(tag::OID, &[&oid]), &encode_integer(&[2]), &rest],
        )
    }

    /// A PACEDomainParameterInfo with a standardized id, and its own number perhaps.
    fn domain(arc: u8, id: u8, number: Option<u8>) -> Vec<u8> {
        let oid = encode(tag::OID, &[&[0x04, 0, 0x7F, 0, 7, 2, 2, 4, arc]]);
        let standardized = encode(
            tag::SEQUENCE,
            &[
                &encode(tag::OID, &[&[0x04, 0, 0x7F, 0, 7, 1, 2]]),
                &encode_integer(&[id]),
            ],
        );
        let number = number.map(|number| encode_integer(&[number]));
        encode(
            tag::SEQUENCE,
            &[&oid, &standardized, &number.unwrap_or_default()],
        )
    }

    fn number(value: u8) -> Vec<u8> {
        encode_integer(&[value])
    }

    /// Arcs, parameter id and reference.
    type Seen = (Vec<u8>, u8, Option<u8>);

    /// Those of every offer in order, and the quirks of the first.
    fn order(infos: &[Vec<u8>]) -> (Vec<Seen>, Vec<&'static str>) {
        let set = encode(tag::SET, &[&infos.concat()]);
        let offers = offers(&SecurityInfos::decode(&set).unwrap());
        let quirks = offers
            .first()
            .map(|offer| offer.quirks.clone())
            .unwrap_or_default();
        let seen = offers
            .into_iter()
            .map(|Offer { parameters, .. }| {
                (
                    parameters.oid[8..].to_vec(),
                    parameters.domain.parameter_id().unwrap(),
                    parameters.reference,
                )
            })
            .collect();
        (seen, quirks)
    }

    #[test]
    fn the_strongest_comes_first() {
        let (seen, quirks) = order(&[
            info([2, 1], &[number(13)]),
            info([2, 2], &[number(12)]),
            info([1, 2], &[number(2)]),
            info([4, 2], &[number(13)]),
            info([6, 2], &[number(13)]),
            info([2, 4], &[number(8)]),
        ]);
        let arcs: Vec<_> = seen.iter().map(|(arcs, _, _)| arcs.as_slice()).collect();
        assert_eq!(
            arcs,
            [[2, 4], [6, 2], [2, 2], [4, 2], [1, 2], [2, 1]].map(|arcs| arcs.to_vec())
        );
        assert_eq!(quirks, ["several-pace-infos"]);
    }

    #[test]
    fn integrated_mapping_is_not_run_where_it_is_not_defined() {
        let (seen, _) = order(&[info([4, 4], &[number(10)]), info([4, 2], &[number(11)])]);
        assert_eq!(seen, [(vec![4, 2], 11, None)]);
    }

    #[test]
    fn a_shared_identifier_needs_the_reference() {
        let (seen, _) = order(&[info([2, 2], &[number(12)]), info([2, 2], &[number(16)])]);
        assert_eq!(
            seen,
            [(vec![2, 2], 16, Some(16)), (vec![2, 2], 12, Some(12))]
        );
        let (seen, quirks) = order(&[info([2, 2], &[number(12)])]);
        assert_eq!(seen, [(vec![2, 2], 12, None)]);
        assert!(quirks.is_empty());
    }

    #[test]
    fn parameters_may_stand_apart() {
        let without_id = info([2, 2], &[]);
        let (seen, quirks) = order(&[domain(2, 13, None), without_id.clone()]);
        assert_eq!(seen, [(vec![2, 2], 13, None)]);
        assert_eq!(quirks, ["pace-domain-parameters", "pace-info-without-id"]);
        // By its own number, which is none of the standardized ones.
        let (seen, quirks) = order(&[
            domain(2, 13, Some(0x21)),
            domain(2, 16, Some(0x22)),
            info([2, 2], &[number(0x22)]),
        ]);
        assert_eq!(seen, [(vec![2, 2], 16, None)]);
        assert_eq!(quirks, ["pace-domain-parameters"]);
        // Two that fit, one for another mapping, one of another kind, none at all.
        for apart in [
            vec![domain(2, 13, None), domain(2, 12, None)],
            vec![domain(4, 13, None)],
            vec![domain(2, 2, None)],
            vec![],
        ] {
            let (seen, _) = order(&[apart.concat(), without_id.clone()]);
            assert!(seen.is_empty());
        }
    }

    #[test]
    fn what_is_unknown_or_odd_is_passed_over() {
        let good = info([2, 2], &[number(13), number(7)]);
        let (seen, quirks) = order(&[
            // Chip authentication mapping with triple DES and over a prime field.
            info([6, 1], &[number(13)]),
            info([5, 2], &[number(0)]),
            info([6, 2], &[number(0)]),
            // A prime field under the identifier of curves, and the other way round.
            info([2, 4], &[number(2)]),
            info([1, 4], &[number(13)]),
            info([2, 4], &[number(7)]),
            info([2, 4], &[encode_integer(&[1, 13])]),
            info([9, 4], &[number(13)]),
            // Integrated mapping, which is not defined on NIST P-224.
            info([4, 4], &[number(10)]),
            good,
        ]);
        assert_eq!(seen, [(vec![2, 2], 13, None)]);
        assert_eq!(quirks, ["pace-info-extra-elements", "several-pace-infos"]);
    }
}
