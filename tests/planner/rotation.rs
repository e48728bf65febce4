//! Rotations of passwords, cut off anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use redos::testing::apply::ApplyError;
use redos::testing::cluster::observed::{NodeState, Observed};
use redos::testing::converge::{Converged, Found, Seen, find, read_all_secrets};
use redos::testing::engine::sim::Sim;
use redos::testing::plan::{Plan, diff, next};
use redos::testing::spec::secret::{PasswordKind, RotatedUser, RotationStage, SECRET_BYTES};
use redos::testing::spec::settings::GivenSecrets;
use redos::testing::spec::{NodeId, OwnUsers, Secret, Secrets, Spec};

use super::{cases, converge_from, run, sized, spec, up};

const LIMIT: Duration = Duration::from_secs(60);
/// More changes than a rotation makes.
const MANY: usize = 1000;

async fn found(sim: &Sim, spec: &Spec) -> Found {
    let found = find(sim, &spec.name).await.expect("a look");
    let kept = read_all_secrets(sim, &spec.name, &found.inventory).await.expect("files");
    Found { kept, ..found }
}

async fn secrets(sim: &Sim, spec: &Spec) -> Secrets {
    find(sim, &spec.name).await.expect("a look").secrets.expect("secrets")
}

/// What `up` would find, by the passwords in the files.
async fn seen(sim: &Sim, spec: &Spec) -> Observed {
    let found = find(sim, &spec.name).await.expect("a look");
    Seen::of(found, &GivenSecrets::default(), |secrets| sim.knowing(secrets)).await.expect("a look").observed
}

/// New passwords of some users.
fn others(users: &[RotatedUser]) -> BTreeMap<PasswordKind, Secret> {
    let kinds = users.iter().flat_map(|user| user.kinds());
    kinds.zip(100..).map(|(kind, byte)| (kind, Secret::from_random([byte; SECRET_BYTES]))).collect()
}

/// `redos password rotate`, cut off after so many changes.
async fn rotate(sim: &Sim, spec: &Spec, users: &[RotatedUser], cut: usize) -> Result<Converged, ApplyError> {
    let found = found(sim, spec).await;
    let rotated = found.secrets.as_ref().and_then(|secrets| secrets.rotating(others(users)));
    cut_off(sim, spec, Found { secrets: Some(rotated.expect("none is open")), ..found }, cut).await
}

/// `redos password rotate --finish`, cut off after so many changes.
async fn finish(sim: &Sim, spec: &Spec, cut: usize) -> Result<Converged, ApplyError> {
    let found = found(sim, spec).await;
    let dropping = found.secrets.as_ref().and_then(Secrets::dropping);
    cut_off(sim, spec, Found { secrets: Some(dropping.expect("one is open")), ..found }, cut).await
}

async fn cut_off(sim: &Sim, spec: &Spec, found: Found, cut: usize) -> Result<Converged, ApplyError> {
    sim.cut_after(cut);
    let done = converge_from(sim, spec, next, LIMIT, found).await;
    sim.mend();
    done
}

/// A ready cluster, and its secrets.
async fn ready(spec: &Spec) -> (Sim, Secrets) {
    let sim = Sim::default();
    up(&sim, spec).await.expect("up");
    let old = secrets(&sim, spec).await;
    sim.watch_rules();
    (sim, old)
}

fn all(spec: &Spec) -> BTreeSet<NodeId> {
    spec.nodes().into_iter().filter(|node| !matches!(node, NodeId::Proxy(_) | NodeId::Exporter)).collect()
}

fn new_one() -> Secret {
    others(&RotatedUser::ALL)[&PasswordKind::App].clone()
}

/// Masters, replicas, Sentinels and proxies, and how far two cuts are apart.
const SIZES: [((u16, u16, u16, u16), usize); 3] = [((1, 2, 3, 1), 1), ((1, 0, 1, 1), 1), ((2, 1, 5, 2), 5)];

#[test]
fn a_rotation_that_is_cut_off_anywhere_refuses_neither_password_and_goes_on_with_up() {
    for (size, step) in SIZES {
        let spec = sized(size);
        for cut in (0..MANY).step_by(step) {
            let is_whole = run(async {
                let (sim, old) = ready(&spec).await;
                let is_whole = rotate(&sim, &spec, &RotatedUser::ALL, cut).await.is_ok();
                let printed = secrets(&sim, &spec).await;
                let none = BTreeSet::new();
                assert_eq!(sim.refusing(&printed.app), none, "what 'url' prints after {cut} changes");
                assert_eq!(sim.refusing(&old.app), none, "the old one after {cut} changes");
                up(&sim, &spec).await.expect("up");
                assert_eq!(sim.lapses(), [""; 0], "after {cut} changes");
                let now = secrets(&sim, &spec).await;
                assert_eq!(sim.refusing(&old.app), none);
                if cut == 0 {
                    assert_eq!(now, old, "nothing has begun");
                } else {
                    assert_eq!(now.rotation.as_ref().map(|rotation| rotation.stage), Some(RotationStage::Open));
                    assert_eq!((&now.app, sim.refusing(&new_one())), (&new_one(), none));
                }
                let seen = seen(&sim, &spec).await;
                assert_eq!(diff(&spec, &seen), Plan::default());
                assert!(cut == 0 || seen.rotation.is_some_and(|view| view.awaits_user()));
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
fn an_end_that_is_cut_off_anywhere_goes_on_with_up_and_leaves_the_new_passwords_alone() {
    for (size, step) in SIZES {
        let spec = sized(size);
        for cut in (0..MANY).step_by(step) {
            let is_whole = run(async {
                let (sim, old) = ready(&spec).await;
                rotate(&sim, &spec, &RotatedUser::ALL, MANY).await.expect("a rotation");
                let is_whole = finish(&sim, &spec, cut).await.is_ok();
                assert_eq!(sim.refusing(&secrets(&sim, &spec).await.app), BTreeSet::new(), "after {cut} changes");
                up(&sim, &spec).await.expect("up");
                assert_eq!(sim.lapses(), [""; 0], "after {cut} changes");
                assert_eq!(sim.refusing(&new_one()), BTreeSet::new());
                if cut > 0 {
                    assert_eq!(sim.refusing(&old.app), all(&spec), "after {cut} changes");
                    let kept = found(&sim, &spec).await.kept;
                    assert!(kept.values().all(|own| own.rotation.is_none() && own.version == 4), "{cut}");
                    assert_eq!(kept.keys().copied().collect::<BTreeSet<_>>(), all(&spec));
                }
                assert_eq!(diff(&spec, &seen(&sim, &spec).await), Plan::default());
                is_whole
            });
            if is_whole {
                break;
            }
        }
    }
}

#[test]
fn each_user_is_rotated_alone() {
    let users = OwnUsers::try_from("reports readonly; shop app".to_owned()).expect("users");
    let own = ["reports", "shop"].map(|name| RotatedUser::Own(name.to_owned()));
    let all: Vec<RotatedUser> = RotatedUser::ALL.into_iter().chain(own).collect();
    for user in &all {
        run(async {
            let spec = Spec { users: users.clone(), ..spec(1, 2, 3, 1) };
            let (sim, old) = ready(&spec).await;
            rotate(&sim, &spec, std::slice::from_ref(user), MANY).await.expect("a rotation");
            finish(&sim, &spec, MANY).await.expect("an end");
            let new = secrets(&sim, &spec).await;
            for other in &all {
                for kind in other.kinds() {
                    assert_eq!(new.of(&kind) != old.of(&kind), other == user, "{kind:?}");
                }
            }
            assert_eq!(sim.lapses(), [""; 0], "{user}");
            assert_eq!(diff(&spec, &seen(&sim, &spec).await), Plan::default(), "{user}");
        });
    }
}

fn state() -> impl Strategy<Value = Option<NodeState>> {
    let killed = NodeState::Exited { code: 137, oom_killed: false };
    prop_oneof![Just(None), Just(Some(NodeState::Paused)), Just(Some(killed)), Just(Some(NodeState::Dead))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(24), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_node_that_was_away_during_any_part_of_a_rotation_gets_it(
        before in any::<bool>(), cut in 0usize..60, finish_cut in 0usize..40, away in (0usize..7, state()),
    ) {
        run(async {
            let spec = spec(1, 2, 3, 1);
            let (sim, old) = ready(&spec).await;
            let nodes = spec.nodes();
            let go_away = || sim.disrupt(nodes[away.0 % nodes.len()], away.1.clone());
            if before {
                go_away();
            }
            let _ = rotate(&sim, &spec, &RotatedUser::ALL, cut).await;
            if !before {
                go_away();
            }
            up(&sim, &spec).await.expect("up");
            let now = secrets(&sim, &spec).await;
            prop_assert_eq!(sim.refusing(&now.app), BTreeSet::new());
            prop_assert_eq!(sim.refusing(&old.app), BTreeSet::new());
            if now.rotation.is_some() {
                let _ = finish(&sim, &spec, finish_cut).await;
                go_away();
                up(&sim, &spec).await.expect("up");
                prop_assert_eq!(sim.refusing(&new_one()), BTreeSet::new());
            }
            prop_assert_eq!(diff(&spec, &seen(&sim, &spec).await), Plan::default());
            Ok(())
        })?;
    }
}
