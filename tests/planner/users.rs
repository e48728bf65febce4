//! Users of one's own, cut off anywhere.

use std::time::Duration;

use redos::testing::cluster::observed::Observed;
use redos::testing::converge::{Seen, find};
use redos::testing::engine::sim::Sim;
use redos::testing::plan::{Action, Plan, diff, next};
use redos::testing::spec::settings::GivenSecrets;
use redos::testing::spec::{OwnUsers, Spec};

use super::{converge_from, run, spec, up};

const LIMIT: Duration = Duration::from_secs(60);

fn with(spec: &Spec, users: &str) -> Spec {
    Spec { users: OwnUsers::try_from(users.to_owned()).expect("users"), ..spec.clone() }
}

async fn seen(sim: &Sim, spec: &Spec) -> Observed {
    let found = find(sim, &spec.name).await.expect("a look");
    Seen::of(found, &GivenSecrets::default(), |secrets| sim.knowing(secrets)).await.expect("a look").observed
}

#[test]
fn users_that_come_change_and_go_are_set_after_any_cut_and_nothing_is_stopped() {
    for cut in 0..40 {
        run(async {
            let none = spec(1, 2, 3, 1);
            let sim = Sim::default();
            up(&sim, &none).await.expect("up");
            for users in ["a app; b readonly", "a app ~x; c monitor", ""] {
                let wanted = with(&none, users);
                let plan = diff(&wanted, &seen(&sim, &wanted).await);
                let stops = |action: &Action| matches!(action, Action::StopNode { .. } | Action::RemoveNode { .. });
                assert!(plan.changes() && !plan.steps.iter().any(|step| stops(&step.action)), "{plan}");
                sim.cut_after(cut);
                let found = find(&sim, &wanted.name).await.expect("a look");
                let _ = converge_from(&sim, &wanted, next, LIMIT, found).await;
                sim.mend();
                up(&sim, &wanted).await.expect("up");
                assert_eq!(diff(&wanted, &seen(&sim, &wanted).await), Plan::default(), "{users} after {cut}");
            }
        });
    }
}
