//! A guard as a node of its cluster: it knows its file and reaches the servers, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, pending};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{RwLock, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::cluster::observed::{GuardView, Inventory};
use crate::deaths::rest::Rest;
use crate::deaths::{GuardNews, Guarded, guard};
use crate::dial::Direct;
use crate::error::{Exit, Failure, FailureKind};
use crate::output::Ui;
use crate::servers::client::Client;
use crate::spec::render::GuardFile;
use crate::spec::{GUARD_PORT, Group, NodeId};

/// Time limit of an answer to somebody who asks what it watches.
const ANSWER: Duration = Duration::from_secs(1);

/// Guards all masters until the node is stopped.
///
/// # Errors
/// Its file is not one of this redos, or its port is taken.
pub async fn run(file: &Path, ui: &Ui, cancel: &CancellationToken) -> Result<Exit, Failure> {
    let failed =
        |what: &str, why: io::Error| Failure::message(FailureKind::Failed, format!("a guard cannot {what}: {why}"));
    let read = fs::read_to_string(file).and_then(|text| Ok(serde_json::from_str::<GuardFile>(&text)?));
    let known = read.map_err(|why| failed("read its file", why))?;
    let signals = [SignalKind::user_defined1(), SignalKind::user_defined2()].map(signal);
    let [rest_signal, go_on_signal] = signals.map(|signal| signal.map_err(|why| failed("be told to rest", why)));
    let (rest_signal, go_on_signal) = (rest_signal?, go_on_signal?);
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, GUARD_PORT)).await;
    let listener = listener.map_err(|why| failed("listen", why))?;

    let spec = known.spec();
    let servers = Arc::new(Client::new(Arc::new(Direct), spec.clone(), known.secrets()));
    let inventory = Inventory::assumed(&spec, known.subnet);
    let (_sender, current) = watch::channel(Arc::new(Guarded { inventory, servers }));
    let began = Instant::now();
    let rest = Mutex::new(Rest::of_new_guard());
    let with_rest = |act: &dyn Fn(&mut Rest, Duration)| {
        act(&mut rest.lock().unwrap_or_else(PoisonError::into_inner), began.elapsed());
    };
    let at_work = || {
        let rest = *rest.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = rest.lasts(began.elapsed());
        async move { rests.then(|| "a redos changes the cluster, or this guard was just started".to_owned()) }
    };
    let watched = Mutex::new(BTreeMap::new());
    let acting = RwLock::new(());
    let tell = |news: GuardNews| {
        note(&news, &mut watched.lock().unwrap_or_else(PoisonError::into_inner));
        ui.status(news);
    };
    // A lone Sentinel has no others to agree with.
    let groups: Vec<Group> = spec.groups().filter(|_| spec.sentinels > 1).collect();
    let guards = groups.into_iter().map(|group| guard(group, current.clone(), &at_work, &acting, &tell));
    let guarding = async {
        join_all(guards).await;
        pending::<()>().await;
    };
    let view = || GuardView {
        version: known.version.clone(),
        watches: watched.lock().unwrap_or_else(PoisonError::into_inner).clone(),
    };
    let ended = async {
        cancel.cancelled().await;
        // What has begun goes on to its end.
        drop(acting.write().await);
    };
    tokio::select! {
        () = ended => {}
        () = guarding => {}
        () = obeying(rest_signal, || with_rest(&Rest::told)) => {}
        () = obeying(go_on_signal, || with_rest(&|rest, _| rest.released())) => {}
        () = answering(&listener, view) => {}
    }
    Ok(Exit::Done)
}

/// Keeps what is watched.
fn note(news: &GuardNews, watched: &mut BTreeMap<Group, NodeId>) {
    match news {
        GuardNews::Watches(group, node) => _ = watched.insert(*group, *node),
        GuardNews::Seeks(group) => _ = watched.remove(group),
        GuardNews::Replaced { .. } | GuardNews::Left(..) => {}
    }
}

/// Does something at each signal, for ever.
async fn obeying(mut signal: Signal, act: impl Fn()) {
    while signal.recv().await.is_some() {
        act();
    }
}

/// Tells everybody who connects what is watched, for ever. No secret is in it.
async fn answering(listener: &TcpListener, view: impl Fn() -> GuardView) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            // It has no room for another connection.
            sleep(ANSWER).await;
            continue;
        };
        let text = serde_json::to_string(&view()).unwrap_or_default();
        let answer = async {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        };
        // Who has gone meanwhile needs no answer.
        let _ = timeout(ANSWER, answer).await;
    }
}
