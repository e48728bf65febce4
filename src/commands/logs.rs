//! `redos logs`: the logs of nodes in order of time, each line with its node.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use clap::Args;
use futures_util::future::join_all;
use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{StreamExt, TryStreamExt};

use super::session::{Call, Session, World, lookup};
use crate::engine::streams::{EngineEvent, LogChunk, LogQuery};
use crate::engine::{EngineError, Streams};
use crate::error::{Exit, Failure};
use crate::output::logs::{LogLine, LogLines};
use crate::spec::{ClusterName, NodeId, time};

/// Arguments of `logs`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Without names it shows all nodes. Lines of several nodes are put in order of time. With
--follow it goes on until Ctrl-C, also through restarts of a node.

-o ndjson prints a line of JSON for each line. -o json prints one document of
them, and with --follow, which has no end, lines as well.

Examples:
  redos logs
  redos logs sentinel-1 sentinel-2 --since 10m
  redos logs --follow --tail 0
  redos logs redis-1 --grep 'MASTER <-> REPLICA'
  redos logs -o ndjson | jq -r .text")]
pub struct LogsArgs {
    /// Nodes, such as redis-2 [default: all]
    #[arg(value_name = "NODE")]
    pub nodes: Vec<String>,
    /// Go on with what is logged from now on, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Only what was logged within this time
    #[arg(long, value_name = "TIME", value_parser = time::wait)]
    pub since: Option<Duration>,
    /// The last lines of each node
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tail: usize,
    /// Only lines that contain this text
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
}

/// What arrives while logs are followed.
enum LogUpdate {
    Log(NodeId, Result<LogChunk, EngineError>),
    Event(Result<EngineEvent, EngineError>),
}

/// Shows the logs.
///
/// # Errors
/// There is no such cluster or node, or the output is closed. A node whose log cannot be read is a warning.
pub async fn run<W: World>(args: LogsArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let session = call.connect().await?;
    let inventory = lookup::inventory(&*session.engine, &cluster).await?;
    let nodes = match args.nodes.is_empty() {
        true => inventory.nodes.keys().copied().collect(),
        false => lookup::nodes(&cluster, &inventory, &args.nodes)?,
    };
    let places: BTreeMap<NodeId, usize> = inventory.nodes.keys().enumerate().map(|(at, node)| (*node, at)).collect();
    let place = |line: &LogLine| places.get(&line.node).copied().unwrap_or_default();
    let is_wanted = |line: &LogLine| args.grep.as_ref().is_none_or(|text| line.text.contains(text));
    let show = |line: &LogLine| if is_wanted(line) { session.ui.log_line(line, place(line)) } else { Ok(()) };
    let since = args.since.map(seconds_ago);
    let query = LogQuery { tail: Some(args.tail), since, follow: false };
    let mut lines = past(&session, &cluster, &nodes, &query).await;
    lines.sort_by_key(|line| line.at);
    if args.follow {
        lines.iter().try_for_each(show)?;
        let mut newest: BTreeMap<NodeId, i64> = nodes.iter().map(|node| (*node, 0)).collect();
        newest.extend(lines.iter().map(|line| (line.node, line.at)));
        session.cancel.run_until_cancelled(follow(&session, &cluster, newest, show)).await.transpose()?;
    } else {
        let shown: Vec<(&LogLine, usize)> =
            lines.iter().filter(|line| is_wanted(line)).map(|line| (line, place(line))).collect();
        session.ui.log(&shown)?;
    }
    Ok(Exit::Done)
}

/// The time this long ago, in seconds since 1970.
pub fn seconds_ago(ago: Duration) -> i64 {
    let then = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(ago);
    i64::try_from(then.as_secs()).unwrap_or_default()
}

/// The logs of nodes so far.
pub async fn past<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    nodes: &BTreeSet<NodeId>,
    query: &LogQuery,
) -> Vec<LogLine> {
    let read = nodes.iter().map(|node| async {
        let chunks: Result<Vec<LogChunk>, _> = session.engine.logs(cluster, *node, query).try_collect().await;
        (*node, chunks)
    });
    let mut lines = Vec::new();
    for (node, chunks) in join_all(read).await {
        let mut splitter = LogLines::new(node);
        match chunks {
            Ok(chunks) => {
                chunks.iter().for_each(|chunk| lines.extend(splitter.push(chunk.stderr, &chunk.bytes)));
                lines.extend(splitter.rest());
            }
            Err(error) => session.ui.warn(unreadable(node, &error)),
        }
    }
    lines
}

fn unreadable(node: NodeId, error: &EngineError) -> String {
    let why = error.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
    format!("the log of {node} cannot be read{why}")
}

/// Continues the logs of nodes after the newest line of each.
async fn follow<W: World>(
    session: &Session<W>,
    cluster: &ClusterName,
    mut newest: BTreeMap<NodeId, i64>,
    show: impl Fn(&LogLine) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let followed = |node: NodeId, newest: i64| -> BoxStream<'static, LogUpdate> {
        let since = (newest > 0).then_some(newest / 1_000_000_000);
        let tail = since.is_none().then_some(0);
        let logs = session.engine.logs(cluster, node, &LogQuery { tail, since, follow: true });
        logs.map(move |chunk| LogUpdate::Log(node, chunk)).boxed()
    };
    let mut told = SelectAll::new();
    // A log ends with its node, and continues with its next start.
    told.push(session.engine.events(cluster, None, None).map(LogUpdate::Event).boxed());
    told.extend(newest.iter().map(|(node, at)| followed(*node, *at)));
    let mut splitters: BTreeMap<NodeId, LogLines> = newest.keys().map(|node| (*node, LogLines::new(*node))).collect();
    while let Some(next) = told.next().await {
        match next {
            LogUpdate::Log(node, Ok(chunk)) => {
                let Some(splitter) = splitters.get_mut(&node) else { continue };
                for line in splitter.push(chunk.stderr, &chunk.bytes) {
                    let last = newest.entry(node).or_default();
                    if line.at > *last {
                        *last = line.at;
                        show(&line)?;
                    }
                }
            }
            LogUpdate::Log(node, Err(error)) => session.ui.warn(unreadable(node, &error)),
            LogUpdate::Event(Ok(event)) if event.action == "start" => {
                if let Some(at) = newest.get(&event.node) {
                    told.push(followed(event.node, *at));
                }
            }
            LogUpdate::Event(Ok(_)) => {}
            LogUpdate::Event(Err(error)) => return Err(error.into()),
        }
    }
    Ok(())
}
