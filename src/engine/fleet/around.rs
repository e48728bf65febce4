//! What a fleet does beside clusters and nodes: faults, locks, images, probes, streams and connections.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{join_all, try_join_all};
use futures_util::stream::{self, BoxStream};
use tokio::io::AsyncRead;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Fleet, Member};
use crate::cluster::desired::{NodeSpec, Program};
use crate::cluster::hosts::EngineFacts;
use crate::dial::{BoxFuture, Dial, Stream, Target};
use crate::engine::containers::{Attachment, ContainerFacts, Containers, Helper, JournalEntry, Limit};
use crate::engine::image::{ImageKind, LocalImage, Report};
use crate::engine::lock::{LockEntry, Locks};
use crate::engine::streams::{EngineEvent, Exec, LogChunk, LogQuery, Streams, TerminalSize};
use crate::engine::{DataStream, Engine, ImageStore, Probes, Result, StoodIn, Tried};
use crate::spec::{ClusterName, NodeId, Role, Spec, UsedImage};

/// How long a connection to a host may take before redos goes another way, through a container there.
const DIRECT_LIMIT: Duration = Duration::from_millis(500);

impl<E: Engine> Fleet<E> {
    /// The Engine that has a container of this name; any if none has it.
    async fn with(&self, name: &str) -> Result<&E> {
        if let Some(home) = self.alone() {
            return Ok(home);
        }
        let has = async |engine: &E| engine.container(name).await.is_ok_and(|found| found.is_some());
        let engines = self.engines();
        let found = join_all(engines.iter().map(|engine| has(engine))).await;
        let owner = engines.into_iter().zip(found).find(|(_, is_owner)| *is_owner).map(|(engine, _)| engine);
        owner.map_or_else(|| self.any(), Ok)
    }

    /// The Engines that answer.
    fn engines(&self) -> Vec<&E> {
        let reached = || self.reached().map(|(_, _, engine)| engine).collect();
        self.alone().map_or_else(reached, |home| vec![home])
    }

    fn helper(&self, id: &str) -> Result<&E> {
        let place = self.known().helpers.get(id).copied();
        place.and_then(|place| self.members().get(place)).map_or_else(|| self.any(), Member::engine)
    }

    /// Connects to an address of a host, or within it.
    async fn dial_at(
        &self,
        cluster: &ClusterName,
        member: &Member<E>,
        target: Target,
        address: SocketAddrV4,
    ) -> io::Result<Box<dyn Stream>> {
        let engine = member.engine().map_err(io::Error::other)?;
        // What is not published is reached inside of its host only.
        if *address.ip() != member.host.address {
            return engine.dial(cluster, target).await;
        }
        match timeout(DIRECT_LIMIT, TcpStream::connect(SocketAddr::V4(address))).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            // Nothing listens there: another way leads to the same place.
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(error),
            Ok(Err(_)) | Err(_) => engine.dial(cluster, target).await,
        }
    }
}

impl<E: Engine> Dial for Fleet<E> {
    fn dial<'a>(&'a self, cluster: &'a ClusterName, target: Target) -> BoxFuture<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            match target {
                Target::Node(node, address) if !self.members().is_empty() => {
                    let (_, member, _) = self.place(cluster, node).map_err(io::Error::other)?;
                    self.dial_at(cluster, member, target, address).await
                }
                Target::Network(address) => {
                    let of_host = |member: &&Member<E>| member.host.address == *address.ip();
                    match self.members().iter().find(of_host) {
                        Some(member) => self.dial_at(cluster, member, target, address).await,
                        None => self.any().map_err(io::Error::other)?.dial(cluster, target).await,
                    }
                }
                Target::Node(..) | Target::Published(_) => {
                    self.any().map_err(io::Error::other)?.dial(cluster, target).await
                }
            }
        })
    }

    fn tries_published<'a>(&'a self, cluster: &'a ClusterName) -> BoxFuture<'a, bool> {
        // A proxy is published on its own host, perhaps for that host alone.
        self.alone().map_or_else(|| Box::pin(async { false }) as _, |home| home.tries_published(cluster))
    }

    fn detour(&self) -> Duration {
        self.engines().into_iter().map(Dial::detour).max().unwrap_or_default()
    }
}

impl<E: Engine> Containers for Fleet<E> {
    async fn container(&self, name: &str) -> Result<Option<ContainerFacts>> {
        self.with(name).await?.container(name).await
    }

    async fn pause(&self, name: &str) -> Result<()> {
        self.with(name).await?.pause(name).await
    }

    async fn unpause(&self, name: &str) -> Result<()> {
        self.with(name).await?.unpause(name).await
    }

    async fn signal(&self, name: &str, signal: &str) -> Result<()> {
        self.with(name).await?.signal(name, signal).await
    }

    async fn signal_role(&self, cluster: &ClusterName, role: Role, signal: &str) -> Result<()> {
        try_join_all(self.engines().into_iter().map(|engine| engine.signal_role(cluster, role, signal))).await.map(drop)
    }

    async fn stop(&self, name: &str) -> Result<()> {
        self.with(name).await?.stop(name).await
    }

    async fn start(&self, name: &str) -> Result<()> {
        self.with(name).await?.start(name).await
    }

    async fn limit(&self, name: &str, limit: Limit) -> Result<()> {
        self.with(name).await?.limit(name, limit).await
    }

    async fn memory_kept(&self, name: &str) -> Result<u64> {
        self.with(name).await?.memory_kept(name).await
    }

    async fn disconnect(&self, name: &str, network: &str) -> Result<()> {
        self.with(name).await?.disconnect(name, network).await
    }

    async fn reconnect(&self, name: &str, attachment: &Attachment) -> Result<()> {
        self.with(name).await?.reconnect(name, attachment).await
    }

    async fn assist(&self, helper: &Helper) -> Result<()> {
        let engine = self.with(&helper.beside).await?;
        let place =
            self.members().iter().position(|member| member.opened.get().is_some_and(|own| std::ptr::eq(own, engine)));
        if let Some(place) = place {
            self.known().helpers.insert(helper.id.clone(), place);
        }
        engine.assist(helper).await
    }

    async fn heard(&self, id: &str) -> Result<Option<String>> {
        self.helper(id)?.heard(id).await
    }

    async fn dismiss(&self, id: &str) -> Result<Option<String>> {
        self.helper(id)?.dismiss(id).await
    }

    async fn journal(&self, entry: &JournalEntry) -> Result<()> {
        // On all hosts, so that the loss of one loses no entry.
        try_join_all(self.engines().into_iter().map(|engine| engine.journal(entry))).await.map(drop)
    }

    async fn journalled(&self) -> Result<Vec<JournalEntry>> {
        let all = try_join_all(self.engines().into_iter().map(Containers::journalled)).await?;
        let by_id: BTreeMap<String, JournalEntry> =
            all.into_iter().flatten().map(|entry| (entry.id.clone(), entry)).collect();
        Ok(by_id.into_values().collect())
    }

    async fn strike(&self, id: &str) -> Result<()> {
        try_join_all(self.engines().into_iter().map(|engine| engine.strike(id))).await.map(drop)
    }
}

/// Two majorities have a host in common: whoever has written sees all who have written before.
impl<E: Engine> Locks for Fleet<E> {
    async fn enter(&self, cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        if let Some(home) = self.alone() {
            return home.enter(cluster, entry).await;
        }
        let what = format!("lock the cluster {cluster}");
        let calls = self.engines().into_iter().map(|engine| engine.enter(cluster, entry)).collect();
        self.by_majority(&what, calls).await.map(drop)
    }

    async fn entries(&self, cluster: &ClusterName) -> Result<Vec<LockEntry>> {
        if let Some(home) = self.alone() {
            return home.entries(cluster).await;
        }
        let what = format!("look at the lock of {cluster}");
        let calls = self.engines().into_iter().map(|engine| engine.entries(cluster)).collect();
        let all = self.by_majority(&what, calls).await?;
        let by_name: BTreeMap<(String, u64), LockEntry> =
            all.into_iter().flatten().map(|entry| ((entry.id.clone(), entry.beat), entry)).collect();
        Ok(by_name.into_values().collect())
    }

    async fn leave(&self, cluster: &ClusterName, entry: &LockEntry) -> Result<()> {
        try_join_all(self.engines().into_iter().map(|engine| engine.leave(cluster, entry))).await.map(drop)
    }
}

/// The images of the first host. The others get what their nodes need when those are created.
impl<E: Engine> ImageStore for Fleet<E> {
    fn architecture(&self) -> &str {
        self.any().map_or("", ImageStore::architecture)
    }

    async fn image(&self, reference: &str) -> Result<Option<LocalImage>> {
        self.any()?.image(reference).await
    }

    async fn images_labelled(&self, label: &str) -> Result<Vec<String>> {
        self.any()?.images_labelled(label).await
    }

    async fn pull_image(&self, reference: &str, report: Report<'_>) -> Result<LocalImage> {
        self.any()?.pull_image(reference, report).await
    }

    async fn import_image(&self, tar: &Path, reference: &str, changes: &[String]) -> Result<LocalImage> {
        self.any()?.import_image(tar, reference, changes).await
    }

    async fn tag_image(&self, reference: &str, further: &str) -> Result<()> {
        self.any()?.tag_image(reference, further).await
    }

    fn export_images(&self, references: &[String]) -> BoxStream<'static, Result<Bytes>> {
        match self.any() {
            Ok(engine) => engine.export_images(references),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    async fn load_images(&self, source: impl AsyncRead + Send + Unpin + 'static, name: &str) -> Result<Vec<String>> {
        self.any()?.load_images(source, name).await
    }

    async fn examine(&self, kind: ImageKind, image: LocalImage) -> Result<UsedImage> {
        self.any()?.examine(kind, image).await
    }
}

impl<E: Engine> Probes for Fleet<E> {
    async fn try_out<T>(
        &self,
        program: &Program,
        configuration: &str,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        self.any()?.try_out(program, configuration, question).await
    }

    async fn try_container(&self, spec: &Spec, node: &NodeSpec) -> Result<()> {
        let (engine, member) = self.to(spec, node.node)?;
        if let Some(member) = member {
            self.give_image(member, &node.image).await?;
        }
        engine.try_container(spec, node).await
    }

    async fn try_load<T>(
        &self,
        program: &Program,
        configuration: &str,
        data: DataStream,
        question: impl AsyncFnOnce(Box<dyn Stream>) -> T,
    ) -> Result<Tried<T>> {
        self.any()?.try_load(program, configuration, data, question).await
    }

    async fn dial_from<T>(
        &self,
        image: &str,
        server: SocketAddrV4,
        question: impl AsyncFnOnce(io::Result<Box<dyn Stream>>) -> T,
    ) -> Result<T> {
        self.any()?.dial_from(image, server, question).await
    }

    async fn stand_in<T>(
        &self,
        program: &Program,
        ports: &[SocketAddr],
        question: impl AsyncFnOnce() -> T,
    ) -> Result<StoodIn<T>> {
        self.any()?.stand_in(program, ports, question).await
    }

    async fn engine_facts(&self) -> Result<EngineFacts> {
        self.any()?.engine_facts().await
    }

    async fn foreign_network(&self, spec: &Spec, address: Ipv4Addr) -> Result<Option<(String, Ipv4Addr)>> {
        self.any()?.foreign_network(spec, address).await
    }

    fn is_local(&self) -> bool {
        self.alone().is_some_and(Probes::is_local)
    }
}

impl<E: Engine> Streams for Fleet<E> {
    fn logs(&self, cluster: &ClusterName, node: NodeId, query: &LogQuery) -> BoxStream<'static, Result<LogChunk>> {
        match self.at(cluster, node) {
            Ok(engine) => engine.logs(cluster, node, query),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn events(
        &self,
        cluster: &ClusterName,
        since: Option<i64>,
        until: Option<i64>,
    ) -> BoxStream<'static, Result<EngineEvent>> {
        let all = self.engines().into_iter().map(|engine| engine.events(cluster, since, until));
        stream::select_all(all).boxed()
    }

    async fn exec(
        &self,
        cluster: &ClusterName,
        node: NodeId,
        command: &[&str],
        terminal: Option<TerminalSize>,
    ) -> Result<Exec> {
        if let Some(home) = self.alone() {
            return home.exec(cluster, node, command, terminal).await;
        }
        let (place, _, engine) = self.place(cluster, node)?;
        let exec = engine.exec(cluster, node, command, terminal).await?;
        self.known().helpers.insert(exec.id.clone(), place);
        Ok(exec)
    }

    async fn resize(&self, exec: &str, size: TerminalSize) -> Result<()> {
        self.helper(exec)?.resize(exec, size).await
    }

    async fn exit_code(&self, exec: &str) -> Result<i64> {
        self.helper(exec)?.exit_code(exec).await
    }
}
