//! `redos top`: a cluster live on the terminal, and keys that act on it.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{BoxStream, FuturesUnordered, pending};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::monitor::{MOMENTS, News, WAITING, interval, monitor, snapshot};
use super::session::{Call, Session, World, lookup};
use super::{chaos, failover};
use crate::cluster::story::Chapter;
use crate::engine::Streams;
use crate::engine::streams::LogQuery;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::logs::{LogLine, LogLines};
use crate::output::top::{Board, Console, KeyAction, text};
use crate::output::{Caught, Ui, command_line};
use crate::spec::{ClusterName, NodeId};
use crate::view::{History, Sample};

/// How long a pause lasts that was asked for with a key.
const PAUSE: Duration = Duration::from_secs(30);
/// Lines of a log that are shown at first.
const LOG_LINES: usize = 200;
/// The width of text that goes to a file or a pipe.
const WIDTH: u16 = 100;

/// Arguments of `top`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Keys: arrows or j and k choose a node, f makes it the master, p pauses it for 30 s
or unpauses it, l follows its log, ? explains, q quits. What changes something
asks before.

With -o json it prints a line each time, the document of 'status' with its time,
until Ctrl-C. The exit code of both -o json and --once is 1 when the cluster was
not healthy at last.

Examples:
  redos top
  redos top --interval 5s
  redos top --once                 one frame as text
  redos top -o json | jq -c '.status.groups[].nodes[] | [.node, .operationsPerSecond]'")]
pub struct TopArgs {
    /// Time between two looks
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,
    /// Print one frame and end
    #[arg(long)]
    pub once: bool,
}

/// Shows the cluster until a key, Ctrl-C or SIGTERM ends it.
///
/// # Errors
/// There is no such cluster, the Engine failed at first, there is no terminal, or it is closed. Later failures are
/// shown, and it goes on.
pub async fn run<W: World>(args: TopArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let is_data = call.ui.format().is_data();
    if !args.once && !is_data && !call.ui.can_show() {
        return Err(Failure::message(FailureKind::Usage, "'top' needs a terminal for keys and screen")
            .hinted(format!("print one frame: {}", command_line(&cluster, "top --once")))
            .hinted(format!("print the state again and again: {}", command_line(&cluster, "status --watch")))
            .hinted(format!("print a JSON document each second: {}", command_line(&cluster, "top -o json"))));
    }
    let (session, found) = call.reach(&cluster).await?;
    lookup::present(&*session.engine, &cluster, &found.inventory)?;
    if args.once {
        let (sample, events) = snapshot(&session, &cluster, found).await?;
        return once(&session.ui, sample, events);
    }
    let (sender, news) = mpsc::channel(WAITING);
    let watched = monitor(&session, &cluster, found, args.interval, &sender);
    let shown = async {
        if is_data {
            print(&session, news).await
        } else {
            let (jobs, pauses) = (FuturesUnordered::new(), BTreeMap::new());
            View { session: &session, cluster: &cluster, jobs, begun: 0, pauses }.run(news).await
        }
    };
    tokio::select! {
        shown = shown => shown,
        // It ends only after the view.
        () = watched => Ok(Exit::Done),
    }
}

/// Prints one frame, or its sample.
fn once(ui: &Ui, sample: Sample, events: Vec<Chapter>) -> Result<Exit, Failure> {
    let healthy = sample.status.as_ref().is_some_and(|status| status.healthy);
    let mut board = Board::new(History::new(MOMENTS), PAUSE);
    events.into_iter().for_each(|event| board.history.tell(event));
    board.history.push(sample.clone());
    ui.document(&sample, |ui| text(&board, ui.width().unwrap_or(WIDTH)))?;
    Ok(Exit::answer(healthy))
}

/// Prints samples, each as a document.
async fn print<W: World>(session: &Session<W>, mut news: mpsc::Receiver<News>) -> Result<Exit, Failure> {
    let mut screen = session.ui.screen();
    let mut last = Exit::Interrupted;
    while let Some(Some(next)) = session.cancel.run_until_cancelled(news.recv()).await {
        if let News::Sample(sample) = next {
            last = Exit::answer(sample.status.as_ref().is_some_and(|status| status.healthy));
            screen.document(&sample, |_| String::new())?;
        }
    }
    Ok(last)
}

/// The outcome of something that a key asked for.
struct JobEnd {
    number: usize,
    what: String,
    ended: Result<Exit, Failure>,
    caught: Caught,
}

/// A view on the terminal, and what was asked for in it.
struct View<'a, W: World> {
    session: &'a Session<W>,
    cluster: &'a ClusterName,
    jobs: FuturesUnordered<LocalBoxFuture<'a, JobEnd>>,
    /// Jobs begun so far, which numbers the next one.
    begun: usize,
    /// The jobs that are pauses: their node, and what ends them. An old one may still be ending when a new one of the same
    /// node begins.
    pauses: BTreeMap<usize, (NodeId, CancellationToken)>,
}

impl<'a, W: World> View<'a, W> {
    async fn run(mut self, mut news: mpsc::Receiver<News>) -> Result<Exit, Failure> {
        let mut console = Console::open(&self.session.ui)?;
        let mut board = Board::new(History::new(MOMENTS), PAUSE);
        let mut log: BoxStream<'a, Vec<LogLine>> = pending().boxed();
        let cancel = &self.session.cancel;
        let ended = loop {
            if let Err(failure) = console.draw(&board) {
                break Err(failure);
            }
            tokio::select! {
                key = console.key() => match key {
                    Ok(Some(key)) => match board.press(key) {
                        Some(KeyAction::Quit) => break Ok(()),
                        Some(KeyAction::Logs(node)) => log = self.log(node),
                        Some(KeyAction::CloseLogs) => log = pending().boxed(),
                        Some(action) => self.begin(action, &mut board),
                        None => {}
                    },
                    Ok(None) => break Ok(()),
                    Err(failure) => break Err(failure),
                },
                Some(first) = news.recv() => {
                    first.add_to(&mut board.history);
                    while let Ok(next) = news.try_recv() {
                        next.add_to(&mut board.history);
                    }
                }
                lines = log.next() => match lines {
                    Some(lines) => board.log(lines),
                    None => log = pending().boxed(),
                },
                Some(outcome) = self.jobs.next(), if !self.jobs.is_empty() => {
                    self.pauses.remove(&outcome.number);
                    tell(&outcome, &mut board);
                }
                () = cancel.cancelled() => break Ok(()),
            }
        };
        drop(console);
        let finished = self.finish().await;
        ended.and(finished).map(|()| Exit::Done)
    }

    /// Begins something that changes the cluster.
    fn begin(&mut self, action: KeyAction, board: &mut Board) {
        let (ui, caught) = Ui::caught();
        let cancel = self.session.cancel.child_token();
        let (host, hosts) = (self.session.host.clone(), self.session.hosts.clone());
        let engine = self.session.engine.clone();
        let session: Session<W> = Session { ui, engine, cancel: cancel.clone(), host, hosts };
        let cluster = self.cluster;
        let what = match action {
            KeyAction::Failover(_, node) => format!("switchover to {node}"),
            KeyAction::Pause(node) => format!("pause of {node}"),
            KeyAction::Unpause(node) => format!("unpause of {node}"),
            KeyAction::Logs(_) | KeyAction::CloseLogs | KeyAction::Quit => return,
        };
        board.tell(format!("{what} …"));
        self.begun += 1;
        let number = self.begun;
        match action {
            KeyAction::Pause(node) => drop(self.pauses.insert(number, (node, cancel))),
            // It ends as it would after its time.
            KeyAction::Unpause(node) => {
                let pause = self.pauses.iter().find(|(_, (paused, _))| *paused == node).map(|(number, _)| *number);
                if let Some((_, pause)) = pause.and_then(|number| self.pauses.remove(&number)) {
                    pause.cancel();
                    return;
                }
            }
            _ => {}
        }
        let work = async move {
            let ended = match action {
                KeyAction::Failover(group, node) => failover::to(&session, cluster, group, node).await,
                KeyAction::Pause(node) => chaos::pause(&session, cluster, node, PAUSE).await,
                KeyAction::Unpause(node) => chaos::unpause(&session, cluster, node).await,
                KeyAction::Logs(_) | KeyAction::CloseLogs | KeyAction::Quit => Ok(Exit::Done),
            };
            JobEnd { number, what, ended, caught }
        };
        self.jobs.push(Box::pin(work));
    }

    /// The log of a node, and what it will be.
    fn log(&self, node: NodeId) -> BoxStream<'a, Vec<LogLine>> {
        let query = LogQuery { tail: Some(LOG_LINES), since: None, follow: true };
        let mut lines = LogLines::new(node);
        let chunks = self.session.engine.logs(self.cluster, node, &query);
        chunks.map(move |chunk| chunk.map(|chunk| lines.push(chunk.stderr, &chunk.bytes)).unwrap_or_default()).boxed()
    }

    /// Ends pauses that were made here, and waits for the rest of what was asked for.
    ///
    /// # Errors
    /// The first failure of these. The others are shown.
    async fn finish(mut self) -> Result<(), Failure> {
        let ui = &self.session.ui;
        let mut finished = Ok(());
        for (node, pause) in self.pauses.values() {
            ui.status(format_args!("ending the pause of {node}"));
            pause.cancel();
        }
        while let Some(JobEnd { what, ended, .. }) = self.jobs.next().await {
            match ended {
                Ok(_) => ui.status(format_args!("{what} is over")),
                Err(failure) if finished.is_ok() => finished = Err(failure),
                Err(failure) => ui.failure(&failure),
            }
        }
        finished
    }
}

/// Shows how something has ended.
fn tell(outcome: &JobEnd, board: &mut Board) {
    let JobEnd { what, ended, caught, .. } = outcome;
    match ended {
        Ok(_) => board.tell(caught.last_line().unwrap_or_else(|| format!("{what} is done"))),
        Err(failure) => board.complain(format!("{what}: {}", failure.chain().collect::<Vec<_>>().join(": "))),
    }
}
