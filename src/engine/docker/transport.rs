//! Ways to an Engine that the client library has not: TLS with the files of Docker's own client, and ssh.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

use super::endpoint::host_of;
use super::ssh::Forward;
use crate::dial::{BoxFuture, Stream};
use crate::tls::outside::OutsideTrust;

/// The address in requests, which go where the connection leads.
const NOBODY: &str = "http://docker";

/// A way to an Engine. Clones share it.
#[derive(Clone)]
pub enum EngineWay {
    /// TCP with TLS.
    Tls {
        /// The name or address of the host, and the port.
        address: Arc<str>,
        trust: OutsideTrust,
    },
    /// A socket that ssh forwards.
    Ssh(Arc<Forward>),
}

impl EngineWay {
    async fn connect(self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tls { address, trust } => {
                let stream = TcpStream::connect(&*address).await?;
                stream.set_nodelay(true)?;
                trust.secure(host_of(&address), Box::new(stream)).await
            }
            Self::Ssh(forward) => Ok(Box::new(forward.connect().await?)),
        }
    }
}

/// The client of an Engine at the end of a way. The limit is in seconds, until the answer of a call begins.
///
/// # Errors
/// None that is known: the library checks an address that is always the same.
pub fn docker(way: EngineWay, limit: u64) -> Result<Docker, bollard::errors::Error> {
    let client = Client::builder(TokioExecutor::new()).build(Connector(way));
    let send = move |request: BollardRequest| {
        let client = client.clone();
        async move { client.request(request).await.map_err(bollard::errors::Error::from) }
    };
    Docker::connect_with_custom_transport(send, Some(NOBODY), limit, API_DEFAULT_VERSION)
}

#[derive(Clone)]
struct Connector(EngineWay);

impl Service<Uri> for Connector {
    type Response = TokioIo<EngineStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let way = self.0.clone();
        Box::pin(async move { Ok(TokioIo::new(EngineStream(way.connect().await?))) })
    }
}

/// A connection to an Engine, whatever carries it.
struct EngineStream(Box<dyn Stream>);

impl Connection for EngineStream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for EngineStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for EngineStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
