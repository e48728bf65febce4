//! An Engine of this host's own programs that only one scenario uses, so that it may be stopped, killed and filled up.
//!
//! It runs in its own process, mount and network namespaces, with its own data.
//!
//! The end of its first process is like a power cut of a host: the kernel kills everything in the namespace at once,
//! and mounts and networks are gone with it; the data stay.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use redos::testing::engine::docker::DockerEngine;
use redos::testing::engine::image;
use redos::testing::spec::Images;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::io::StreamReader;

use crate::support::{engine, engine_at, eventually_within};

/// Time limit of the Engine's start and stop. It stops its containers first, each within its own grace period.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the first process does. Its `/run` is gone with it, as after a power cut, and it has its own network.
const INIT: &str = "mount -t tmpfs tmpfs /run; ip link set lo up; echo ready; while :; do sleep infinity & wait; done";

/// The Engine of one scenario. It is removed with everything it had when this is dropped, and also when the process of
/// the tests is killed.
pub struct OwnEngine {
    host: Option<Host>,
    daemon: Option<Child>,
    dir: TempDir,
}

/// A namespace that ends with its first process.
struct Host {
    /// The process that made the namespace and ends with it.
    maker: Child,
    /// Its first process.
    init: i32,
}

impl OwnEngine {
    /// Starts one, on a disk in memory with this many bytes or on this host's. It moves the calling thread into its
    /// network: a published port is reached only there. The scenario must run on one thread.
    pub async fn start(disk: Option<u64>) -> Self {
        Self::configured(disk, "{}").await
    }

    /// Starts one with this `daemon.json`, as [`OwnEngine::start`] does.
    pub async fn with_config(config: &str) -> Self {
        Self::configured(None, config).await
    }

    async fn configured(disk: Option<u64>, config: &str) -> Self {
        let mut own = Self::off();
        fs::write(own.dir.path().join("daemon.json"), config).expect("written");
        own.power_on(disk).await;
        own
    }

    /// The address of its socket.
    pub fn address(&self) -> String {
        format!("unix://{}", self.dir.path().join("docker.sock").display())
    }

    /// The Engine as redos sees it.
    pub async fn engine(&self) -> Arc<DockerEngine> {
        Arc::new(engine_at(Some(&self.address())).await.expect("the Engine answers"))
    }

    /// The Engine without redos.
    pub fn raw(&self) -> bollard::Docker {
        let path = self.dir.path().join("docker.sock");
        bollard::Docker::connect_with_unix(&path.display().to_string(), 120, bollard::API_DEFAULT_VERSION)
            .expect("its socket")
    }

    /// Copies the images of this host's Engine.
    pub async fn load_images(&self) {
        let (from, to) = (engine().await, self.engine().await);
        let images = Images::default();
        let (_, stream) = image::save(&*from, &images, false).await.expect("images");
        let source = StreamReader::new(stream.map_err(|error| std::io::Error::other(format!("{error:?}"))));
        image::load(&*to, source, "this host's Engine").await.expect("loaded");
    }

    /// Ends the Engine with its containers, as a service manager does.
    pub async fn stop(&mut self) {
        let init = self.host.as_ref().expect("the host is on").init;
        let pid = fs::read_to_string(format!("/proc/{init}/root/run/docker.pid")).expect("its process id");
        let mut daemon = self.daemon.take().expect("it runs");
        // The id counts in the namespace of that Engine.
        let kill = ["--target", &init.to_string(), "--pid", "--mount", "kill", "-TERM", pid.trim()];
        assert!(Command::new("nsenter").args(kill).status().await.expect("nsenter").success());
        let ended = tokio::time::timeout(PATIENCE, daemon.wait()).await;
        ended.unwrap_or_else(|_| panic!("it does not end:\n{}", self.log())).expect("it ends");
    }

    /// Starts an Engine that was stopped.
    pub async fn start_again(&mut self) {
        let init = self.host.as_ref().expect("the host is on").init;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "nsenter", "--mount", "--net", "--pid", "--target", &init.to_string()]);
        command.args(["dockerd", "--host", &self.address(), "--cgroup-parent"]).arg(self.name());
        command.arg("--config-file").arg(self.dir.path().join("daemon.json"));
        command.arg("--data-root").arg(self.dir.path().join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.log_file());
        self.daemon = Some(command.spawn().expect("util-linux"));
        eventually_within(PATIENCE, "its Engine answers", async || {
            let ended = self.daemon.as_mut().and_then(|daemon| daemon.try_wait().expect("it is ours"));
            assert!(ended.is_none(), "it ended with {ended:?}:\n{}", self.log());
            engine_at(Some(&self.address())).await.is_ok()
        })
        .await;
    }

    /// Cuts the power of its host: everything is killed at once.
    pub async fn lose_power(&mut self) {
        let mut host = self.host.take().expect("the host is on");
        host.power_off();
        host.maker.wait().await.expect("it ends");
        self.daemon.take().expect("it ran").wait().await.expect("it ends");
        // A boot of the machine removes this socket, too.
        fs::remove_file(self.dir.path().join("docker.sock")).expect("removed");
    }

    /// Starts its host and the Engine, and moves the calling thread into the new network.
    pub async fn power_on(&mut self, disk: Option<u64>) {
        self.boot(disk).await;
        let network = File::open(format!("/proc/{}/ns/net", self.init())).expect("a network");
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may");
        self.start_again().await;
    }

    /// An Engine that is off, on a host that is off: [`OwnEngine::boot`], then [`OwnEngine::start_again`].
    pub fn off() -> Self {
        let dir = tempfile::Builder::new().prefix("redos-engine-").tempdir().expect("a folder");
        fs::write(dir.path().join("daemon.json"), "{}").expect("written");
        fs::create_dir(dir.path().join("data")).expect("made");
        Self { host: None, daemon: None, dir }
    }

    /// The first process of its host, which is on.
    pub fn init(&self) -> i32 {
        self.host.as_ref().expect("the host is on").init
    }

    /// Starts its host without the Engine.
    pub async fn boot(&mut self, disk: Option<u64>) {
        let data = self.dir.path().join("data");
        let mount = disk.map(|bytes| format!("mount -t tmpfs -o size={bytes} tmpfs {}; ", data.display()));
        let script = format!("{}{INIT}", mount.unwrap_or_default());
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "unshare", "--kill-child", "--fork", "--mount-proc", "--pid", "--mount"]);
        command.args(["--net", "sh", "-euc", &script]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(self.log_file());
        let mut maker = command.spawn().expect("util-linux");
        let mut said = String::new();
        let stdout = maker.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).await.expect("a line");
        assert_eq!(said, "ready\n", "namespaces are made, which takes root and iproute2:\n{}", self.log());
        let pid = maker.id().expect("it runs");
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("its children");
        let init = children.trim().parse().expect("one child");
        self.host = Some(Host { maker, init });
    }

    /// Fills all the room that is left on its disk.
    pub fn fill_disk(&self) {
        let mut file = File::create(self.ballast()).expect("a file");
        let zeros = vec![0; 1 << 16];
        while std::io::Write::write(&mut file, &zeros).is_ok_and(|written| written > 0) {}
    }

    /// Frees the room again.
    pub fn empty_disk(&self) {
        fs::remove_file(self.ballast()).expect("removed");
    }

    /// A file on its disk, which is mounted in its namespace only.
    fn ballast(&self) -> PathBuf {
        let init = self.host.as_ref().expect("the host is on").init;
        let data = self.dir.path().join("data/ballast");
        PathBuf::from(format!("/proc/{init}/root")).join(data.strip_prefix("/").expect("absolute"))
    }

    /// A name that nothing else on this machine has.
    fn name(&self) -> String {
        self.dir.path().file_name().expect("a name").to_string_lossy().into_owned()
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("dockerd.log")
    }

    fn log_file(&self) -> File {
        File::options().create(true).append(true).open(self.log_path()).expect("a log")
    }

    /// The last lines of its log.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Host {
    fn power_off(&self) {
        let init = rustix::process::Pid::from_raw(self.init).expect("a process id");
        // The process may have ended already.
        let _ = rustix::process::kill_process(init, rustix::process::Signal::KILL);
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        let Some(host) = self.host.take() else { return };
        host.power_off();
        // When the first process of the namespace is gone, the kernel has killed all others. Only then can the folder
        // be removed.
        let deadline = std::time::Instant::now() + PATIENCE;
        while fs::exists(format!("/proc/{}/ns", host.init)).unwrap_or(false) && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        // The empty control groups of its containers.
        for controller in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            let group = controller.path().join(self.name());
            for container in fs::read_dir(&group).into_iter().flatten().flatten() {
                let _ = fs::remove_dir(container.path());
            }
            let _ = fs::remove_dir(&group);
        }
    }
}
