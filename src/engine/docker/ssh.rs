//! The socket of another host's Engine, forwarded by the system's ssh.
//!
//! The system's ssh knows the user's configuration, keys, agent and jump hosts. One connection carries all calls; ssh's own
//! sharing of connections is left out, since a forward would stay in the shared one when redos has ended.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex as BriefMutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::endpoint::SshDestination;

/// Time limit until ssh has logged in and the Engine's socket has answered.
pub const LOGIN_LIMIT: Duration = Duration::from_secs(20);
/// How long the last words of an ssh that has ended are waited for. A program of its configuration may outlive it.
const LAST_WORDS_LIMIT: Duration = Duration::from_secs(1);
/// What the other host sends back once ssh has logged in. Login scripts may print other lines before.
const READY: &str = "redos-is-connected";
/// How ssh is called. It never asks: there may be no terminal, and a question would wait for ever.
const OPTIONS: &[&str] = &[
    "-T",
    "-oBatchMode=yes",
    "-oControlPath=none",
    "-oExitOnForwardFailure=yes",
    "-oStreamLocalBindMask=0177",
    "-oConnectTimeout=15",
    "-oServerAliveInterval=5",
    "-oServerAliveCountMax=3",
];

/// The way to an Engine's socket on another host. It is made when it is first needed, and made anew when it has ended.
pub struct Forward {
    destination: SshDestination,
    tunnel: Mutex<Option<Tunnel>>,
}

impl Forward {
    /// The way to this socket.
    pub const fn new(destination: SshDestination) -> Self {
        Self { destination, tunnel: Mutex::const_new(None) }
    }

    /// Connects to the Engine.
    ///
    /// # Errors
    /// There is no ssh, it could not log in, or the socket there cannot be used; in its own words.
    pub async fn connect(&self) -> io::Result<UnixStream> {
        let mut tunnel = self.tunnel.lock().await;
        // What has ended cannot be asked why any more, and another attempt says it.
        if let Some(open) = tunnel.as_mut()
            && matches!(open.ssh_process.try_wait(), Ok(None))
        {
            return UnixStream::connect(&open.socket).await;
        }
        let made = timeout(LOGIN_LIMIT, Tunnel::open(&self.destination)).await;
        let late = || io::Error::other(format!("ssh {} did not answer in time", self.destination));
        let made = made.unwrap_or_else(|_| Err(late()))?;
        UnixStream::connect(&tunnel.insert(made).socket).await
    }
}

/// A running ssh. It ends with this, and also when redos is killed: the command on the other host reads from its standard
/// input, and ends with that.
struct Tunnel {
    /// The socket here that leads to the one there.
    socket: PathBuf,
    ssh_process: Child,
    _input: ChildStdin,
    _folder: TempDir,
}

impl Tunnel {
    async fn open(destination: &SshDestination) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("redos-ssh-").tempdir()?;
        let socket = folder.path().join("docker.sock");
        let mut ssh = Command::new("ssh");
        ssh.args(OPTIONS).arg("-L").arg(format!("{}:{}", socket.display(), destination.socket));
        ssh.args(destination.words()).args(["--", "cat"]);
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C is for redos, which still has something to do then.
        ssh.process_group(0);
        let mut child =
            ssh.spawn().map_err(|error| io::Error::other(format!("the program ssh cannot be run: {error}")))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut input), Some(output), Some(errors)) = pipes else {
            return Err(io::Error::other("ssh has no standard input and output"));
        };
        let complaint = Arc::new(BriefMutex::new(String::new()));
        let listening = tokio::spawn(keep_last_line(errors, Arc::clone(&complaint)));
        let said = || complaint.lock().map(|line| line.clone()).unwrap_or_default();

        // If ssh has ended, what it said is better than that nobody reads.
        let _ = input.write_all(format!("{READY}\n").as_bytes()).await;
        let mut lines = BufReader::new(output).lines();
        loop {
            match lines.next_line().await {
                Ok(Some(line)) if line == READY => break,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => {
                    let _ = child.wait().await;
                    let _ = timeout(LAST_WORDS_LIMIT, listening).await;
                    return Err(io::Error::other(format!("ssh {destination} failed: {}", said())));
                }
            }
        }
        let tunnel = Self { socket, ssh_process: child, _input: input, _folder: folder };
        tunnel.try_out().await.map_err(|error| {
            let (socket, said) = (&destination.socket, said());
            io::Error::other(format!("the socket {socket} of {} cannot be used: {error} {said}", destination.host))
        })?;
        Ok(tunnel)
    }

    /// Asks the Engine whether it is there. ssh takes connections to its end of the way whatever the other end does.
    async fn try_out(&self) -> io::Result<()> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n").await?;
        let mut first = [0; 5];
        stream.read_exact(&mut first).await?;
        match &first {
            b"HTTP/" => Ok(()),
            _ => Err(io::Error::other("another program answers there")),
        }
    }
}

/// Keeps the last line that ssh has written.
async fn keep_last_line(errors: impl tokio::io::AsyncRead + Unpin, last: Arc<BriefMutex<String>>) {
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(mut last) = last.lock()
            && !line.trim().is_empty()
        {
            line.trim().clone_into(&mut last);
        }
    }
}
