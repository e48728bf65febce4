//! The server: connections, headers, and streams to the viewers.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderName, HeaderValue, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, http};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::Gatekeeper;
use super::gatekeeper::{Admission, Rejected, Visit};

/// Connections at the same time. A browser opens six to a server.
const CONNECTIONS_MAX: usize = 64;
/// How long a client may take to send its request.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// Time until the next try when no connection can be taken, for example because there are too many open files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);
/// The path of the stream.
const STREAM: &str = "/live";

type HttpAnswer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// What a path leads to.
pub struct Content {
    pub kind: ContentKind,
    pub body: Bytes,
}

/// How a browser is to treat a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentKind {
    /// A page whose own style and script carry this nonce.
    Page {
        nonce: String,
    },
    /// A page that was written earlier, with style and script in it. It has no access to this server.
    Report,
    Json,
}

/// What is served.
pub trait Site: Send + Sync + 'static {
    /// How much a viewer has.
    type Told: Default + Send;

    /// The content of a path, if there is any. It may read files.
    fn content(&self, path: &str) -> Option<Content>;

    /// The message for a viewer who has this much, and how much it has then. The default is nothing.
    fn message(&self, told: Self::Told) -> (Self::Told, String);

    /// Changes when there is a new message.
    fn changed(&self) -> watch::Receiver<u64>;
}

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, gatekeeper: Gatekeeper, site: impl Site) {
    let (gatekeeper, site) = (Arc::new(Mutex::new(gatekeeper)), Arc::new(site));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Its end ends all connections.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let (gatekeeper, site) = (gatekeeper.clone(), site.clone());
        connections.spawn(async move {
            let answer =
                service_fn(async |request| Ok::<_, Infallible>(answer(request, &gatekeeper, site.clone()).await));
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(REQUEST_LIMIT);
            // A browser that went away in the middle of an answer is no error of anybody.
            let _ = http.serve_connection(TokioIo::new(stream), answer).await;
            drop(place);
        });
    }
}

async fn answer(request: Request<Incoming>, gatekeeper: &Mutex<Gatekeeper>, site: Arc<impl Site>) -> HttpAnswer {
    let path = request.uri().path().to_owned();
    let cookie = match admitted(&request, &path, gatekeeper) {
        Ok(cookie) => cookie,
        Err(why) => return refusal(why),
    };
    if path == STREAM {
        return stream_of(site);
    }
    let content = spawn_blocking(move || site.content(&path)).await.ok().flatten();
    let Some(content) = content else {
        return text(StatusCode::NOT_FOUND, "There is no such page.");
    };
    let mut answer = page(content);
    if let Some(cookie) = cookie {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}

/// Lets a request in. Returns the cookie for who came with the token.
fn admitted(
    request: &Request<Incoming>,
    path: &str,
    gatekeeper: &Mutex<Gatekeeper>,
) -> Result<Option<HeaderValue>, Rejected> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let visit = Visit {
        method: request.method().as_str(),
        host: header(HOST),
        path,
        query: request.uri().query().unwrap_or(""),
        cookies: header(COOKIE),
    };
    let mut gatekeeper = gatekeeper.lock().unwrap_or_else(PoisonError::into_inner);
    match gatekeeper.admit(&visit) {
        Admission::Admitted => Ok(HeaderValue::from_str(&gatekeeper.set_cookie()).ok()),
        Admission::Known => Ok(None),
        Admission::Rejected(why) => Err(why),
    }
}

fn refusal(why: Rejected) -> HttpAnswer {
    match why {
        Rejected::Method => text(StatusCode::METHOD_NOT_ALLOWED, "This page is read only."),
        Rejected::Host => text(StatusCode::FORBIDDEN, "This server answers to localhost and 127.0.0.1 alone."),
        Rejected::Stranger => text(
            StatusCode::FORBIDDEN,
            "The link of 'redos serve' opens this page once, in one browser. Start 'redos serve' again for another link.",
        ),
    }
}

fn page(Content { kind, body }: Content) -> HttpAnswer {
    let (content_type, policy) = match kind {
        ContentKind::Page { nonce } => (
            "text/html; charset=utf-8",
            format!(
                "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; base-uri \
                 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
        ),
        ContentKind::Report => (
            "text/html; charset=utf-8",
            "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
                .to_owned(),
        ),
        ContentKind::Json => ("application/json", "default-src 'none'".to_owned()),
    };
    let body = Full::new(body).boxed_unsync();
    headed(Response::builder().header(CONTENT_TYPE, content_type).header(CONTENT_SECURITY_POLICY, policy), body)
}

/// Server-sent events: one at once, and one whenever there is something new.
fn stream_of<S: Site>(site: Arc<S>) -> HttpAnswer {
    let changed = site.changed();
    let events = stream::unfold((site, changed, None), async |(site, mut changed, told)| {
        // The first message is sent at once and holds the whole state; later ones wait for a change.
        let told = match told {
            Some(told) => changed.changed().await.ok().map(|()| told)?,
            None => S::Told::default(),
        };
        changed.borrow_and_update();
        let (told, message) = site.message(told);
        let event = Bytes::from(format!("data: {message}\n\n"));
        Some((Ok::<_, Infallible>(Frame::data(event)), (site, changed, Some(told))))
    });
    let body = StreamBody::new(Box::pin(events)).boxed_unsync();
    headed(Response::builder().header(CONTENT_TYPE, "text/event-stream"), body)
}

fn text(status: StatusCode, text: &'static str) -> HttpAnswer {
    let body = Full::new(Bytes::from_static(text.as_bytes())).boxed_unsync();
    headed(Response::builder().status(status).header(CONTENT_TYPE, "text/plain; charset=utf-8"), body)
}

fn headed(builder: http::response::Builder, body: UnsyncBoxBody<Bytes, Infallible>) -> HttpAnswer {
    let builder = builder
        .header(CACHE_CONTROL, "no-store")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(REFERRER_POLICY, "no-referrer");
    // The headers are all of this file, and valid.
    builder.body(body).unwrap_or_else(|_| Response::new(Full::default().boxed_unsync()))
}
