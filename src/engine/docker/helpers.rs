//! Helpers beside a container. They need no image of their own, no privileges, and only Linux in the image.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, HostConfig, HostConfigLogConfig, RestartPolicy,
    RestartPolicyNameEnum,
};
use bollard::query_parameters::{
    CreateContainerOptions, LogsOptions, StartContainerOptions, StopContainerOptions, UploadToContainerOptions,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{DockerEngine, calls, errors, labels, nodes};
use crate::engine::containers::{Helper, Right};
use crate::engine::{EngineError, EngineErrorKind, ImageStore, NodeProgram, Result};
use crate::spec::NODE_DIR;

/// The names of helpers begin with this.
const PREFIX: &str = "redos-fault-";
/// The mode of programs, and of their folder.
const MODE: u32 = 0o755;
/// Bytes of a program in one chunk.
const CHUNK: usize = 256 * 1024;
/// Chunks that may wait to be sent.
const CHUNKS: usize = 8;
/// Seconds in which a helper must end when it is told to, before it is killed.
const GRACE: i32 = 20;
/// How long the log of an ended helper may take to be complete.
const LAST_WORDS: Duration = Duration::from_secs(30);

fn name_of(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// Creates a helper, copies its programs into it and starts it.
pub async fn start(engine: &DockerEngine, helper: &Helper) -> Result<()> {
    let name = name_of(&helper.id);
    let operation = || format!("start a helper beside {}", helper.beside);
    fits(engine, helper.machine, operation)?;
    let beside = calls::inspect(engine, &helper.beside).await?;
    let gone = || EngineError::new(EngineErrorKind::NotFound, operation(), anyhow!("there is no such container"));
    let beside = beside.ok_or_else(gone)?;
    let options = CreateContainerOptions { name: Some(name.clone()), ..Default::default() };
    let made = engine.docker.create_container(Some(options), container(helper, beside)).await;
    made.map_err(|error| engine.failed(operation(), error))?;
    let started = async {
        let programs = PackedPrograms { folder: helper.folder.clone(), files: helper.files.clone(), script: None };
        upload(engine, &name, "/", programs).await.map_err(|error| engine.failed(operation(), error))?;
        let started = engine.docker.start_container(&name, None::<StartContainerOptions>).await;
        started.map_err(|error| engine.failed(operation(), error))
    };
    let Err(error) = started.await else { return Ok(()) };
    // A container that never ran is not removed by itself.
    calls::remove(engine, &name).await?;
    Err(error)
}

/// Copies a program into the volume of a container.
pub async fn install(engine: &DockerEngine, container: &str, program: &NodeProgram) -> Result<()> {
    let operation = || format!("copy redos into {container}");
    fits(engine, program.machine, operation)?;
    let folder = program.folder.strip_prefix(NODE_DIR).unwrap_or(&program.folder).to_owned();
    let programs = PackedPrograms { folder, files: program.files.clone(), script: Some(program.script.clone()) };
    let uploaded = upload(engine, container, NODE_DIR, programs).await;
    uploaded.map_err(|error| engine.failed(operation(), error))
}

/// Whether a program for this machine type runs on the Engine's.
fn fits(engine: &DockerEngine, kind: &str, operation: impl Fn() -> String) -> Result<()> {
    let there = engine.architecture();
    if machine(kind) == there {
        return Ok(());
    }
    let why = anyhow!("the Engine's machine is {there}, and the redos that would run there is for {kind}");
    let remedy = "run redos on the Engine's own machine, or name a statically linked Linux build of redos for it: \
                  REDOS_AGENT=/path/to/redos";
    Err(EngineError::new(EngineErrorKind::Other, operation(), why).hinted(remedy))
}

/// Programs on their way into a container.
struct PackedPrograms {
    folder: String,
    files: BTreeMap<String, PathBuf>,
    script: Option<(String, String)>,
}

/// A machine type in Docker's words.
fn machine(kind: &str) -> &str {
    match kind {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

/// The container of a helper, in the Engine's words.
fn container(helper: &Helper, beside: ContainerInspectResponse) -> ContainerCreateBody {
    let id = beside.id.unwrap_or_default();
    let user = match helper.right {
        // Files in volumes can be read by their user only.
        Right::Volumes => beside.config.and_then(|config| config.user).unwrap_or_default(),
        // Only root can have the capability.
        Right::Network => "0:0".to_owned(),
    };
    ContainerCreateBody {
        image: beside.image,
        entrypoint: Some(helper.command.clone()),
        user: Some(user),
        working_dir: Some("/".to_owned()),
        labels: Some(HashMap::from([(labels::FAULT.to_owned(), helper.id.clone())])),
        healthcheck: Some(nodes::no_health_check()),
        host_config: Some(HostConfig {
            network_mode: Some(format!("container:{id}")),
            volumes_from: (helper.right == Right::Volumes).then(|| vec![id.clone()]),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: (helper.right == Right::Network).then(|| vec!["NET_ADMIN".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
            auto_remove: Some(true),
            // The log driver that every Engine can read.
            log_config: Some(HostConfigLogConfig { typ: Some("json-file".to_owned()), config: None }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Sends the programs while it reads them: together they may be too large for memory.
async fn upload(
    engine: &DockerEngine,
    name: &str,
    path: &str,
    programs: PackedPrograms,
) -> std::result::Result<(), bollard::errors::Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let packing = tokio::task::spawn_blocking(move || {
        if let Err(error) = pack(&programs, Pipe(sender.clone())) {
            // Nobody receives when the Engine has refused already.
            let _ = sender.blocking_send(Err(error));
        }
    });
    let chunks = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let options = UploadToContainerOptions { path: path.to_owned(), ..Default::default() };
    let uploaded = engine.docker.upload_to_container(name, Some(options), bollard::body_try_stream(chunks)).await;
    // It ends with the stream that it writes to.
    let _ = packing.await;
    uploaded
}

/// The programs as a tar archive.
fn pack(programs: &PackedPrograms, to: impl Write) -> io::Result<()> {
    let PackedPrograms { folder, files, script } = programs;
    let folder = folder.trim_matches('/');
    let mut tar = Builder::new(to);
    tar.append(&header(folder, EntryType::Directory, 0)?, io::empty())?;
    for (name, path) in files {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        tar.append(&header(&format!("{folder}/{name}"), EntryType::Regular, size)?, io::Read::take(file, size))?;
    }
    if let Some((name, text)) = script {
        tar.append(&header(&format!("{folder}/{name}"), EntryType::Regular, text.len() as u64)?, text.as_bytes())?;
    }
    tar.into_inner()?.flush()
}

fn header(path: &str, kind: EntryType, size: u64) -> io::Result<Header> {
    let mut header = Header::new_gnu();
    header.set_path(path)?;
    header.set_entry_type(kind);
    header.set_mode(MODE);
    header.set_size(size);
    header.set_cksum();
    Ok(header)
}

/// The writer of an archive that is sent at the same time.
pub struct Pipe(pub mpsc::Sender<io::Result<Bytes>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = &bytes[..bytes.len().min(CHUNK)];
        self.0.blocking_send(Ok(Bytes::copy_from_slice(chunk))).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The output of a helper so far; `None` when it is gone.
pub async fn heard(engine: &DockerEngine, id: &str) -> Result<Option<String>> {
    log(engine, id, false).await
}

/// Tells a helper to end and returns all its output; `None` when it is gone already.
pub async fn dismiss(engine: &DockerEngine, id: &str) -> Result<Option<String>> {
    let name = name_of(id);
    // The log is followed from before: the Engine removes it with the container.
    let listening = timeout(LAST_WORDS, log(engine, id, true));
    let options = StopContainerOptions { t: Some(GRACE), ..Default::default() };
    let (said, stopped) = tokio::join!(listening, engine.docker.stop_container(&name, Some(options)));
    match stopped {
        Ok(()) => {}
        Err(error) if matches!(errors::status(&error), Some(errors::NOT_FOUND | errors::CONFLICT)) => {}
        Err(error) => return Err(engine.failed(format!("stop {name}"), error)),
    }
    // The container is removed after it has ended, which may take a moment more.
    calls::remove(engine, &name).await?;
    said.unwrap_or(Ok(None))
}

async fn log(engine: &DockerEngine, id: &str, follow: bool) -> Result<Option<String>> {
    let name = name_of(id);
    let options = LogsOptions { follow, stdout: true, stderr: true, tail: "all".to_owned(), ..Default::default() };
    let mut lines = engine.docker.logs(&name, Some(options));
    let mut log = Vec::new();
    while let Some(chunk) = lines.next().await {
        match chunk {
            Ok(chunk) => log.extend_from_slice(chunk.as_ref()),
            // Gone, or about to be.
            Err(error) if matches!(errors::status(&error), Some(errors::NOT_FOUND | errors::CONFLICT)) => {
                return Ok(None);
            }
            Err(error) => return Err(engine.failed(format!("read the log of {name}"), error)),
        }
    }
    Ok(Some(String::from_utf8_lossy(&log).into_owned()))
}

#[cfg(test)]
mod tests {
    use bollard::models::ContainerConfig;

    use super::*;

    #[test]
    fn a_helper_has_the_right_that_it_needs_and_no_other() {
        let made = |right| {
            let helper = Helper {
                id: "1".to_owned(),
                beside: "demo-redis-1".to_owned(),
                machine: std::env::consts::ARCH,
                files: BTreeMap::new(),
                folder: "/agent".to_owned(),
                command: vec!["/agent/redos".to_owned()],
                right,
            };
            let config = ContainerConfig { user: Some("10001:10001".to_owned()), ..Default::default() };
            let (id, config) = (Some("c0ffee".to_owned()), Some(config));
            let body = container(&helper, ContainerInspectResponse { id, config, ..Default::default() });
            assert!(body.env.is_none(), "nothing that could hold a secret");
            let host = body.host_config.expect("a host configuration");
            assert_eq!(host.network_mode.as_deref(), Some("container:c0ffee"));
            assert_eq!((host.privileged, host.binds, host.auto_remove), (None, None, Some(true)));
            assert_eq!(host.security_opt, Some(vec!["no-new-privileges".to_owned()]));
            assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
            (body.user.expect("a user"), host.cap_add, host.volumes_from)
        };
        let all = Some(vec!["NET_ADMIN".to_owned()]);
        assert_eq!(made(Right::Network), ("0:0".to_owned(), all, None));
        assert_eq!(made(Right::Volumes), ("10001:10001".to_owned(), None, Some(vec!["c0ffee".to_owned()])));
    }

    #[test]
    fn programs_are_packed_whole_and_may_be_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tool");
        std::fs::write(&path, vec![7; CHUNK + 1]).expect("a file");
        let mut bytes = Vec::new();
        let script = Some(("start.sh".to_owned(), "exec redos".to_owned()));
        let programs =
            PackedPrograms { folder: "/agent".to_owned(), files: [("redos".to_owned(), path)].into(), script };
        pack(&programs, &mut bytes).expect("a tar");
        let mut tar = tar::Archive::new(bytes.as_slice());
        let entries = tar.entries().expect("entries").map(|entry| {
            let header = entry.expect("an entry").header().clone();
            (
                header.path().expect("a path").into_owned(),
                header.mode().expect("a mode"),
                header.size().expect("a size"),
            )
        });
        let size = u64::try_from(CHUNK + 1).expect("a size");
        let expected = [
            (PathBuf::from("agent"), MODE, 0),
            (PathBuf::from("agent/redos"), MODE, size),
            (PathBuf::from("agent/start.sh"), MODE, 10),
        ];
        assert_eq!(entries.collect::<Vec<_>>(), expected);
    }
}
