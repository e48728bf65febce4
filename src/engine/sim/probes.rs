//! The surroundings of a cluster in memory: there is nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use crate::cluster::desired::Program;
use crate::dial::Stream;
use crate::engine::{Probes, RdbStream, Result, Tried};
use crate::spec::Spec;

use super::Sim;

impl Probes for Sim {
    async fn try_out<T>(
        &self,
        program: &Program,
        _configuration: &str,
        _question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        Ok(Tried::Ended(format!("{} of {} runs in memory only", program.server, program.image)))
    }

    async fn try_load<T>(
        &self,
        program: &Program,
        _configuration: &str,
        _rdb: RdbStream,
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
