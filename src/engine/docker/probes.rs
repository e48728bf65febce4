//! [`Probes`] on a Docker Engine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use super::{DockerEngine, facts, network};
use crate::cluster::desired::{NodeSpec, Program};
use crate::cluster::hosts::EngineFacts;
use crate::dial::Stream;
use crate::engine::{DataStream, Probes, Result, StoodIn, Tried};
use crate::spec::Spec;

impl Probes for DockerEngine {
    async fn try_out<T>(
        &self,
        program: &Program,
        configuration: &str,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        self.try_out_server(program, configuration, question).await
    }

    async fn try_container(&self, spec: &Spec, node: &NodeSpec) -> Result<()> {
        self.try_out_container(spec, node).await
    }

    async fn try_load<T>(
        &self,
        program: &Program,
        configuration: &str,
        data: DataStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        self.try_load_into_server(program, configuration, data, question).await
    }

    async fn dial_from<T>(
        &self,
        image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> Result<T> {
        self.dial_from_container(image, server, question).await
    }

    async fn stand_in<T>(
        &self,
        program: &Program,
        ports: &[SocketAddr],
        question: impl AsyncFnOnce() -> T,
    ) -> Result<StoodIn<T>> {
        self.stand_in_for_nodes(program, ports, question).await
    }

    async fn engine_facts(&self) -> Result<EngineFacts> {
        facts::of(self).await
    }

    async fn foreign_network(&self, spec: &Spec, address: Ipv4Addr) -> Result<Option<(String, Ipv4Addr)>> {
        network::foreign(self, spec, address).await
    }

    fn is_local(&self) -> bool {
        self.endpoint.is_local()
    }
}
