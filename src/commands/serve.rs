//! `redos serve`: a cluster live in the browser, read only.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::monitor::{MOMENTS, News, WAITING, interval, monitor};
use super::session::judge::{DOCUMENT, PAGE};
use super::session::{Call, World, lookup};
use crate::error::{Exit, Failure, FailureKind};
use crate::output::List;
use crate::output::command_line;
use crate::output::live_page::{ListedReport, LiveDocument, live_page};
use crate::output::urls::percent_encoded;
use crate::spec::{API_VERSION, ClusterName, Secret};
use crate::view::{History, Told};
use crate::web::{self, Content, ContentKind, Gatekeeper, Site};

/// Where the list of reports is, and each report beneath it.
const REPORTS: &str = "/reports";

/// Arguments of `serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "The page shows who is master, where writes and reads go, lag and throughput of the
last five minutes, and what happened. It changes nothing. It is on 127.0.0.1
alone, and the printed link opens it once, in one browser. From another machine:
ssh -L 8414:127.0.0.1:8414 HOST, with --port 8414.

Examples:
  redos serve
  redos serve --port 8414
  redos serve --reports out        and the reports that 'failover-test --report out' wrote")]
pub struct ServeArgs {
    /// Port on 127.0.0.1; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Folder with a report of a failover test, or with several in folders of their own
    #[arg(long, value_name = "FOLDER")]
    pub reports: Option<PathBuf>,
    /// Time between two looks
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,
}

/// `kind: Serve`: where the page is.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServeDocument {
    pub api_version: &'static str,
    /// Always `Serve`, the kind of document.
    pub kind: &'static str,
    /// The link, which opens the page once.
    pub url: String,
}

/// Serves the page until Ctrl-C.
///
/// # Errors
/// There is no such cluster, the port is taken, or the Engine failed at first. Later failures are shown on the page.
pub async fn run<W: World>(args: ServeArgs, call: Call<W>) -> Result<Exit, Failure> {
    let cluster = call.cluster()?;
    let (session, found) = call.reach(&cluster).await?;
    lookup::present(&*session.engine, &cluster, &found.inventory)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await.map_err(|error| {
        let what = anyhow::Error::new(error).context(format!("failed to listen at 127.0.0.1:{}", args.port));
        Failure::new(FailureKind::Conflict, what)
            .hinted(format!("take any free port: {}", command_line(&cluster, "serve --port 0")))
    })?;
    let address = listener.local_addr().map_err(anyhow::Error::new)?;
    let secret = || Secret::from_random(rand::random());
    let gatekeeper = Gatekeeper::new(address.port(), secret(), secret());
    let url = format!("http://{address}/?{}", gatekeeper.query());
    let document = ServeDocument { api_version: API_VERSION, kind: "Serve", url };
    session.ui.document(&document, |_| document.url.clone())?;
    session.ui.hint("the link opens the page once, in one browser; Ctrl-C ends it");

    let (sender, mut news) = mpsc::channel::<News>(WAITING);
    let (change, changed) = watch::channel(0);
    let history = Arc::new(Mutex::new(History::new(MOMENTS)));
    let site = ClusterSite { cluster: cluster.clone(), history: history.clone(), changed, reports: args.reports };
    let collected = async {
        while let Some(next) = news.recv().await {
            next.add_to(&mut lock(&history));
            change.send_modify(|number| *number += 1);
        }
    };
    tokio::select! {
        () = session.cancel.cancelled() => {}
        () = monitor(&session, &cluster, found, args.interval, &sender) => {}
        () = collected => {}
        () = web::serve(listener, gatekeeper, site) => {}
    }
    Ok(Exit::Done)
}

/// The pages of a cluster.
struct ClusterSite {
    cluster: ClusterName,
    history: Arc<Mutex<History>>,
    changed: watch::Receiver<u64>,
    reports: Option<PathBuf>,
}

impl Site for ClusterSite {
    type Told = Told;

    fn content(&self, path: &str) -> Option<Content> {
        match path {
            "/" => {
                let nonce = Secret::from_random(rand::random()).expose().to_owned();
                let body = live_page(&self.cluster, &nonce).ok()?.into();
                Some(Content { kind: ContentKind::Page { nonce }, body })
            }
            REPORTS => {
                let list = List::new("ReportList", self.reports.as_deref().map(listed).unwrap_or_default());
                Some(Content { kind: ContentKind::Json, body: serde_json::to_vec(&list).ok()?.into() })
            }
            _ => {
                // Only what is in the list is opened, whatever the path looks like.
                let folder = folders(self.reports.as_deref()?).into_iter().find(|folder| folder.path == path)?;
                let body = std::fs::read(folder.folder.join(PAGE)).ok()?.into();
                Some(Content { kind: ContentKind::Report, body })
            }
        }
    }

    fn message(&self, told: Told) -> (Told, String) {
        let history = lock(&self.history);
        let document = LiveDocument::since(&history, told);
        (history.told(), serde_json::to_string(&document).unwrap_or_default())
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }
}

/// A folder with a report.
struct ReportFolder {
    folder: PathBuf,
    name: String,
    /// The path of its page: the name beneath [`REPORTS`], or nothing for the folder that was given.
    path: String,
}

impl ReportFolder {
    fn new(folder: PathBuf, is_given: bool) -> Option<Self> {
        let name = folder.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned();
        let below = if is_given { String::new() } else { percent_encoded(&name) };
        folder.join(PAGE).is_file().then(|| Self { folder, path: format!("{REPORTS}/{below}"), name })
    }
}

/// The folders with a report: this one, and those in it.
fn folders(reports: &Path) -> Vec<ReportFolder> {
    let inner = std::fs::read_dir(reports).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let inner = inner.filter_map(|folder| ReportFolder::new(folder, false));
    inner.chain(ReportFolder::new(reports.to_owned(), true)).collect()
}

/// The reports in these folders, the latest first.
fn listed(reports: &Path) -> Vec<ListedReport> {
    let of = |ReportFolder { folder, name, path }: ReportFolder| {
        let report: Value = serde_json::from_slice(&std::fs::read(folder.join(DOCUMENT)).ok()?).ok()?;
        let text = |key: &str| report[key].as_str().unwrap_or_default().to_owned();
        Some(ListedReport { name, path, scenario: text("scenario"), verdict: text("verdict"), date: text("startedAt") })
    };
    let mut listed: Vec<ListedReport> = folders(reports).into_iter().filter_map(of).collect();
    listed.sort_by(|one, other| other.date.cmp(&one.date));
    listed
}

/// The history is whole after a panic of another thread as well.
fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
