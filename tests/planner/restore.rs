//! Restores in place, cut off anywhere: the group has its old data or the new ones.

use std::time::Duration;

use redos::testing::apply::ApplyError;
use redos::testing::cluster::observed::NodeState;
use redos::testing::cluster::status::status;
use redos::testing::converge::Converged;
use redos::testing::engine::sim::Sim;
use redos::testing::engine::{Clusters, DataStream, FileStream, Nodes};
use redos::testing::plan::diff::restoring::{away, restore};
use redos::testing::plan::{Action, Past, Plan, diff};
use redos::testing::spec::restoring::{RestoreStage, Restoring};
use redos::testing::spec::{Group, NodeId, Spec};

use super::{converge_by, down, observed, run, sized, spec, up};

const GROUP: Group = Group::number(1);
const NODE: NodeId = NodeId::redis(GROUP, 1);
/// More changes than a restore makes.
const MANY: usize = 1000;

/// Records a restore, and copies data beside those of the first node.
async fn prepare(sim: &Sim, spec: &Spec) {
    let restoring =
        Restoring { group: GROUP, node: NODE, from: "/b/shop.redos".to_owned(), stage: RestoreStage::Preparing };
    sim.record_spec(&Spec { restoring: Some(restoring), ..spec.clone() }).await.expect("a record");
    let rdb = DataStream::Rdb(FileStream { bytes: 3, reader: Box::new(b"new".as_slice()) });
    sim.copy_beside(spec, NODE, rdb).await.expect("a copy");
}

/// `redos restore` after the copy, cut off after so many changes.
async fn cut_restore(sim: &Sim, spec: &Spec, cut: usize) -> Result<Converged, ApplyError> {
    sim.cut_after(cut);
    let done = converge_by(sim, spec, restore, Duration::from_secs(60)).await;
    sim.mend();
    done
}

/// The data of the first node, and whether a copy is beside them.
fn data(sim: &Sim) -> (Option<String>, bool) {
    let files = sim.files().remove(&NODE).unwrap_or_default();
    (files.get("/data/appendonlydir").cloned(), files.contains_key("/data/restored"))
}

#[test]
fn a_restore_is_planned_in_two_waves_and_taken_back_before_the_second() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(2, 2, 3, 1));
        up(&sim, &spec).await.expect("up");
        prepare(&sim, &spec).await;
        let seen = observed(&sim, &spec).await;
        let first = restore(&spec, &seen, &Past::default()).plan;
        insta::assert_snapshot!("restore_stop", first);
        insta::assert_snapshot!("restore_taken_back", diff(&spec, &seen));
        let begun = "a restore of mymaster from /b/shop.redos has replaced nothing yet: unless it is under way, \
                     'redos -p sim up' takes it back";
        assert_eq!(status(&spec, &seen).remarks, [begun]);
        let plans = cut_restore(&sim, &spec, MANY).await.expect("a restore").plans;
        assert_eq!(plans[0], first);
        insta::assert_snapshot!("restore_replace", plans[1]);
        insta::assert_snapshot!("restore_start", plans[2]);
    });
}

#[test]
fn a_restore_that_is_cut_off_anywhere_leaves_the_old_data_or_the_new_ones() {
    for size in [(1, 2, 3, 1), (1, 0, 1, 1), (2, 1, 3, 2)] {
        let spec = sized(size);
        for cut in 0..MANY {
            let is_whole = run(async {
                let sim = Sim::default();
                up(&sim, &spec).await.expect("up");
                prepare(&sim, &spec).await;
                let is_whole = cut_restore(&sim, &spec, cut).await.is_ok();
                let is_down = cut % 3 == 2;
                if is_down {
                    down(&sim, &spec, false).await;
                }
                up(&sim, &spec).await.expect("up");
                let journal = sim.journal();
                let is_replaced = journal.iter().any(|change| change == "replace the data of redis-1");
                let expected = if is_replaced { "new" } else { "" };
                assert_eq!(data(&sim), (Some(expected.to_owned()), false), "after {cut} changes");
                for other in spec.redis_nodes(GROUP).filter(|node| *node != NODE) {
                    let is_emptied = journal.iter().any(|change| *change == format!("remove the data of {other}"));
                    assert_eq!(is_emptied, is_replaced, "{other} after {cut} changes");
                }
                assert!(is_down || !journal.iter().any(|change| change.starts_with("stop redis-2-")), "{journal:?}");
                assert!(!journal.iter().any(|change| change.ends_with("leads without data")), "{journal:?}");
                let seen = observed(&sim, &spec).await;
                assert_eq!(seen.inventory.recorded.as_ref(), Some(&spec));
                assert_eq!(diff(&spec, &seen), Plan::default());
                is_whole
            });
            if is_whole {
                assert!(cut > 8, "it makes more changes than {cut}");
                break;
            }
        }
    }
}

#[test]
fn a_node_that_is_away_is_named() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(2, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        assert_eq!(away(GROUP, &spec, &observed(&sim, &spec).await), None);
        sim.disrupt(NodeId::redis(Group::number(2), 2), Some(NodeState::Paused));
        assert_eq!(away(GROUP, &spec, &observed(&sim, &spec).await), None, "it is of another group");
        for node in [NodeId::redis(GROUP, 2), NodeId::Sentinel(3)] {
            sim.disrupt(node, Some(NodeState::Exited { code: 1, oom_killed: false }));
            assert_eq!(away(GROUP, &spec, &observed(&sim, &spec).await), Some(node));
            up(&sim, &spec).await.expect("up");
            sim.disrupt(node, None);
            assert_eq!(away(GROUP, &spec, &observed(&sim, &spec).await), Some(node), "its volume is there");
            up(&sim, &spec).await.expect("up");
        }
        // A Sentinel that goes away in the middle of it would name an old node later.
        prepare(&sim, &spec).await;
        sim.disrupt(NodeId::Sentinel(1), Some(NodeState::Paused));
        let plan = restore(&spec, &observed(&sim, &spec).await, &Past::default()).plan;
        assert!(plan.refusal.is_some_and(|refusal| refusal.why.starts_with("sentinel-1 does not answer")));
    });
}

#[test]
fn nodes_are_started_only_when_the_restore_has_ended() {
    run(async {
        let (sim, spec) = (Sim::default(), spec(1, 1, 3, 1));
        up(&sim, &spec).await.expect("up");
        prepare(&sim, &spec).await;
        let all = spec.nodes().into_iter().collect();
        let plan = redos::testing::plan::diff::lifecycle::start(&spec, &observed(&sim, &spec).await, &all);
        let refusal = plan.refusal.expect("a refusal");
        assert_eq!(
            refusal.why,
            "the restore of mymaster from /b/shop.redos was interrupted before it replaced anything"
        );
        assert_eq!(refusal.next, ["take it back: redos -p sim up"]);
        assert!(!plan.steps.iter().any(|step| matches!(step.action, Action::StartNode { .. })));
    });
}
