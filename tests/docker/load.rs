//! Many clients at full load on a machine that has other work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::support::Cluster;

/// Connections, half of them at each port.
const CLIENTS: usize = 1000;
/// Threads that do nothing but keep the cores busy.
const BUSY: usize = 4;
/// With one late answer taken for a verdict, sessions were closed several times in this time.
const LASTING: Duration = Duration::from_secs(30);

/// Sends commands one after the other until told to stop. Returns how many were answered, or how the connection ended.
async fn client(url: String, command: &str, stop: Arc<AtomicBool>) -> Result<usize, String> {
    let (login, address) = url.trim().trim_end_matches("/0").split_once('@').expect("a URL with a login");
    let (_, password) = login.rsplit_once(':').expect("a password");
    let mut stream = TcpStream::connect(address).await.map_err(|error| format!("not connected: {error}"))?;
    let mut answers = 0;
    let mut request = format!("AUTH {password}\r\n");
    let mut answer = [0; 64];
    loop {
        stream.write_all(request.as_bytes()).await.map_err(|error| format!("after {answers} answers: {error}"))?;
        match stream.read(&mut answer).await {
            Ok(0) => return Err(format!("closed after {answers} answers")),
            Ok(length) if answer[0] == b'-' => return Err(String::from_utf8_lossy(&answer[..length]).into_owned()),
            Ok(_) => answers += 1,
            Err(error) => return Err(format!("after {answers} answers: {error}")),
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(answers);
        }
        request = format!("{command}\r\n");
    }
}

/// How late a thread that sleeps is woken on this busy machine. Servers are woken as late. Sentinels take one that is
/// silent for a second for dead, and do so rightly.
const WOKEN_WITHIN: Duration = Duration::from_millis(500);

/// The longest time by which a sleeping thread was woken late until told to stop.
fn lateness(stop: Arc<AtomicBool>) -> std::thread::JoinHandle<Duration> {
    const NAP: Duration = Duration::from_millis(10);
    std::thread::spawn(move || {
        let mut latest = Duration::ZERO;
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            std::thread::sleep(NAP);
            latest = latest.max(began.elapsed().saturating_sub(NAP));
        }
        latest
    })
}

/// Lets all clients work at once. Returns how many answers they had, how connections ended, and how late a thread was
/// woken meanwhile.
async fn crowd(ports: &[(String, &'static str); 2]) -> (usize, Vec<String>, Duration) {
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..BUSY {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
    }
    let late = lateness(Arc::clone(&stop));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (url, command) = ports[number % 2].clone();
            tokio::spawn(client(url, command, Arc::clone(&stop)))
        })
        .collect();
    sleep(LASTING).await;
    stop.store(true, Ordering::Relaxed);
    let (mut answers, mut closed) = (0, Vec::new());
    for client in clients {
        match client.await.expect("a client does not panic") {
            Ok(answered) => answers += answered,
            Err(why) => closed.push(why),
        }
    }
    (answers, closed, late.join().expect("a thread that sleeps does not panic"))
}

#[tokio::test]
async fn a_thousand_clients_on_a_busy_machine_keep_their_connections() {
    let cluster = Cluster::demanding("crowd").await;
    cluster.up(&[]).await.succeeds();
    let (writes, reads) =
        (cluster.redos(&["url"]).await.succeeds(), cluster.redos(&["url", "--read"]).await.succeeds());
    let ports = [(writes, "SET key value"), (reads, "GET key")];
    let (mut answers, mut closed, mut late) = crowd(&ports).await;
    for _ in 0..2 {
        if closed.is_empty() || late < WOKEN_WITHIN {
            break;
        }
        println!("the machine stood still for {late:?}, and {} connections ended: once more", closed.len());
        cluster.settled().await;
        (answers, closed, late) = crowd(&ports).await;
    }
    assert!(closed.is_empty(), "{} of {CLIENTS} connections ended, the first {:?}; {late:?}", closed.len(), closed[0]);
    assert!(answers > 3 * CLIENTS, "there was load: {answers}");
    println!("{answers} answers; a thread was woken up to {late:?} late");
}
