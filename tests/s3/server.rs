//! A server of S3 in memory: path style, signatures in the query, uploads in parts, and faults on request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sha2::{Digest, Sha256};

pub const KEY: &str = "AKIDEXAMPLE";
pub const SECRET: &str = "very/secret+key";
pub const REGION: &str = "eu-test-1";
pub const BUCKET: &str = "backups";
/// Objects in one answer to a list, so few that there is a second one.
const PAGE: usize = 2;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What the server does instead of answering.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It says no with this status and word.
    Refuse(u16, &'static str),
    /// It takes the request, and never answers.
    Hang,
    /// It closes the connection after half of the answer's body.
    Cut,
    /// It closes the connection after this many bytes of the answer's body, if there are more.
    Break(usize),
    /// It says that the request has expired, as of a client whose clock is an hour behind.
    Expired,
    /// It answers like a web server that knows no S3.
    Web,
}

/// An upload in parts.
#[derive(Clone, Debug)]
pub struct OpenUpload {
    pub path: String,
    pub parts: BTreeMap<u16, Bytes>,
    pub initiated: SystemTime,
}

#[derive(Default)]
pub struct State {
    /// By bucket and key.
    pub objects: BTreeMap<String, Bytes>,
    pub uploads: BTreeMap<String, OpenUpload>,
    /// Method, path and query of each request, without the signature.
    pub requests: Vec<String>,
    /// The parts of the last completed upload.
    pub last_parts: usize,
    uploads_begun: usize,
}

type Misbehave = Box<dyn FnMut(&str) -> Option<Fault> + Send>;

/// A running server. It ends with the test's runtime.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    misbehave: Arc<Mutex<Misbehave>>,
}

impl Server {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Self { address, state: Arc::default(), misbehave: Arc::new(Mutex::new(Box::new(|_| None))) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| {
                        let server = server.clone();
                        async move { Ok::<_, Infallible>(server.answer(request).await) }
                    });
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        server
    }

    /// What a client finds in its environment.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL_S3", format!("http://{}", self.address)),
        ]
    }

    /// Has a look at what the server holds.
    pub fn see<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().expect("the state"))
    }

    /// The keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        self.see(|state| state.objects.keys().map(|path| path[BUCKET.len() + 1..].to_owned()).collect())
    }

    /// Decides which requests fail, by `METHOD /path?query`.
    pub fn misbehave(&self, choose: impl FnMut(&str) -> Option<Fault> + Send + 'static) {
        *self.misbehave.lock().expect("the faults") = Box::new(choose);
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
        let query: Vec<(String, String)> = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        let told: Vec<String> = query
            .iter()
            .filter(|(name, _)| !name.starts_with("X-Amz-"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let line = format!("{} {path}?{}", head.method, told.join("&"));
        self.see(|state| state.requests.push(line.clone()));
        let Ok(body) = body.collect().await else { return refuse(400, "RequestTimeout", "") };
        let fault = (self.misbehave.lock().expect("the faults"))(&line);
        match fault {
            Some(Fault::Hang) => return std::future::pending().await,
            Some(Fault::Refuse(status, code)) => return refuse(status, code, ""),
            Some(Fault::Expired) => {
                let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
                let mut refusal = refuse(403, "AccessDenied", "Request has expired");
                refusal.headers_mut().insert("date", date.parse().expect("a date"));
                return refusal;
            }
            Some(Fault::Web) => return respond(200, &[], "<html>welcome</html>"),
            Some(Fault::Cut | Fault::Break(_)) | None => {}
        }
        let header =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if let Some(refusal) = unsigned(head.method.as_str(), &path, &query, &header("host")) {
            return refusal;
        }
        let asked =
            Asked { path: decode(&path)[1..].to_owned(), query, range: header("range"), if_match: header("if-match") };
        let response = self.see(|state| state.serve(head.method.as_str(), &asked, body.to_bytes()));
        match fault {
            Some(Fault::Cut) => cut(response, |bytes| bytes / 2).await,
            Some(Fault::Break(most)) => cut(response, |bytes| bytes.min(most)).await,
            _ => response,
        }
    }
}

/// The same response, of which only a part of the body comes: so many of its bytes.
async fn cut(response: Response<Body>, comes: impl FnOnce(usize) -> usize) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let whole = body.collect().await.expect("a body").to_bytes();
    head.headers.insert("content-length", whole.len().into());
    let comes = comes(whole.len());
    let part = Ok(Frame::data(whole.slice(..comes)));
    let end = (comes < whole.len()).then(|| Err(std::io::ErrorKind::ConnectionReset.into()));
    let pieces = futures_util::stream::iter([part].into_iter().chain(end));
    Response::from_parts(head, StreamBody::new(pieces).boxed_unsync())
}

/// A request that was signed well.
struct Asked {
    /// Bucket and key.
    path: String,
    query: Vec<(String, String)>,
    range: String,
    if_match: String,
}

impl Asked {
    fn value(&self, name: &str) -> Option<String> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| decode(value))
    }
}

impl State {
    fn serve(&mut self, method: &str, asked: &Asked, body: Bytes) -> Response<Body> {
        let (bucket, key) = asked.path.split_once('/').unwrap_or((&asked.path, ""));
        if bucket != BUCKET {
            return refuse(404, "NoSuchBucket", "");
        }
        let (path, upload) = (asked.path.clone(), asked.value("uploadId"));
        match (method, key.is_empty(), upload) {
            ("GET", true, _) if asked.value("uploads").is_some() => self.list_uploads(asked),
            ("GET", true, _) => self.list(asked),
            ("GET", false, None) => self.get(asked),
            ("POST", false, None) => {
                self.uploads_begun += 1;
                let id = format!("upload-{}", self.uploads_begun);
                let upload = OpenUpload { path, parts: BTreeMap::new(), initiated: SystemTime::now() };
                self.uploads.insert(id.clone(), upload);
                respond(200, &[], &xml("InitiateMultipartUploadResult", &format!("<UploadId>{id}</UploadId>")))
            }
            ("PUT", false, Some(id)) => match self.uploads.get_mut(&id) {
                Some(upload) => {
                    let number = asked.value("partNumber").and_then(|number| number.parse().ok()).expect("a number");
                    let tag = tag(&body);
                    upload.parts.insert(number, body);
                    respond(200, &[("etag", tag)], "")
                }
                None => refuse(404, "NoSuchUpload", ""),
            },
            ("POST", false, Some(id)) => match self.uploads.remove(&id) {
                Some(OpenUpload { path, parts, .. }) => {
                    let body = String::from_utf8(body.to_vec()).expect("XML");
                    let are_named = parts.values().all(|part| body.contains(tag(part).trim_matches('"')));
                    assert!(are_named && body.matches("<PartNumber>").count() == parts.len(), "{body}");
                    let is_small = |part: &Bytes| part.len() < 5 << 20;
                    if parts.values().rev().skip(1).any(is_small) {
                        return refuse(400, "EntityTooSmall", "");
                    }
                    self.last_parts = parts.len();
                    let whole: Vec<u8> = parts.into_values().flatten().collect();
                    self.objects.insert(path, whole.into());
                    respond(200, &[], &xml("CompleteMultipartUploadResult", "<ETag>\"whole\"</ETag>"))
                }
                None => refuse(404, "NoSuchUpload", ""),
            },
            ("DELETE", false, Some(id)) => match self.uploads.remove(&id) {
                Some(_) => respond(204, &[], ""),
                None => refuse(404, "NoSuchUpload", ""),
            },
            ("DELETE", false, None) => {
                self.objects.remove(&path);
                respond(204, &[], "")
            }
            _ => refuse(405, "MethodNotAllowed", ""),
        }
    }

    fn list(&self, asked: &Asked) -> Response<Body> {
        let prefix = format!("{BUCKET}/{}", asked.value("prefix").unwrap_or_default());
        let after = asked.value("continuation-token").unwrap_or_default();
        let is_direct = |path: &&String| path.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/'));
        let mut found = self.objects.keys().filter(is_direct).filter(|path| **path > after).peekable();
        let mut content = String::new();
        let mut last = "";
        for path in found.by_ref().take(PAGE) {
            let (bytes, key) = (&self.objects[path], &path[BUCKET.len() + 1..]);
            _ = write!(
                content,
                "<Contents><Key>{key}</Key><LastModified>2026-11-28T07:55:00.000Z</LastModified><ETag>{}</ETag>\
                 <Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                tag(bytes).replace('"', "&quot;"),
                bytes.len()
            );
            last = path;
        }
        let more = found.peek().is_some();
        let next = if more { format!("<NextContinuationToken>{last}</NextContinuationToken>") } else { String::new() };
        let head = format!("<Name>{BUCKET}</Name><MaxKeys>{PAGE}</MaxKeys><IsTruncated>{more}</IsTruncated>");
        respond(200, &[], &xml("ListBucketResult", &format!("{head}{content}{next}")))
    }

    fn list_uploads(&self, asked: &Asked) -> Response<Body> {
        let prefix = format!("{BUCKET}/{}", asked.value("prefix").unwrap_or_default());
        let mut content = format!("<Bucket>{BUCKET}</Bucket><IsTruncated>false</IsTruncated>");
        for (id, upload) in self.uploads.iter().filter(|(_, upload)| upload.path.starts_with(&prefix)) {
            let (key, initiated) =
                (&upload.path[BUCKET.len() + 1..], humantime::format_rfc3339_millis(upload.initiated));
            _ = write!(
                content,
                "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiator><ID>x</ID></Initiator>\
                 <Initiated>{initiated}</Initiated></Upload>"
            );
        }
        respond(200, &[], &xml("ListMultipartUploadsResult", &content))
    }

    fn get(&self, asked: &Asked) -> Response<Body> {
        let Some(object) = self.objects.get(&asked.path) else { return refuse(404, "NoSuchKey", "") };
        let tag = tag(object);
        if !asked.if_match.is_empty() && asked.if_match != tag {
            return refuse(412, "PreconditionFailed", "");
        }
        let (from, to) = asked.range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).expect("a range");
        let (from, to): (usize, usize) = (from.parse().expect("a number"), to.parse().expect("a number"));
        if from >= object.len() {
            return refuse(416, "InvalidRange", "");
        }
        let end = object.len().min(to + 1);
        let range = format!("bytes {from}-{}/{}", end - 1, object.len());
        let mut response = respond(206, &[("etag", tag), ("content-range", range)], "");
        *response.body_mut() = whole(object.slice(from..end));
        response
    }
}

/// The refusal of a request whose signature is missing, old, of somebody else, or wrong.
fn unsigned(method: &str, path: &str, query: &[(String, String)], host: &str) -> Option<Response<Body>> {
    let value = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| decode(value));
    let Some(credential) = value("X-Amz-Credential") else { return Some(refuse(403, "AccessDenied", "")) };
    let scope: Vec<&str> = credential.split('/').collect();
    let [key, day, region, "s3", "aws4_request"] = scope[..] else {
        return Some(refuse(400, "AuthorizationQueryParametersError", ""));
    };
    if key != KEY {
        return Some(refuse(403, "InvalidAccessKeyId", "The AWS access key id does not exist in our records."));
    }
    if region != REGION {
        let body = format!("<Error><Code>AuthorizationHeaderMalformed</Code><Region>{REGION}</Region></Error>");
        return Some(respond(400, &[], &body));
    }
    let time = value("X-Amz-Date").unwrap_or_default();
    let mut signed: Vec<String> = query
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    signed.sort();
    let request = format!("{method}\n{path}\n{}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", signed.join("&"));
    let scope = format!("{day}/{region}/s3/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hexadecimal(&Sha256::digest(request)));
    let parts = [day, region, "s3", "aws4_request"];
    let key = parts.iter().fold(format!("AWS4{SECRET}").into_bytes(), |key, part| hmac(&key, part.as_bytes()));
    let is_right = value("X-Amz-Signature") == Some(hexadecimal(&hmac(&key, text.as_bytes())));
    (!is_right).then(|| refuse(403, "SignatureDoesNotMatch", "The signature does not match."))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    match key.len() {
        0..=64 => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let with = |mask: u8| block.map(|byte| byte ^ mask);
    let inner = Sha256::new().chain_update(with(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(with(0x5c)).chain_update(inner).finalize().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tag(bytes: &Bytes) -> String {
    format!("\"{:032x}\"", xxhash_rust::xxh3::xxh3_64(bytes))
}

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.to_owned(), value.to_owned())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'%').then(|| std::str::from_utf8(&tail[..2]).expect("two digits"));
        match code {
            Some(code) => {
                bytes.push(u8::from_str_radix(code, 16).expect("two digits"));
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn xml(name: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{name} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{name}>"
    )
}

fn refuse(status: u16, code: &str, message: &str) -> Response<Body> {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>1</RequestId></Error>");
    respond(status, &[], &format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{error}"))
}

fn respond(status: u16, headers: &[(&str, String)], body: &str) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(whole(Bytes::from(body.to_owned()))).expect("a response")
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Begins an upload so long ago, and leaves it.
pub fn leave_upload(server: &Server, key: &str, age: Duration) {
    server.see(|state| {
        let upload = OpenUpload {
            path: format!("{BUCKET}/{key}"),
            parts: BTreeMap::from([(1, Bytes::from_static(b"part"))]),
            initiated: SystemTime::now() - age,
        };
        state.uploads.insert(format!("left-{key}"), upload);
    });
}
