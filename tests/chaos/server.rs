//! A little Redis for the workload's own tests, which can be made to misbehave at a moment's notice.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use redos::testing::chaos::resp::{self, Reply};

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It serves.
    Serves,
    /// It accepts connections and reads, and does and answers everything later.
    Frozen,
    /// It refuses writes as a replica does.
    ReadOnly,
    /// It closes connections at once.
    Closes,
}

#[derive(Default)]
struct Data {
    lists: BTreeMap<String, VecDeque<String>>,
    counters: BTreeMap<String, i64>,
    subscribers: Vec<TcpStream>,
}

/// A running server. It ends with the test's process.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    data: Arc<Mutex<Data>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Self { address, mood: Arc::new(Mutex::new(Mood::Serves)), data: Arc::default() };
        let acceptor = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = acceptor.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// An address where nobody listens.
    pub fn nowhere() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        Self { address, mood: Arc::new(Mutex::new(Mood::Closes)), data: Arc::default() }
    }

    pub fn set(&self, mood: Mood) {
        *self.mood.lock().expect("no panic") = mood;
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().expect("no panic")
    }

    /// The ids in a list.
    pub fn list(&self, key: &str) -> Vec<u64> {
        let data = self.data.lock().expect("no panic");
        data.lists.get(key).into_iter().flatten().map(|id| id.parse().expect("an id")).collect()
    }

    pub fn counter(&self, key: &str) -> u64 {
        let data = self.data.lock().expect("no panic");
        data.counters.get(key).map_or(0, |count| u64::try_from(*count).expect("positive"))
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut input = BytesMut::new();
        let mut bytes = [0; 4096];
        // A closed connection is noticed within this time, so that a change of mood closes idle ones as well.
        stream.set_read_timeout(Some(Duration::from_millis(5))).expect("a timeout");
        loop {
            if self.mood() == Mood::Closes {
                return;
            }
            match stream.read(&mut bytes) {
                Ok(0) => return,
                Ok(count) => input.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(_) => return,
            }
            while let Some(request) = resp::take(&mut input).expect("the protocol") {
                while self.mood() == Mood::Frozen {
                    thread::sleep(Duration::from_millis(2));
                }
                let words: Vec<String> = request.parts().iter().filter_map(Reply::text).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                if self.mood() == Mood::Closes || stream.write_all(self.answer(&words, &stream).as_bytes()).is_err() {
                    return;
                }
            }
        }
    }

    fn answer(&self, words: &[&str], stream: &TcpStream) -> String {
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        if self.mood() == Mood::ReadOnly && matches!(words[0], "RPUSH" | "INCR" | "BLPOP") {
            return "-READONLY You can't write against a read only replica.\r\n".to_owned();
        }
        match words {
            ["CLIENT", "INFO"] => bulk(&format!("id=1 addr=1.2.3.4:5 laddr={} fd=8", self.address)),
            ["RPUSH", key, id] => {
                let mut data = self.data.lock().expect("no panic");
                let list = data.lists.entry((*key).to_owned()).or_default();
                list.push_back((*id).to_owned());
                format!(":{}\r\n", list.len())
            }
            ["LINDEX", key, "-1"] => {
                let data = self.data.lock().expect("no panic");
                data.lists.get(*key).and_then(|list| list.back()).map_or("$-1\r\n".to_owned(), |id| bulk(id))
            }
            ["INCR", key] => {
                let mut data = self.data.lock().expect("no panic");
                let count = data.counters.entry((*key).to_owned()).or_default();
                *count += 1;
                format!(":{count}\r\n")
            }
            ["BLPOP", key, seconds] => {
                let until = Instant::now() + Duration::from_secs_f64(seconds.parse().expect("seconds"));
                while Instant::now() < until {
                    let popped = self.data.lock().expect("no panic").lists.get_mut(*key).and_then(VecDeque::pop_front);
                    if let Some(id) = popped {
                        return format!("*2\r\n{}{}", bulk(key), bulk(&id));
                    }
                    thread::sleep(Duration::from_millis(2));
                }
                "*-1\r\n".to_owned()
            }
            ["SUBSCRIBE", channel] => {
                let subscriber = stream.try_clone().expect("a handle");
                self.data.lock().expect("no panic").subscribers.push(subscriber);
                format!("*3\r\n{}{}:1\r\n", bulk("subscribe"), bulk(channel))
            }
            ["PUBLISH", channel, id] => {
                let message = format!("*3\r\n{}{}{}", bulk("message"), bulk(channel), bulk(id));
                let mut data = self.data.lock().expect("no panic");
                data.subscribers.retain_mut(|subscriber| subscriber.write_all(message.as_bytes()).is_ok());
                format!(":{}\r\n", data.subscribers.len())
            }
            ["WAIT", ..] => ":1\r\n".to_owned(),
            other => format!("-ERR unknown command '{}'\r\n", other[0]),
        }
    }
}
