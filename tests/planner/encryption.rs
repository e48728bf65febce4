//! TLS that is turned on or off in a cluster, cut off anywhere.

use redos::testing::cluster::desired::spec_hash;
use redos::testing::cluster::observed::{Answer, Observed};
use redos::testing::cluster::renewal::shown;
use redos::testing::converge::{Seen, find, fit_authority, read_all_secrets};
use redos::testing::engine::sim::Sim;
use redos::testing::plan::{Action, Plan, diff};
use redos::testing::spec::render::plain_port;
use redos::testing::spec::settings::GivenSecrets;
use redos::testing::spec::{Encryption, NodeId, Role, Spec};
use redos::testing::tls::new_authority;

use super::{Size, run, sized, stride, up};

/// More changes than turning TLS on or off makes.
const MANY: usize = 1000;
/// Masters, replicas, Sentinels and proxies, and how far two cuts are apart in the quick tests.
const SIZES: [(Size, usize); 3] = [((1, 2, 3, 1), 5), ((1, 0, 1, 1), 3), ((2, 1, 5, 2), 29)];
/// From what to what.
const TURNS: [(Encryption, Encryption); 6] = [
    (Encryption::None, Encryption::Tls),
    (Encryption::None, Encryption::Both),
    (Encryption::Both, Encryption::Tls),
    (Encryption::Tls, Encryption::Both),
    (Encryption::Both, Encryption::None),
    (Encryption::Tls, Encryption::None),
];

async fn seen(sim: &Sim, spec: &Spec) -> Observed {
    let found = find(sim, &spec.name).await.expect("a look");
    let new = spec.encryption.is_tls().then(|| new_authority(&spec.name).expect("an authority"));
    let found = fit_authority(sim, spec, found, new.as_ref()).await.expect("secrets");
    Seen::of(found, &GivenSecrets::default(), |secrets| sim.knowing(secrets)).await.expect("a look").observed
}

fn turning(spec: &Spec, encryption: Encryption) -> Spec {
    let mut spec = Spec { encryption, ..spec.clone() };
    spec.tls.turning = true;
    spec
}

/// `redos up`: the turn, and then the record that it has ended.
async fn turn(sim: &Sim, spec: &Spec) -> bool {
    let mut settled = spec.clone();
    settled.tls.turning = false;
    up(sim, spec).await.is_ok() && up(sim, &settled).await.is_ok()
}

/// Whether all Redis nodes and Sentinels have TLS, or none has.
async fn assert_settled(sim: &Sim, spec: &Spec, what: &str) {
    let settled = Spec { tls: Spec::with_defaults(spec.name.clone()).tls, ..spec.clone() };
    let now = seen(sim, &settled).await;
    for node in spec.nodes().into_iter().filter(|node| matches!(node.role(), Role::Redis | Role::Sentinel)) {
        assert_eq!(shown(node, &now).is_some(), spec.encryption.is_tls(), "{node} {what}");
        if let Some(Answer::Says(view)) = now.topology.redis.get(&node) {
            let port = view.config.get("port").is_none_or(|port| *port == plain_port(spec.encryption).to_string());
            assert!(port, "{node} {what}: {:?}", view.config);
        }
    }
    assert_eq!(now.rotation, None, "{what}");
    assert_eq!(now.inventory.recorded.as_ref(), Some(&settled), "{what}");
    assert_eq!(diff(&settled, &now), Plan::default(), "{what}");
    let kept = read_all_secrets(sim, &spec.name, &now.inventory).await.expect("secrets");
    let first = kept[&Spec::head()].certificate();
    assert_eq!(first.is_some(), spec.encryption.is_tls(), "{what}");
    for (node, secrets) in &kept {
        assert_eq!(secrets.certificate(), first, "{node} has another authority {what}");
    }
}

#[test]
fn tls_that_is_turned_on_or_off_and_cut_off_anywhere_ends_with_up_and_no_redis_node_stops() {
    for (size, step) in SIZES {
        for (from, to) in TURNS {
            let spec = Spec { encryption: from, ..sized(size) };
            let wanted = turning(&spec, to);
            for cut in (0..MANY).step_by(stride(step)) {
                let is_whole = run(async {
                    let sim = Sim::default();
                    up(&sim, &spec).await.expect("up");
                    sim.watch_rules();
                    let changes = sim.journal().len();
                    sim.cut_after(cut);
                    let is_whole = turn(&sim, &wanted).await;
                    sim.mend();
                    // The way back is the same way.
                    if !is_whole && cut % 3 == 0 {
                        let back = turning(&spec, from);
                        assert!(turn(&sim, &back).await, "back after {cut} changes");
                        assert_settled(&sim, &back, &format!("back after {cut} changes")).await;
                    }
                    assert!(turn(&sim, &wanted).await, "after {cut} changes");
                    assert_settled(&sim, &wanted, &format!("after {cut} changes")).await;
                    let journal = sim.journal();
                    for node in spec.nodes().into_iter().filter(|node| node.role() == Role::Redis) {
                        let ended =
                            |change: &&String| ["stop", "remove"].map(|verb| format!("{verb} {node}")).contains(change);
                        assert_eq!(journal[changes..].iter().find(ended), None, "after {cut} changes");
                    }
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
fn nothing_waits_between_the_nodes_that_turn_and_the_master_is_the_last() {
    run(async {
        let spec = sized((1, 2, 3, 2));
        let sim = Sim::default();
        up(&sim, &spec).await.expect("up");
        let wanted = turning(&spec, Encryption::Tls);
        let plan = diff(&wanted, &seen(&sim, &wanted).await);
        let turned: Vec<NodeId> = plan
            .steps
            .iter()
            .filter_map(|step| match step.action {
                Action::SetEncryption { node, .. } => Some(node),
                _ => None,
            })
            .collect();
        assert_eq!(turned.iter().map(ToString::to_string).collect::<Vec<_>>(), ["redis-2", "redis-3", "redis-1"]);
        assert!(!plan.steps.iter().any(|step| matches!(step.action, Action::Await { .. })), "{plan}");
    });
}

#[test]
fn the_plan_says_what_turns() {
    run(async {
        let spec = sized((1, 1, 1, 1));
        let sim = Sim::default();
        up(&sim, &spec).await.expect("up");
        let wanted = turning(&spec, Encryption::Tls);
        insta::assert_snapshot!(diff(&wanted, &seen(&sim, &wanted).await).to_string(), @r"
          1 record the configuration — the configuration has changed
          2 write the passwords into the file of redis-2 — the secrets of the cluster have changed
          3 write the passwords into the file of sentinel-1 — the secrets of the cluster have changed
          4 write the passwords into the file of redis-1 — the secrets of the cluster have changed [after 2, 3]
          5 have redis-2 take connections with TLS — TLS is turned on [after 1, 2, 4]
          6 have redis-1 take connections with TLS — TLS is turned on [after 4, 5]
          7 remove sentinel-1 — TLS is turned on [after 3, 6]
          8 create sentinel-1 — TLS is turned on [after 7]
          9 write the configuration of sentinel-1, mymaster at redis-1 — TLS is turned on [after 8]
         10 start sentinel-1 — TLS is turned on [after 9]
         11 remove proxy-1 — TLS is turned on [after 6]
         12 create proxy-1 — TLS is turned on [after 11]
         13 write the configuration of proxy-1 — TLS is turned on [after 12]
         14 start proxy-1 — TLS is turned on [after 13]
        then look again: all nodes take the same connections
        ");
    });
}

#[test]
fn a_redis_node_turns_while_it_runs_and_all_others_that_ask_it_are_recreated() {
    let spec = sized((1, 1, 1, 1));
    let hash = |encryption, node| spec_hash(&Spec { encryption, ..spec.clone() }, node);
    let [none, tls, both] = [Encryption::None, Encryption::Tls, Encryption::Both];
    for node in [NodeId::Sentinel(1), NodeId::Proxy(1), NodeId::Exporter, NodeId::Guard(1)] {
        assert_ne!(hash(none, node), hash(tls, node), "{node}");
        assert_eq!(hash(tls, node) == hash(both, node), node.role() != Role::Proxy, "{node}");
    }
    for encryption in [tls, both] {
        assert_eq!(hash(none, Spec::head()), hash(encryption, Spec::head()));
    }
}
