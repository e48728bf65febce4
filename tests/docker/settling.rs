//! `up` while the Sentinels replace a master: it waits, and undoes nothing of theirs.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::support::{Cluster, raw};
use crate::writers::{Writers, missing};

/// How long the master is paused, in milliseconds: the Sentinels have begun to replace it, and have not all told it, when it
/// is back. Shorter, they have not noticed; longer, all agree.
const PAUSES: std::ops::Range<u64> = 1300..1750;
/// Rounds of a run of the whole suite. `ROUNDS` sets another number.
const ROUNDS: usize = 6;

fn number_from_environment(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

#[tokio::test]
async fn up_in_the_middle_of_a_failover_loses_nothing() {
    let cluster = Cluster::new("settling").await;
    cluster.up(&[]).await.succeeds();
    let url = cluster.redos(&["url"]).await.succeeds();
    let seed = number_from_environment("SEED").map_or_else(rand::random, |seed| seed as u64);
    let mut random = StdRng::seed_from_u64(seed);
    let pauses: Vec<u64> = PAUSES.collect();
    let (mut lost, mut acknowledged) = (Vec::new(), 0);
    for round in 1..=number_from_environment("ROUNDS").unwrap_or(ROUNDS) {
        let master = cluster.container(cluster.master().await);
        let writers = Writers::start(&url);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let pause = Duration::from_millis(*pauses.choose(&mut random).expect("a pause"));
        let began = Instant::now();
        raw().pause_container(&master).await.expect("a pause");
        tokio::time::sleep_until((began + pause).into()).await;
        raw().unpause_container(&master).await.expect("the end of the pause");
        let up = cluster.redos(&["up"]).await;
        assert_eq!(up.code, Some(0), "round {round}, seed {seed}: {}{}", up.stdout, up.stderr);
        let (written, _) = writers.stop().await;
        cluster.settled().await;
        acknowledged += written.len();
        let gone = missing(&written, &mut cluster.client(&[]).await).await;
        if !gone.is_empty() {
            lost.push(format!("round {round}, {pause:?}: {} lost, e.g. {}\n{}", gone.len(), gone[0], up.stderr));
        }
    }
    assert!(lost.is_empty(), "of {acknowledged}, seed {seed}:\n{}", lost.join("\n"));
    println!("{acknowledged} acknowledged writes, none lost");
}
