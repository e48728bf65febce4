//! The monitor: a cluster's samples and events as they come, for views that go on.
//!
//! A sample each second costs the cluster less than 1 % of a core. So it starts no program in a container, keeps its
//! connections, and asks the Engine only when a container has changed, or now and then.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, MissedTickBehavior, sleep, timeout};

use super::events::{follow, told};
use super::logs::seconds_ago;
use super::session::watcher::Watcher;
use super::session::{Session, World, lookup};
use crate::cluster::Inventory;
use crate::cluster::status::Status;
use crate::cluster::story::Chapter;
use crate::converge::Found;
use crate::engine::{INSPECT_LIMIT, Streams};
use crate::error::{Failure, FailureKind};
use crate::spec::{ClusterName, ParseError, time};
use crate::view::{History, Sample};

/// How far back the events go at the beginning.
const PAST: Duration = Duration::from_secs(600);
/// The time after which the Engine is asked for its events again, if it ended the answer.
const EVENTS_AGAIN: Duration = Duration::from_secs(2);
/// Time limit of one look, for an Engine that does not answer.
///
/// An inventory reports a node as unseen when the answer about its container takes longer than [`INSPECT_LIMIT`]. The lists
/// before that and the questions to the servers after it have limits of their own, of some seconds.
const LOOK: Duration = Duration::from_secs(3 * INSPECT_LIMIT.as_secs());

/// Samples that a view keeps: five minutes of one each second.
pub const MOMENTS: usize = 300;
/// News that may wait for a view.
pub const WAITING: usize = 64;
/// The shortest time between two samples. The statistics of proxies and Redis are not newer than that.
const INTERVAL_MIN: Duration = Duration::from_millis(200);

/// Parses the time between two samples.
///
/// # Errors
/// It is no time, or too short.
pub fn interval(text: &str) -> Result<Duration, ParseError> {
    let given = time::wait(text)?;
    if given < INTERVAL_MIN {
        return Err(ParseError::new(format!("{text} is too short: give 200ms or more")));
    }
    Ok(given)
}

/// What a view learns.
#[derive(Debug)]
pub enum News {
    /// The cluster as it is now.
    Sample(Box<Sample>),
    /// Something that happened.
    Event(Chapter),
}

impl News {
    /// Adds it to a history.
    pub fn add_to(self, history: &mut History) {
        match self {
            Self::Sample(sample) => history.push(*sample),
            Self::Event(chapter) => history.tell(chapter),
        }
    }
}

/// Tells samples and events, until nobody receives them any more. `found` is the cluster as it was found a moment ago.
pub async fn monitor<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    found: Found,
    every: Duration,
    news: &Sender<News>,
) {
    let is_stale = AtomicBool::new(false);
    let inventory = found.inventory.clone();
    tokio::select! {
        () = tell_samples(session, cluster, found, every, news, &is_stale) => {}
        () = tell_events(session, cluster, inventory, news, &is_stale) => {}
    }
}

/// One look at a cluster and the events before it.
///
/// # Errors
/// The Engine failed.
pub async fn snapshot<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    found: Found,
) -> Result<(Sample, Vec<Chapter>), Failure> {
    let inventory = found.inventory.clone();
    let mut watcher = Watcher::new(session, cluster);
    let began = Instant::now();
    let (status, story) = tokio::join!(watcher.look_at(found), told(session, cluster, &inventory, PAST));
    Ok((sample(began, Ok(status?)), story?.chapters().to_vec()))
}

async fn tell_samples<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    found: Found,
    every: Duration,
    news: &Sender<News>,
    is_stale: &AtomicBool,
) {
    let mut watcher = Watcher::new(session, cluster);
    let mut found = Some(found);
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if is_stale.swap(false, Ordering::Relaxed) {
            watcher.forget_report();
        }
        let began = Instant::now();
        let look = async {
            match found.take() {
                Some(found) => watcher.look_at(found).await,
                None => watcher.look_lightly().await,
            }
        };
        let seen = timeout(LOOK, look).await;
        let seen = seen.unwrap_or_else(|_| {
            let what = format!("the cluster could not be observed within {} s", LOOK.as_secs());
            Err(Failure::message(FailureKind::Timeout, what))
        });
        if news.send(News::Sample(Box::new(sample(began, seen)))).await.is_err() {
            return;
        }
    }
}

fn sample(began: Instant, seen: Result<Status, Failure>) -> Sample {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let seen = seen.map_err(|failure| failure.chain().collect::<Vec<_>>().join(": "));
    Sample::new(milliseconds(now), milliseconds(began.elapsed()), seen)
}

/// Notices, for ever, that a container has changed. When the Engine ends its answer, it is asked again.
pub async fn notice_changes<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    is_stale: &AtomicBool,
) -> Infallible {
    loop {
        // The caller may have looked a moment before the Engine answers.
        let since = seconds_ago(Duration::from_secs(1));
        let mut events = session.engine.events(cluster, Some(since), None);
        while let Some(Ok(_)) = events.next().await {
            is_stale.store(true, Ordering::Relaxed);
        }
        sleep(EVENTS_AGAIN).await;
        // What happened meanwhile is not known.
        is_stale.store(true, Ordering::Relaxed);
    }
}

/// Tells events. When the Engine ends its answer, as a restart of Docker does, it is asked again.
///
/// Its errors are not told: the samples show the same ones.
async fn tell_events<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    mut inventory: Inventory,
    news: &Sender<News>,
    is_stale: &AtomicBool,
) {
    let tell = async |chapter: &Chapter| {
        // A chapter that no Sentinel told is the Engine's, about a container.
        is_stale.fetch_or(chapter.by.is_empty(), Ordering::Relaxed);
        // If nobody receives it, the samples end as well, and this with them.
        let _ = news.send(News::Event(chapter.clone())).await;
        Ok(())
    };
    let mut told_until: Option<Instant> = None;
    while !news.is_closed() {
        let since = told_until.map_or(PAST, |until| until.elapsed() + EVENTS_AGAIN);
        let now = seconds_ago(Duration::ZERO);
        if let Ok(mut story) = told(session, cluster, &inventory, since).await {
            for chapter in story.chapters() {
                let _ = tell(chapter).await;
            }
            let _ = follow(session, cluster, &inventory, now, &mut story, tell).await;
            told_until = Some(Instant::now());
        }
        sleep(EVENTS_AGAIN).await;
        // What happened meanwhile is not known.
        is_stale.store(true, Ordering::Relaxed);
        if let Ok(found) = lookup::inventory(&*session.engine, cluster).await {
            inventory = found;
        }
    }
}
