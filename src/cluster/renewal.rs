//! The certificates of nodes that must be renewed; pure.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::observed::{Answer, Observed};
use crate::spec::encryption::{ShownCertificate, Validity, certificate_names};
use crate::spec::{NodeId, Spec};

/// Why a certificate must be renewed. `Display` is the reason for users.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Renewal {
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate has less than a third of its time left")]
    Short,
    #[error("the names in its certificate change: {}", differences(.added, .removed))]
    Names {
        /// The names that it lacks.
        added: BTreeSet<String>,
        /// The names that it should not have.
        removed: BTreeSet<String>,
    },
    #[error("a new certificate was requested")]
    Requested,
}

fn differences(added: &BTreeSet<String>, removed: &BTreeSet<String>) -> String {
    let listed = |names: &BTreeSet<String>, what: &str| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")))
    };
    let parts: Vec<String> = [listed(added, "is added"), listed(removed, "is removed")].into_iter().flatten().collect();
    parts.join(", ")
}

/// The certificate that a node shows; `None` without TLS, and where it does not answer.
pub fn shown(node: NodeId, observed: &Observed) -> Option<&ShownCertificate> {
    let topology = &observed.topology;
    match node {
        NodeId::Redis { .. } => topology.redis.get(&node)?.said()?.certificate.as_ref(),
        NodeId::Sentinel(_) => topology.sentinels.get(&node).and_then(Answer::said)?.certificate.as_ref(),
        NodeId::Proxy(_) | NodeId::Exporter | NodeId::Guard(_) => None,
    }
}

/// Why the certificate that a node shows must be renewed; `None` if it need not be.
pub fn renewal(spec: &Spec, node: NodeId, observed: &Observed) -> Option<Renewal> {
    let shown = shown(node, observed)?;
    let subnet = observed.inventory.network.as_ref()?.subnet;
    let wanted = certificate_names(spec, subnet, node);
    match shown.validity {
        Validity::Expired => Some(Renewal::Expired),
        _ if shown.names != wanted => {
            Some(Renewal::Names { added: &wanted - &shown.names, removed: &shown.names - &wanted })
        }
        Validity::Short => Some(Renewal::Short),
        Validity::Ample if spec.tls.renewed.is_some_and(|requested| shown.made < requested) => Some(Renewal::Requested),
        Validity::Ample => None,
    }
}

/// The nodes whose certificates must be renewed, by reason.
pub fn renewals(spec: &Spec, observed: &Observed) -> BTreeMap<Renewal, BTreeSet<NodeId>> {
    let mut by_reason: BTreeMap<Renewal, BTreeSet<NodeId>> = BTreeMap::new();
    for node in spec.nodes() {
        if let Some(why) = renewal(spec, node, observed) {
            by_reason.entry(why).or_default().insert(node);
        }
    }
    by_reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fixture::{healthy, redis};
    use crate::spec::{Encryption, Subnet};

    #[test]
    fn a_certificate_is_renewed_in_time_for_other_names_and_when_it_is_requested() {
        let spec = Spec { encryption: Encryption::Tls, ..Spec::with_defaults("redos".parse().expect("a name")) };
        let mut observed = healthy(&spec);
        let subnet: Subnet = observed.inventory.network.as_ref().expect("a network").subnet;
        let with = |observed: &mut Observed, validity: Validity| {
            let names = certificate_names(&spec, subnet, redis(2));
            let shown = ShownCertificate { names, made: 100, expires: 400, validity };
            let Some(Answer::Says(view)) = observed.topology.redis.get_mut(&redis(2)) else { panic!("it answers") };
            view.certificate = Some(shown);
        };
        assert_eq!(renewal(&spec, redis(2), &observed), None, "nothing is known");
        for (validity, due) in [
            (Validity::Ample, None),
            (Validity::Short, Some(Renewal::Short)),
            (Validity::Expired, Some(Renewal::Expired)),
        ] {
            with(&mut observed, validity);
            assert_eq!(renewal(&spec, redis(2), &observed), due);
        }
        with(&mut observed, Validity::Ample);
        let mut other = spec.clone();
        other.tls.renewed = Some(100);
        assert_eq!(renewal(&other, redis(2), &observed), None, "it is as new as that");
        other.tls.renewed = Some(101);
        assert_eq!(renewals(&other, &observed), BTreeMap::from([(Renewal::Requested, BTreeSet::from([redis(2)]))]));
        other.tls.names = "shop.example.com 0:0::5".to_owned().try_into().expect("names");
        other.ports.bind = "192.168.1.5".parse().expect("an address");
        let why = renewal(&other, redis(2), &observed).map(|why| why.to_string());
        let wanted = "the names in its certificate change: 192.168.1.5, ::5, shop.example.com is added";
        assert_eq!(why.as_deref(), Some(wanted));
    }
}
