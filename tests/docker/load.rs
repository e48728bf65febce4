//! Many clients at full load on a machine that has other work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

#[tokio::test]
async fn a_thousand_clients_on_a_busy_machine_keep_their_connections() {
    let cluster = Cluster::new("crowd").await;
    cluster.up(&[]).await.succeeds();
    let (writes, reads) =
        (cluster.redos(&["url"]).await.succeeds(), cluster.redos(&["url", "--read"]).await.succeeds());
    let stop = Arc::new(AtomicBool::new(false));
    for _ in 0..BUSY {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
    }
    let ports = [(writes, "SET key value"), (reads, "GET key")];
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
    assert_eq!(closed, Vec::<String>::new(), "{} of {CLIENTS} connections ended", closed.len());
    assert!(answers > 10 * CLIENTS, "there was load: {answers}");
}
