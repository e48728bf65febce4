//! `redos events`: events of the Sentinels and the Engine about a cluster, as one story.

use std::time::{Duration, SystemTime};

use clap::Args;
use futures_util::stream::SelectAll;
use futures_util::{StreamExt, TryStreamExt};

use super::logs::{past, seconds_ago};
use super::session::{Call, Session, World, lookup};
use crate::cluster::Inventory;
use crate::cluster::announcement::Announcement;
use crate::cluster::observed::NodeState;
use crate::cluster::story::{Chapter, Story};
use crate::engine::streams::{EngineEvent, LogQuery};
use crate::engine::{EngineError, Streams};
use crate::error::{Exit, Failure};
use crate::output::hook::Hook;
use crate::output::logs::{EventDocument, LogLine, LogLines};
use crate::spec::{ClusterName, NodeId, time};

/// Arguments of `events`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "An event that several Sentinels report is one line. Times are UTC, by the clock of Docker's host.
Docker remembers its last 256 events, of all containers together. Of older events
redos knows what Sentinels logged, and the last start and end of each node.

With --exec a command runs for each event from now on, one after the other, with
the event as a line of JSON on its standard input, for a minute at most.

-o ndjson prints an event a line. -o json prints one document of them, and with
--follow, which has no end, lines as well.

Examples:
  redos events
  redos events --since 2h --all
  redos events --follow
  redos events --follow --exec 'jq -r .text | mail -s redis ops@example.org'
  redos events -o ndjson | jq -c 'select(.name == \"+switch-master\")'"
)]
pub struct EventsArgs {
    /// How far back
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time::wait)]
    pub since: Duration,
    /// Go on with what happens from now on, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Run this command for each event from now on, with the event as JSON on its standard input
    #[arg(long, value_name = "COMMAND", requires = "follow")]
    pub exec: Option<String>,
    /// Tell each step of a failover as well, and what the Sentinels learn of each other
    #[arg(long)]
    pub all: bool,
}

/// The longest time between an event and the time in the container, whose end has whole seconds.
const TOLD_WITHIN: i64 = 2_000_000_000;

/// Chapters that are kept while the story goes on, to recognise a fact that is told again. In a failover of a large
/// cluster some hundred happen within [`Story`]'s 3 s.
const KEPT: usize = 1000;

/// Shows the story.
///
/// # Errors
/// There is no such cluster, the Engine failed, or the output is closed.
pub async fn run<W: World>(args: EventsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let inventory = lookup::inventory(&*session.engine, &cluster).await?;
    let now = seconds_ago(Duration::ZERO);
    let mut story = told(&session, &cluster, &inventory, args.since).await?;
    let is_wanted = |chapter: &&Chapter| !chapter.is_detail || args.all;
    let past: Vec<&Chapter> = story.chapters().iter().filter(is_wanted).collect();
    if args.follow {
        past.into_iter().try_for_each(|chapter| session.ui.event(chapter))?;
        let hook = args.exec.map(Hook::new);
        let tell = async |chapter: &Chapter| {
            if !is_wanted(&chapter) {
                return Ok(());
            }
            session.ui.event(chapter)?;
            if let Some(hook) = &hook
                && let Err(error) = hook.run(&EventDocument::new(chapter)).await
            {
                session.ui.warn(format_args!("the command of --exec failed for '{}': {error}", chapter.name));
            }
            Ok(())
        };
        let rest = follow(&session, &cluster, &inventory, now, &mut story, tell);
        session.cancel.run_until_cancelled(rest).await.transpose()?;
    } else {
        session.ui.events(&past)?;
    }
    Ok(Exit::Done)
}

/// The story of the last time, as far as the Engine and the Sentinels' logs still know it.
///
/// # Errors
/// The Engine failed.
pub async fn told<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    inventory: &Inventory,
    since: Duration,
) -> Result<Story, Failure> {
    let (since, now) = (seconds_ago(since), seconds_ago(Duration::ZERO));
    let sentinels = inventory.nodes.keys().copied().filter(|node| matches!(node, NodeId::Sentinel(_))).collect();
    let query = LogQuery { tail: None, since: Some(since), follow: false };
    let (lines, happened) = tokio::join!(
        past(session, cluster, &sentinels, &query),
        session.engine.events(cluster, Some(since), Some(now + 1)).try_collect::<Vec<EngineEvent>>()
    );
    let mut chapters: Vec<Chapter> = happened?.iter().map(of_engine).collect();
    chapters.extend(remembered(inventory, since, &chapters));
    chapters.extend(lines.iter().filter_map(|line| of_sentinel(line, inventory)));
    Ok(Story::of(chapters))
}

/// The last start and end of each node that the Engine's events do not have.
///
/// The Engine keeps the last 256 events of all its containers, and each program that is run in one makes several.
fn remembered(inventory: &Inventory, since: i64, told: &[Chapter]) -> Vec<Chapter> {
    let happened = inventory.nodes.iter().flat_map(|(node, facts)| {
        let started = facts.started_at.as_deref().and_then(|at| humantime::parse_rfc3339(at).ok());
        let started = started.map(|at| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        let code = if let NodeState::Exited { code, .. } = facts.state { Some(code) } else { None };
        let ended = facts.ended_at.map(Duration::from_secs);
        let nanos = |at: Duration| i64::try_from(at.as_nanos()).unwrap_or_default();
        let started = started.map(|at| Chapter::of_engine(nanos(at), *node, "start", None));
        started.into_iter().chain(ended.map(|at| Chapter::of_engine(nanos(at), *node, "die", code)))
    });
    let is_told = |chapter: &Chapter| {
        let mut same = told.iter().filter(|told| (told.node, &told.name) == (chapter.node, &chapter.name));
        same.any(|told| (told.at - chapter.at).abs() <= TOLD_WITHIN)
    };
    happened.filter(|chapter| chapter.at / 1_000_000_000 >= since && !is_told(chapter)).collect()
}

fn of_engine(event: &EngineEvent) -> Chapter {
    Chapter::of_engine(event.time_nano, event.node, &event.action, event.exit_code)
}

fn of_sentinel(line: &LogLine, inventory: &Inventory) -> Option<Chapter> {
    Some(Chapter::of_sentinel(line.at, line.node, &Announcement::of_line(&line.text)?, inventory))
}

/// What arrives while events are followed.
enum StoryUpdate {
    Log(Vec<LogLine>),
    Event(Result<EngineEvent, EngineError>),
}

/// Continues the story from a time on, in seconds since 1970, and tells what is new.
///
/// # Errors
/// The Engine failed, or `tell` did.
pub async fn follow<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    inventory: &Inventory,
    from: i64,
    story: &mut Story,
    tell: impl AsyncFn(&Chapter) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let logs = |node: NodeId, since: i64| {
        let query = LogQuery { tail: None, since: Some(since), follow: true };
        let mut lines = LogLines::new(node);
        let logs = session.engine.logs(cluster, node, &query);
        logs.map(move |chunk| {
            StoryUpdate::Log(chunk.map(|chunk| lines.push(chunk.stderr, &chunk.bytes)).unwrap_or_default())
        })
        .boxed()
    };
    let mut told = SelectAll::new();
    told.push(session.engine.events(cluster, Some(from), None).map(StoryUpdate::Event).boxed());
    let sentinels = inventory.nodes.keys().copied().filter(|node| matches!(node, NodeId::Sentinel(_)));
    told.extend(sentinels.map(|node| logs(node, from)));
    while let Some(next) = told.next().await {
        let chapters: Vec<Chapter> = match next {
            StoryUpdate::Log(lines) => lines.iter().filter_map(|line| of_sentinel(line, inventory)).collect(),
            StoryUpdate::Event(event) => {
                let event = event?;
                if event.action == "start" && matches!(event.node, NodeId::Sentinel(_)) {
                    told.push(logs(event.node, event.time_nano / 1_000_000_000));
                }
                vec![of_engine(&event)]
            }
        };
        for chapter in chapters {
            if let Some(new) = story.go_on(chapter) {
                tell(new).await?;
            }
        }
        story.keep_last(KEPT);
    }
    Ok(())
}
