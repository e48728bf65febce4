//! Certificates that are renewed, cut off anywhere.

use std::collections::BTreeSet;

use redos::testing::cluster::observed::Observed;
use redos::testing::cluster::renewal::{renewals, shown};
use redos::testing::converge::{Seen, find};
use redos::testing::engine::sim::Sim;
use redos::testing::plan::{Plan, diff};
use redos::testing::spec::encryption::Validity;
use redos::testing::spec::settings::GivenSecrets;
use redos::testing::spec::{Encryption, NodeId, Role, Spec};

use super::{Size, run, sized, stride, up};

/// More changes than a renewal makes.
const MANY: usize = 1000;
/// Masters, replicas, Sentinels and proxies, and how far two cuts are apart in the quick tests.
const SIZES: [(Size, usize); 3] = [((1, 2, 3, 1), 5), ((1, 0, 1, 1), 2), ((2, 1, 5, 2), 29)];
/// When somebody asks for new certificates: after the ones of these tests were made.
const REQUESTED: u64 = 4_000_000_000;

fn with_tls(size: Size) -> Spec {
    Spec { encryption: Encryption::Tls, ..sized(size) }
}

async fn seen(sim: &Sim, spec: &Spec) -> Observed {
    let found = find(sim, &spec.name).await.expect("a look");
    Seen::of(found, &GivenSecrets::default(), |secrets| sim.knowing(secrets)).await.expect("a look").observed
}

async fn ready(spec: &Spec) -> Sim {
    let sim = Sim::default();
    up(&sim, spec).await.expect("up");
    assert!(shown(Spec::head(), &seen(&sim, spec).await).is_some(), "it shows a certificate");
    sim.watch_rules();
    sim
}

/// Brings a cluster up whose certificates are to be renewed, cut off after so many changes, and once more.
async fn renew(sim: &Sim, spec: &Spec, cut: usize) -> bool {
    let changes = sim.journal().len();
    sim.cut_after(cut);
    let is_whole = up(sim, spec).await.is_ok();
    sim.mend();
    up(sim, spec).await.expect("up");
    let now = seen(sim, spec).await;
    assert_eq!(renewals(spec, &now).len(), 0, "after {cut} changes");
    assert_eq!(diff(spec, &now), Plan::default(), "after {cut} changes");
    let journal = sim.journal();
    for node in spec.nodes().into_iter().filter(|node| node.role() != Role::Sentinel) {
        let ended = journal[changes..].iter().find(|change| **change == format!("stop {node}"));
        assert_eq!(ended, None, "after {cut} changes");
    }
    is_whole
}

#[test]
fn no_redis_node_stops_for_a_certificate_and_a_renewal_that_is_cut_off_anywhere_ends_with_up() {
    for (size, step) in SIZES {
        let spec = with_tls(size);
        let mut named = spec.clone();
        named.tls.names = "shop.example.com".to_owned().try_into().expect("a name");
        let mut requested = spec.clone();
        requested.tls.renewed = Some(REQUESTED);
        for (wanted, validity) in [(&spec, Validity::Short), (&named, Validity::Ample), (&requested, Validity::Ample)] {
            for cut in (0..MANY).step_by(stride(step)) {
                let is_whole = run(async {
                    let sim = ready(&spec).await;
                    sim.age_certificates(validity);
                    let is_whole = renew(&sim, wanted, cut).await;
                    assert_eq!(sim.lapses(), [""; 0], "after {cut} changes");
                    is_whole
                });
                if is_whole {
                    break;
                }
            }
        }
    }
}

#[test]
fn nothing_waits_for_nodes_whose_certificates_have_expired() {
    run(async {
        let spec = with_tls((1, 2, 3, 1));
        let sim = ready(&spec).await;
        sim.age_certificates(Validity::Expired);
        let plan = diff(&spec, &seen(&sim, &spec).await);
        for node in [1, 2, 3].map(NodeId::Sentinel) {
            let step = plan.steps.iter().find(|step| step.action.to_string() == format!("remove {node}"));
            let step = step.unwrap_or_else(|| panic!("{node} is recreated:\n{plan}"));
            assert_eq!(step.after, BTreeSet::new(), "{step}");
        }
        renew(&sim, &spec, MANY).await;
    });
}

#[test]
fn the_plan_of_a_renewal_says_what_for() {
    run(async {
        let mut spec = with_tls((1, 1, 1, 1));
        let sim = ready(&spec).await;
        spec.tls.names = "shop.example.com".to_owned().try_into().expect("a name");
        let plan = diff(&spec, &seen(&sim, &spec).await).to_string();
        let lines: Vec<&str> = plan.lines().filter(|line| line.contains("shop.example.com")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        2 give redis-1 a new certificate — the names in its certificate change: shop.example.com is added
        3 give redis-2 a new certificate — the names in its certificate change: shop.example.com is added [after 2]
        4 stop sentinel-1 — the names in its certificate change: shop.example.com is added
        5 remove sentinel-1 — the names in its certificate change: shop.example.com is added [after 4]
        6 create sentinel-1 — the names in its certificate change: shop.example.com is added [after 5]
        7 write the configuration of sentinel-1, mymaster at redis-1 — the names in its certificate change: shop.example.com is added [after 6]
        8 start sentinel-1 — the names in its certificate change: shop.example.com is added [after 7]
        ");
    });
}

// The quorum is there earlier: proxies go on counting the vote of the one that was removed, until they have asked its successor.
#[test]
fn the_next_sentinel_stops_when_the_one_before_is_in_service() {
    let spec = with_tls((1, 2, 3, 1));
    let mut requested = spec.clone();
    requested.tls.renewed = Some(REQUESTED);
    let plan = run(async {
        let sim = ready(&spec).await;
        diff(&requested, &seen(&sim, &spec).await)
    });
    let steps = plan.steps.iter().map(|step| step.action.to_string());
    let order: Vec<String> =
        steps.filter(|step| step.contains("stop sentinel") || step.contains("is in service")).collect();
    let of =
        |sentinel: u16| [format!("stop sentinel-{sentinel}"), format!("wait until sentinel-{sentinel} is in service")];
    assert_eq!(order, [of(1), of(2), of(3)].concat());
}
