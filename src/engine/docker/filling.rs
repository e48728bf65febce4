//! RDB files on their way into containers: streamed, so that none is ever whole in memory.

use std::io::{self, Read};

use anyhow::anyhow;
use bollard::container::AttachContainerResults;
use bollard::query_parameters::UploadToContainerOptions;
use futures_util::stream;
use tar::{Builder, EntryType, Header};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::Duration;

use super::files::SELF;
use super::helpers::Pipe;
use super::oneoff::{self, Location, OneOff};
use super::trial::SCRIPT;
use super::{DockerEngine, calls};
use crate::cluster::desired::Program;
use crate::dial::Stream;
use crate::engine::{EngineError, EngineErrorKind, RdbStream, Result, Tried};
use crate::spec::render::{self, DataFiles};
use crate::spec::{NODE_DIR, NODE_UID, NodeId, Spec};

/// Waits until its input ends, which it does at the latest when redos does.
const WAIT: &[&str] = &["sh", "-c", "cat >/dev/null"];
/// What a temporary server waits for before it starts: a line.
const AFTER_A_LINE: &str = "read -r _ || exit";
/// The file of a temporary server.
const TRIAL_FILE: &str = "dump.rdb";
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

/// Puts an RDB into a node's volume, with what its server needs to load it.
///
/// # Errors
/// The cluster keeps no data, the Engine failed, or the RDB cannot be read to its end.
pub async fn volume(engine: &DockerEngine, spec: &Spec, node: NodeId, image: &str, rdb: RdbStream) -> Result<()> {
    let name = node.volume_name(&spec.name);
    let operation = || format!("put the data into the volume {name}");
    let entries = match entries(spec, rdb) {
        Ok(entries) => entries,
        Err(why) => return Err(EngineError::new(EngineErrorKind::Other, operation(), why)),
    };
    let OneOff { id, streams } = oneoff::start(engine, image, WAIT, Location::Volume(&name), operation).await?;
    let sent = upload(engine, &id, entries).await.map_err(|error| engine.failed(operation(), error));
    drop(streams);
    calls::remove(engine, &id).await?;
    sent
}

/// The files of a volume with this RDB. What makes a server load it comes last.
fn entries(spec: &Spec, rdb: RdbStream) -> anyhow::Result<Vec<ArchiveEntry>> {
    let inside = |path: &str| path.strip_prefix(NODE_DIR).unwrap_or(path).trim_start_matches('/').to_owned();
    let text = |text: String| Some((text.len() as u64, Box::new(io::Cursor::new(text)) as Box<dyn Read + Send>));
    let content = Some((rdb.bytes, rdb.reader));
    let root = (SELF.to_owned(), None);
    match render::data_files(spec) {
        DataFiles::AppendOnly { folder, manifest, .. } => {
            let prefix = inside(&manifest).trim_end_matches(".manifest").to_owned();
            let name = prefix.rsplit('/').next().unwrap_or_default().to_owned();
            let lines = format!("file {name}.1.base.rdb seq 1 type b\nfile {name}.1.incr.aof seq 1 type i\n");
            Ok(vec![
                root,
                (inside(&folder), None),
                (format!("{prefix}.1.base.rdb"), content),
                (format!("{prefix}.1.incr.aof"), text(String::new())),
                (inside(&manifest), text(lines)),
            ])
        }
        DataFiles::Snapshot(path) => Ok(vec![root, (inside(&path), content)]),
        DataFiles::None => Err(anyhow!("the cluster keeps no data on disk")),
    }
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
        rdb: RdbStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        let Program { image, server } = program;
        let operation = || format!("load the data with {server} of {image}");
        let configuration = format!("{configuration}\nmaxmemory 0\ndir {NODE_DIR}\ndbfilename {TRIAL_FILE}");
        let script = format!("{AFTER_A_LINE}\n{SCRIPT}");
        let command = ["sh", "-c", &script, "trial", server, &configuration];
        let OneOff { id, streams } =
            oneoff::start(self, image, &command, Location::Scratch(NODE_DIR), operation).await?;
        let trial = self.load(&id, streams, rdb, question).await;
        calls::remove(self, &id).await?;
        trial.map_err(|why| EngineError::new(EngineErrorKind::Other, operation(), why))
    }

    async fn load<T>(
        &self,
        container: &str,
        streams: AttachContainerResults,
        rdb: RdbStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> anyhow::Result<Tried<T>> {
        let limit = START + Duration::from_secs(rdb.bytes / SLOWEST);
        upload(self, container, vec![(TRIAL_FILE.to_owned(), Some((rdb.bytes, rdb.reader)))]).await?;
        // The input stays open as long as this lasts: its end is the server's.
        let AttachContainerResults { output, mut input } = streams;
        input.write_all(b"begin\n").await?;
        input.flush().await?;
        self.once_served(container, output, limit, question).await
    }
}
