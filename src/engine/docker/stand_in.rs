//! A temporary server at the ports that future nodes need on a host.
//!
//! The Engine itself shows whether the ports are free and the address is the host's, and other hosts whether they get there:
//! a firewall may treat published ports differently from all others.

use std::net::SocketAddr;

use anyhow::anyhow;
use bollard::container::AttachContainerResults;

use super::oneoff::{self, Location, OneOff};
use super::{DockerEngine, calls, conflicts, trial};
use crate::cluster::desired::Program;
use crate::engine::{EngineError, EngineErrorKind, Result, StoodIn, Tried};
use crate::spec::render;

/// Prints the free space of the Engine's disk, which has the container's root, and then runs the server.
const FREE_SPACE: &str = "df -Pk / 2>/dev/null";

impl DockerEngine {
    /// It is [`Probes::stand_in`](crate::engine::Probes::stand_in) of this Engine.
    pub(super) async fn stand_in_for_nodes<T>(
        &self,
        Program { image, server }: &Program,
        ports: &[SocketAddr],
        question: impl AsyncFnOnce() -> T,
    ) -> Result<StoodIn<T>> {
        let listens = ports.first().map_or(0, SocketAddr::port);
        let operation = || format!("serve at port {listens} of the host with {server} of {image}");
        let (script, configuration) =
            (format!("{FREE_SPACE}\n{}", trial::SCRIPT), render::stand_in_configuration(listens));
        let command = ["sh", "-c", &script, "stand-in", server, &configuration];
        let started = oneoff::start(self, image, &command, Location::Published(ports), operation).await;
        let OneOff { id, streams } = match started {
            Ok(started) => started,
            Err(error) => {
                let said = error.reason();
                return match conflicts::taken_port(&said) {
                    Some(port) => Ok(StoodIn::Taken(conflicts::taken(self, port).await)),
                    None if conflicts::is_foreign_address(&said) => Ok(StoodIn::ForeignAddress(said)),
                    None => Err(error),
                };
            }
        };
        let AttachContainerResults { output, input: _input } = streams;
        let outcome = match trial::served(output, trial::START).await {
            Ok(Tried::Served(said)) => Ok(StoodIn::Served { answer: question().await, free: free_bytes(&said) }),
            Ok(Tried::Ended(why)) => Err(anyhow!(why)),
            Err(why) => Err(why),
        };
        calls::remove(self, &id).await?;
        outcome.map_err(|why| EngineError::new(EngineErrorKind::Other, operation(), why))
    }
}

/// The free space in the output of `df -Pk`: the fourth column of its second line, in KiB.
fn free_bytes(said: &str) -> Option<u64> {
    let line = said.lines().skip_while(|line| !line.starts_with("Filesystem")).nth(1)?;
    let kibibytes: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_space_is_read_before_what_the_server_says() {
        let df = "Filesystem     1024-blocks     Used Available Capacity Mounted on\noverlay          102400000 61440000  40960000      61% /\n";
        let said = format!("{df}1:M 01 Jan 2026 00:00:00.000 * Ready to accept connections");
        assert_eq!(free_bytes(&said), Some(40_960_000 * 1024));
        assert_eq!(free_bytes("1:M * Ready to accept connections"), None);
    }
}
