//! Data files on their way into containers: streamed, so that none is ever whole in memory.

use std::io::{self, Read};

use anyhow::anyhow;
use bollard::container::AttachContainerResults;
use bollard::query_parameters::UploadToContainerOptions;
use futures_util::stream;
use tar::{Builder, EntryType, Header};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::Duration;

use super::data::{COPY, inside};
use super::files::SELF;
use super::helpers::Pipe;
use super::oneoff::{self, Location, OneOff};
use super::trial::SCRIPT;
use super::{DockerEngine, calls};
use crate::cluster::desired::Program;
use crate::dial::Stream;
use crate::engine::{AppendOnlyStream, DataStream, EngineError, EngineErrorKind, FileStream, Result, Tried};
use crate::spec::render::{self, DataFiles};
use crate::spec::{NODE_DIR, NODE_UID, NodeId, Spec};

/// Waits until its input ends, which it does at the latest when redos does.
const WAIT: &[&str] = &["sh", "-c", "cat >/dev/null"];
/// What a temporary server waits for before it starts: a line.
const AFTER_A_LINE: &str = "read -r _ || exit";
/// The file of a temporary server.
const TRIAL_FILE: &str = "dump.rdb";
/// The folder of its append-only files.
const TRIAL_FOLDER: &str = "appendonlydir";
/// The beginning of their names.
const TRIAL_LOG: &str = "appendonly.aof";
/// Time limit of a start without data.
const START: Duration = Duration::from_secs(60);
/// The slowest loading, in bytes per second. A busy machine with a slow disk loads ten times as much.
const SLOWEST: u64 = 1_000_000;
/// Chunks that may wait to be sent.
const CHUNKS: usize = 4;
/// The mode of files.
const FILE_MODE: u32 = 0o600;
/// The mode of folders.
const FOLDER_MODE: u32 = 0o700;

/// An entry of an archive: its path, and its content, or that it is a folder.
type ArchiveEntry = (String, Option<(u64, Box<dyn Read + Send>)>);

/// Puts data into a node's volume, with what its server needs to load them.
///
/// # Errors
/// The cluster keeps no data, the Engine failed, or the data cannot be read to its end.
pub async fn volume(engine: &DockerEngine, spec: &Spec, node: NodeId, image: &str, data: DataStream) -> Result<()> {
    let root = (SELF.to_owned(), None);
    fill(engine, spec, node, image, entries(spec, data).map(|entries| [root].into_iter().chain(entries).collect()))
        .await
}

/// Puts data beside those of a node, whose server may run.
///
/// # Errors
/// As [`volume`].
pub async fn beside(engine: &DockerEngine, spec: &Spec, node: NodeId, data: DataStream) -> Result<()> {
    let image = spec.used.redis.as_ref().map(|used| used.reference.as_str()).unwrap_or_default();
    let folder = (COPY.to_owned(), None);
    let within = |(path, content): ArchiveEntry| (format!("{COPY}/{path}"), content);
    let entries =
        entries(spec, data).map(|entries| [folder].into_iter().chain(entries.into_iter().map(within)).collect());
    fill(engine, spec, node, image, entries).await
}

async fn fill(
    engine: &DockerEngine,
    spec: &Spec,
    node: NodeId,
    image: &str,
    entries: anyhow::Result<Vec<ArchiveEntry>>,
) -> Result<()> {
    let name = node.volume_name(&spec.name);
    let operation = || format!("put the data into the volume {name}");
    let entries = entries.map_err(|why| EngineError::new(EngineErrorKind::Other, operation(), why))?;
    let OneOff { id, streams } = oneoff::start(engine, image, WAIT, Location::Volume(&name), operation).await?;
    let sent = upload(engine, &id, entries).await.map_err(|error| engine.failed(operation(), error));
    drop(streams);
    calls::remove(engine, &id).await?;
    sent
}

/// The data files of a node with these data. What makes a server load them comes last.
fn entries(spec: &Spec, data: DataStream) -> anyhow::Result<Vec<ArchiveEntry>> {
    match (render::data_files(spec), data) {
        (DataFiles::AppendOnly { folder, manifest, .. }, data) => {
            let base = |file| vec![AppendOnlyStream { file, is_base: true, is_rdb: true }];
            let files = match data {
                DataStream::Rdb(file) => base(file),
                DataStream::AppendOnly(files) => files,
            };
            Ok(append_only(inside(&folder), inside(&manifest), files))
        }
        (DataFiles::Snapshot(path), DataStream::Rdb(file)) => Ok(vec![(inside(&path).to_owned(), content(file))]),
        (DataFiles::Snapshot(_), DataStream::AppendOnly(_)) => {
            Err(anyhow!("the cluster keeps snapshots only, and does not load append-only files"))
        }
        (DataFiles::None, _) => Err(anyhow!("the cluster keeps no data on disk")),
    }
}

/// Append-only files under the names of a node, and their manifest.
fn append_only(folder: &str, manifest: &str, files: Vec<AppendOnlyStream>) -> Vec<ArchiveEntry> {
    let prefix = manifest.trim_end_matches(".manifest");
    let name = prefix.rsplit('/').next().unwrap_or_default();
    let (mut entries, mut lines, mut increments) = (vec![(folder.to_owned(), None)], String::new(), 0);
    for AppendOnlyStream { file, is_base, is_rdb } in files {
        let (ending, kind) = match (is_base, is_rdb) {
            (true, true) => ("1.base.rdb".to_owned(), "seq 1 type b"),
            (true, false) => ("1.base.aof".to_owned(), "seq 1 type b"),
            (false, _) => {
                increments += 1;
                (format!("{increments}.incr.aof"), "")
            }
        };
        let kind = if is_base { kind.to_owned() } else { format!("seq {increments} type i") };
        lines.push_str(&format!("file {name}.{ending} {kind}\n"));
        entries.push((format!("{prefix}.{ending}"), content(file)));
    }
    if increments == 0 {
        // The server appends to the last one.
        lines.push_str(&format!("file {name}.1.incr.aof seq 1 type i\n"));
        entries.push((format!("{prefix}.1.incr.aof"), Some((0, Box::new(io::empty())))));
    }
    let bytes = lines.len() as u64;
    entries.push((manifest.to_owned(), Some((bytes, Box::new(io::Cursor::new(lines))))));
    entries
}

fn content(file: FileStream) -> Option<(u64, Box<dyn Read + Send>)> {
    Some((file.bytes, file.reader))
}

/// Sends an archive to a container's volume while it is made.
async fn upload(
    engine: &DockerEngine,
    container: &str,
    entries: Vec<ArchiveEntry>,
) -> std::result::Result<(), bollard::errors::Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let packing = tokio::task::spawn_blocking(move || {
        if let Err(error) = pack(entries, Pipe(sender.clone())) {
            // Nobody receives when the Engine has refused already.
            let _ = sender.blocking_send(Err(error));
        }
    });
    let chunks = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let options = UploadToContainerOptions { path: NODE_DIR.to_owned(), ..Default::default() };
    let uploaded = engine.docker.upload_to_container(container, Some(options), bollard::body_try_stream(chunks)).await;
    // It ends with the stream that it writes to.
    let _ = packing.await;
    uploaded
}

fn pack(entries: Vec<ArchiveEntry>, to: Pipe) -> io::Result<()> {
    let mut tar = Builder::new(io::BufWriter::with_capacity(128 * 1024, to));
    for (path, content) in entries {
        let mut header = Header::new_gnu();
        header.set_path(&path)?;
        header.set_uid(NODE_UID.into());
        header.set_gid(NODE_UID.into());
        let (kind, mode, size, reader) = match content {
            Some((size, reader)) => (EntryType::Regular, FILE_MODE, size, reader),
            None => (EntryType::Directory, FOLDER_MODE, 0, Box::new(io::empty()) as Box<dyn Read + Send>),
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_cksum();
        let mut exact = Exact { reader: reader.take(size), left: size };
        tar.append(&header, &mut exact)?;
    }
    tar.into_inner()?.into_inner().map(drop).map_err(io::IntoInnerError::into_error)
}

/// A reader that fails if it ends early, which would leave a broken archive.
struct Exact<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(to)?;
        self.left -= read as u64;
        if read == 0 && self.left > 0 && !to.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

impl DockerEngine {
    /// It is [`Probes::try_load`](crate::engine::Probes::try_load) of this Engine.
    pub(super) async fn try_load_into_server<T>(
        &self,
        program: &Program,
        configuration: &str,
        data: DataStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        let Program { image, server } = program;
        let operation = || format!("load the data with {server} of {image}");
        let files = match data {
            DataStream::Rdb(_) => format!("dbfilename {TRIAL_FILE}"),
            DataStream::AppendOnly(_) => format!(
                "appendonly yes\naof-load-truncated no\nappenddirname {TRIAL_FOLDER}\nappendfilename {TRIAL_LOG}"
            ),
        };
        let configuration = format!("{configuration}\nmaxmemory 0\ndir {NODE_DIR}\n{files}");
        let script = format!("{AFTER_A_LINE}\n{SCRIPT}");
        let command = ["sh", "-c", &script, "trial", server, &configuration];
        let OneOff { id, streams } =
            oneoff::start(self, image, &command, Location::Scratch(NODE_DIR), operation).await?;
        let trial = self.load(&id, streams, data, question).await;
        calls::remove(self, &id).await?;
        trial.map_err(|why| EngineError::new(EngineErrorKind::Other, operation(), why))
    }

    async fn load<T>(
        &self,
        container: &str,
        streams: AttachContainerResults,
        data: DataStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> anyhow::Result<Tried<T>> {
        let limit = START + Duration::from_secs(data.bytes() / SLOWEST);
        let entries = match data {
            DataStream::Rdb(file) => vec![(TRIAL_FILE.to_owned(), content(file))],
            DataStream::AppendOnly(files) => {
                append_only(TRIAL_FOLDER, &format!("{TRIAL_FOLDER}/{TRIAL_LOG}.manifest"), files)
            }
        };
        upload(self, container, entries).await?;
        // The input stays open as long as this lasts: its end is the server's.
        let AttachContainerResults { output, mut input } = streams;
        input.write_all(b"begin\n").await?;
        input.flush().await?;
        self.once_served(container, output, limit, question).await
    }
}
