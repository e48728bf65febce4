//! The surroundings of a cluster in memory: there is nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::cluster::desired::Program;
use crate::dial::Stream;
use crate::engine::{DataStream, Probes, Result, Tried};
use crate::spec::Spec;
use crate::spec::render::TLS_TRIAL;

use super::Sim;

/// The one directive that a server in memory refuses.
const REFUSED: &str = "maxmemory ";
/// An image whose server in memory has no TLS has this in its name.
const WITHOUT_TLS: &str = "without-tls";
/// Bytes that fit into a connection in memory.
const BUFFER: usize = 4096;

/// Answers every command with `OK`. A command is an array, which begins with a line `*N`.
async fn serve(mut stream: DuplexStream) {
    let mut bytes = [0; BUFFER];
    while let Ok(read @ 1..) = stream.read(&mut bytes).await {
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        let commands = text.lines().filter(|line| line.starts_with('*')).count();
        if stream.write_all("+OK\r\n".repeat(commands).as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Probes for Sim {
    async fn try_out<T>(
        &self,
        program: &Program,
        configuration: &str,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        let has_unknown = |line: &str| line == TLS_TRIAL && program.image.contains(WITHOUT_TLS);
        if configuration.lines().any(has_unknown) {
            return Ok(Tried::Ended(format!(">>> '{TLS_TRIAL}'\nBad directive or wrong number of arguments")));
        }
        if !configuration.lines().any(|line| line.starts_with(REFUSED)) {
            let (ours, theirs) = duplex(BUFFER);
            let serving = tokio::spawn(serve(theirs));
            let answer = question(Box::new(ours)).await;
            serving.abort();
            return Ok(Tried::Served(answer));
        }
        Ok(Tried::Ended(format!("{} of {} runs in memory only", program.server, program.image)))
    }

    async fn try_load<T>(
        &self,
        program: &Program,
        _configuration: &str,
        _data: DataStream,
        _question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        Ok(Tried::Ended(format!("{} of {} runs in memory only", program.server, program.image)))
    }

    async fn dial_from<T>(
        &self,
        _image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> Result<T> {
        Ok(question(Err(io::Error::other(format!("{server} cannot be reached from an engine in memory")))).await)
    }

    async fn foreign_network(&self, _spec: &Spec, _address: Ipv4Addr) -> Result<Option<(String, Ipv4Addr)>> {
        Ok(None)
    }

    fn is_local(&self) -> bool {
        true
    }
}
