//! The surroundings of a cluster in memory: there is nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use anyhow::anyhow;

use crate::cluster::desired::{NodeSpec, Program};
use crate::cluster::hosts::EngineFacts;
use crate::dial::Stream;
use crate::engine::{DataStream, EngineError, EngineErrorKind, Probes, Result, StoodIn, Tried};
use crate::spec::Spec;
use crate::spec::render::TLS_TRIAL;

use super::Sim;
use super::talk::{SimSnapshot, Talker, TalkingServer};

/// The one directive that a server in memory refuses.
const REFUSED: &str = "maxmemory ";
/// An image whose server in memory has no TLS has this in its name.
const WITHOUT_TLS: &str = "without-tls";
/// The one log driver that an engine in memory refuses.
const NO_LOG_DRIVER: &str = "nowhere";

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
            let server = TalkingServer::trial(&program.image, SimSnapshot::default());
            return Ok(Tried::Served(question(Box::new(server.connect())).await));
        }
        Ok(Tried::Ended(format!("{} of {} runs in memory only", program.server, program.image)))
    }

    async fn try_container(&self, _spec: &Spec, node: &NodeSpec) -> Result<()> {
        if node.log.driver != NO_LOG_DRIVER {
            return Ok(());
        }
        let why = anyhow!("no log driver named '{NO_LOG_DRIVER}' is registered");
        Err(EngineError::new(EngineErrorKind::Other, format!("try a container like {}", node.node), why))
    }

    async fn try_load<T>(
        &self,
        program: &Program,
        _configuration: &str,
        data: DataStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        let data = SimSnapshot::of(data)?;
        if data.keys().is_none() {
            return Ok(Tried::Ended("Wrong signature trying to load DB from file".to_owned()));
        }
        let server = TalkingServer::trial(&program.image, data);
        Ok(Tried::Served(question(Box::new(server.connect())).await))
    }

    async fn dial_from<T>(
        &self,
        _image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> Result<T> {
        Ok(question(self.connected(server)).await)
    }

    async fn stand_in<T>(
        &self,
        _program: &Program,
        ports: &[SocketAddr],
        question: impl AsyncFnOnce() -> T,
    ) -> Result<StoodIn<T>> {
        let own = self.own_host();
        if own.has_foreign_address {
            return Ok(StoodIn::ForeignAddress("cannot assign requested address".to_owned()));
        }
        match self.refused_port(ports) {
            Some(conflict) => Ok(StoodIn::Taken(conflict)),
            None => Ok(StoodIn::Served { answer: question().await, free: own.free }),
        }
    }

    async fn engine_facts(&self) -> Result<EngineFacts> {
        Ok(self.facts_here())
    }

    async fn foreign_network(&self, _spec: &Spec, _address: Ipv4Addr) -> Result<Option<(String, Ipv4Addr)>> {
        Ok(None)
    }

    fn is_local(&self) -> bool {
        true
    }
}
