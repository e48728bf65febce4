//! `failover-test` of a cluster in memory. Its clients come through a port of this machine, as they do everywhere.

use std::net::SocketAddr;
use std::path::Path;

use redos::testing::dial::{Dial, Target};
use redos::testing::engine::sim::Sim;
use redos::testing::error::Exit;
use serde_json::Value;
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;

use super::memory::{Ran, redos};

/// Few writes, so that they are in time on a busy machine as well, and a limit that it does not miss.
const SWITCHOVER: &str = "failover-test --fault switchover --rounds 1 --rate 20 --max-outage 20s \
                          --clients lasting,fresh,pipeline,counter";

/// Passes on what comes to a port, as the published port of the proxy would.
async fn publish(sim: Sim, listener: TcpListener, port: SocketAddr) {
    let cluster = "sim".parse().expect("a name");
    while let Ok((mut client, _)) = listener.accept().await {
        if let Ok(mut server) = sim.dial(&cluster, Target::Published(port)).await {
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    }
}

/// Tests a switchover of a new cluster and leaves the report in a folder.
fn tested(prepare: impl Fn(&Sim), report: &Path) -> Ran {
    // Its clock is that of the clients, which have a thread of their own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address");
        let sim = Sim::default();
        redos(&sim, &format!("up --port {}", port.port())).await.done();
        prepare(&sim);
        let publishing = tokio::spawn(publish(sim.clone(), listener, port));
        let ran = redos(&sim, &format!("{SWITCHOVER} --report {}", report.display())).await;
        publishing.abort();
        ran
    })
}

/// The verdict about the one round.
fn round(report: &Path) -> Value {
    let text = std::fs::read_to_string(report.join("report.json")).expect("a verdict");
    let verdict: Value = serde_json::from_str(&text).expect("JSON");
    verdict["rounds"][0].clone()
}

#[test]
fn a_failover_test_finds_every_write_of_a_switchover() {
    let report = tempfile::tempdir().expect("a folder");
    let ran = tested(|_| {}, report.path());
    let round = round(report.path());
    assert_eq!(
        (&round["newMaster"], &round["integrity"]["lost"]),
        (&Value::from("redis-2"), &Value::from(0)),
        "{round}"
    );
    assert!(round["integrity"]["acknowledged"].as_u64() > Some(20), "{round}");
    assert_eq!(ran.exit.expect(&ran.stderr), Exit::Done, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("PASS"), "{}", ran.stdout);
}

#[test]
fn a_failover_test_counts_the_writes_that_no_replica_got() {
    let report = tempfile::tempdir().expect("a folder");
    let ran = tested(Sim::forget_writes, report.path());
    let round = round(report.path());
    assert!(round["integrity"]["lost"].as_u64() > Some(10), "{round}");
    assert_eq!(ran.exit.expect(&ran.stderr), Exit::DataLoss, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("FAIL(data)"), "{}", ran.stdout);
}
