//! Requests over HTTP, one after the other over connections that stay open, with a deadline on progress.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderMap};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use super::S3Error;
use crate::dial::Stream;
use crate::tls::outside::{OutsideTrust, is_untrusted};
use crate::trace::OpenCall;

/// Bytes that are handed to the connection at a time. Each is progress.
const PIECE: usize = 64 * 1024;
/// The longest answer that is read as a whole, in bytes. More than is ever asked for.
const ANSWER_MAX: usize = 16 << 20;

/// A request without its signature, which is in the query.
pub struct S3Request<'a> {
    pub method: &'static str,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a [(&'static str, String)],
    pub body: Bytes,
}

/// A complete answer.
pub struct S3Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer whose body still comes.
#[derive(Debug)]
pub struct OpenAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    body: Incoming,
    /// The connection that it comes over.
    sender: SendRequest<SentBody>,
}

/// The way to one server.
#[derive(Debug)]
pub struct Wire {
    /// Its name or address as in a URL.
    host: String,
    port: u16,
    /// What a request says in `Host`, which is also what messages call it.
    pub server: String,
    /// `None` for plain HTTP.
    trust: Option<OutsideTrust>,
    /// How long it may neither take nor send anything.
    patience: Duration,
    /// The connection that the last request has left open.
    idle: Mutex<Option<SendRequest<SentBody>>>,
}

impl Wire {
    /// The way to a server; there is no connection yet.
    pub fn new(host: &str, port: u16, server: String, trust: Option<OutsideTrust>, patience: Duration) -> Self {
        Self { host: host.trim_matches(['[', ']']).to_owned(), port, server, trust, patience, idle: Mutex::default() }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// No connection, one that broke, or one on which nothing moves.
    pub async fn send(&self, request: &S3Request<'_>) -> Result<S3Answer, S3Error> {
        let answer = self.open(request).await?;
        self.rest(answer).await
    }

    /// Sends a request and reads the head of the answer.
    ///
    /// # Errors
    /// No connection, one that broke, or one on which nothing moves.
    pub async fn open(&self, request: &S3Request<'_>) -> Result<OpenAnswer, S3Error> {
        let call = OpenCall::begin("s3", || format!("{} {}", request.method, request.path));
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut sender = match idle.filter(SendRequest::is_ready) {
            Some(sender) => sender,
            None => self.in_time(self.connect()).await?,
        };
        let sent = Arc::new(AtomicU64::new(0));
        let body = SentBody { rest: request.body.clone(), sent: sent.clone() };
        let mut built = Request::builder()
            .method(Method::from_bytes(request.method.as_bytes()).map_err(|error| self.broke(error))?)
            .uri(format!("{}?{}", request.path, request.query))
            .header(HOST, &self.server);
        for (name, value) in request.headers {
            built = built.header(*name, value);
        }
        let built = built.body(body).map_err(|error| self.broke(error))?;
        let response = self.response(sender.send_request(built), &sent).await?;
        let (head, body) = response.into_parts();
        call.answered();
        Ok(OpenAnswer { status: head.status.as_u16(), headers: head.headers, body, sender })
    }

    /// Reads on in the body of an answer. `None` at its end.
    ///
    /// # Errors
    /// The connection broke, or nothing moves on it.
    pub async fn next(&self, answer: &mut OpenAnswer) -> Result<Option<Bytes>, S3Error> {
        let frame = async { answer.body.frame().await.transpose().map_err(io::Error::other) };
        Ok(self.in_time(frame).await?.map(|frame| frame.into_data().unwrap_or_default()))
    }

    /// Reads the whole body of an answer.
    ///
    /// # Errors
    /// The connection broke, nothing moves on it, or the body is larger than any that is asked for.
    pub async fn rest(&self, mut answer: OpenAnswer) -> Result<S3Answer, S3Error> {
        let mut body = BytesMut::new();
        while let Some(data) = self.next(&mut answer).await? {
            if body.len() + data.len() > ANSWER_MAX {
                let why = format!("it answers with more than {} MB", ANSWER_MAX >> 20);
                return Err(S3Error::NotS3 { server: self.server.clone(), why });
            }
            body.extend_from_slice(&data);
        }
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.sender);
        Ok(S3Answer { status: answer.status, headers: answer.headers, body: body.freeze() })
    }

    /// Waits for the head of an answer for as long as the request goes out.
    async fn response<B>(
        &self,
        sending: impl Future<Output = hyper::Result<Response<B>>>,
        sent: &AtomicU64,
    ) -> Result<Response<B>, S3Error> {
        let mut sending = std::pin::pin!(sending);
        let mut looks = interval(self.patience);
        looks.tick().await;
        let mut before = 0;
        loop {
            tokio::select! {
                response = &mut sending => return response.map_err(|error| self.broke(error)),
                _ = looks.tick() => {
                    let now = sent.load(Ordering::Relaxed);
                    if now == before {
                        return Err(self.silent());
                    }
                    before = now;
                }
            }
        }
    }

    async fn connect(&self) -> io::Result<SendRequest<SentBody>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.trust {
            Some(trust) => trust.secure(&self.host, Box::new(stream)).await?,
            None => Box::new(stream),
        };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // It ends with the sender, and its error comes with the request.
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn in_time<T>(&self, step: impl Future<Output = io::Result<T>>) -> Result<T, S3Error> {
        match timeout(self.patience, step).await {
            Ok(done) => done.map_err(|error| match is_untrusted(&error) {
                true => S3Error::Untrusted { server: self.server.clone(), source: error },
                false => self.broke(error),
            }),
            Err(_) => Err(self.silent()),
        }
    }

    fn broke(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> S3Error {
        S3Error::Unreachable { server: self.server.clone(), source: io::Error::other(error) }
    }

    fn silent(&self) -> S3Error {
        S3Error::Silent { server: self.server.clone(), waited: self.patience }
    }
}

/// The body of a request, which counts what the connection takes.
#[derive(Debug)]
struct SentBody {
    rest: Bytes,
    sent: Arc<AtomicU64>,
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.rest.len().min(PIECE);
        if length == 0 {
            return Poll::Ready(None);
        }
        self.sent.fetch_add(length as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
