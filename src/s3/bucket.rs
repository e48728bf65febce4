//! The requests that backups need, each made again if it may succeed then.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::header::HeaderMap;
use instant_xml::FromXml;
use rusty_s3::actions::{CompleteMultipartUploadResponse, CreateMultipartUpload, ListObjectsV2};
use rusty_s3::{Bucket as SignedBucket, Credentials, S3Action, UrlStyle};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::wire::{OpenAnswer, S3Answer, S3Request, Wire};
use super::{Account, S3Error};
use crate::tls::outside::OutsideTrust;

/// How long a server may neither take nor send anything.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long a signature is valid: longer than one request takes.
const SIGNED_FOR: Duration = Duration::from_secs(900);
/// The waits before the same request is made again, as long as an overloaded server needs.
pub const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];
/// How far a clock may be off, so that signatures are valid.
const SKEW: Duration = Duration::from_secs(840);
/// How long it may take to clean up after a failure.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// A bucket, with the credentials for it. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Bucket(Arc<BucketAccess>);

#[derive(Debug)]
struct BucketAccess {
    signed: SignedBucket,
    credentials: Credentials,
    wire: Wire,
    cancel: CancellationToken,
    runtime: Handle,
}

/// A part of an object.
#[derive(Debug)]
pub struct Piece {
    pub bytes: Bytes,
    /// The size of the whole object in bytes.
    pub size: u64,
    /// What tells this content of the object from others.
    pub tag: String,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    pub key: String,
    pub bytes: u64,
}

/// An upload that was begun and neither completed nor aborted.
#[derive(Debug, FromXml)]
#[xml(rename = "Upload", ns(NAMESPACE))]
pub struct OpenUpload {
    #[xml(rename = "Key")]
    pub key: String,
    #[xml(rename = "UploadId")]
    pub id: String,
    /// When it was begun, RFC 3339.
    #[xml(rename = "Initiated")]
    pub initiated: String,
}

#[derive(Debug, FromXml)]
#[xml(rename = "ListMultipartUploadsResult", ns(NAMESPACE))]
struct OpenUploads {
    uploads: Vec<OpenUpload>,
}

/// The namespace of all answers.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

impl Bucket {
    /// Prepares requests, which `cancel` ends. It makes none yet. It must be called in a runtime.
    ///
    /// # Errors
    /// The endpoint is no URL, or this host trusts nobody.
    pub fn open(name: &str, account: Account, patience: Duration, cancel: CancellationToken) -> Result<Self, S3Error> {
        let Account { credentials, region, endpoint } = account;
        // A server of one's own has one name. The certificates of AWS have no names with further dots.
        let style = if endpoint.is_some() || name.contains('.') { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com{china}"));
        // What is in front of '@' may be a secret.
        let shown = endpoint.rsplit('@').next().unwrap_or_default().to_owned();
        let unusable =
            |why: &dyn std::fmt::Display| S3Error::Settings(format!("'{shown}' is no URL of a server: {why}"));
        let url = endpoint.parse().map_err(|error| unusable(&error))?;
        let signed =
            SignedBucket::new(url, style, name.to_owned(), region).map_err(|error| unusable(&format!("{error}")))?;
        let url = signed.base_url();
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(unusable(&"it has no host"));
        };
        let server = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let trust = match url.scheme() {
            "https" => Some(OutsideTrust::of_host().map_err(|why| S3Error::Settings(why.to_string()))?),
            _ => None,
        };
        let wire = Wire::new(host, port, server, trust, patience);
        Ok(Self(Arc::new(BucketAccess { signed, credentials, wire, cancel, runtime: Handle::current() })))
    }

    /// The name of the bucket.
    pub fn name(&self) -> &str {
        self.0.signed.name()
    }

    /// Waits on a thread that may block, which is not one of the runtime's own.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.runtime.block_on(future)
    }

    /// The runtime in which requests are made.
    pub fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    /// Reads a part of an object, of the content with this tag if one is given.
    ///
    /// # Errors
    /// There is no such object or part, it has another content, or the server failed.
    pub async fn read(&self, key: &str, from: u64, length: u64, tag: Option<&str>) -> Result<Piece, S3Error> {
        let action = self.0.signed.get_object(self.credentials(), key);
        let range = ("range", format!("bytes={from}-{}", from + length.max(1) - 1));
        let headers: Vec<_> = [range].into_iter().chain(tag.map(|tag| ("if-match", tag.to_owned()))).collect();
        let answer = self.call(&action, &headers, Bytes::new()).await?;
        let size = size_of_part_from(from, &answer.headers).ok_or_else(|| self.other_part())?;
        let tag = answer.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Piece { size, tag, bytes: answer.body })
    }

    /// Begins to read an object of `size` bytes from a place to its end, of the content with this tag. It asks once.
    ///
    /// # Errors
    /// There is no such object, it has another content, or the server failed.
    pub async fn read_on(&self, key: &str, from: u64, size: u64, tag: &str) -> Result<OpenAnswer, S3Error> {
        let action = self.0.signed.get_object(self.credentials(), key);
        let headers = [("range", format!("bytes={from}-{}", size.max(1) - 1)), ("if-match", tag.to_owned())];
        let url = action.sign(SIGNED_FOR);
        let (path, query) = (url.path(), url.query().unwrap_or_default());
        let request = S3Request { method: "GET", path, query, headers: &headers, body: Bytes::new() };
        self.unless_cancelled(async {
            let answer = self.0.wire.open(&request).await?;
            match answer.status {
                200..300 if size_of_part_from(from, &answer.headers) == Some(size) => Ok(answer),
                200..300 => Err(self.other_part()),
                _ => Err(self.refused(&self.0.wire.rest(answer).await?)),
            }
        })
        .await
    }

    /// The next bytes of an object that is being read; `None` at its end.
    ///
    /// # Errors
    /// The connection broke, or nothing moves on it.
    pub async fn next(&self, answer: &mut OpenAnswer) -> Result<Option<Bytes>, S3Error> {
        self.unless_cancelled(self.0.wire.next(answer)).await
    }

    fn other_part(&self) -> S3Error {
        self.not_s3("it does not send the part of an object that was asked for")
    }

    /// The size of an object in bytes; `None` if there is none.
    ///
    /// # Errors
    /// The server refused or failed.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, S3Error> {
        match self.read(key, 0, 1, None).await {
            Ok(piece) => Ok(Some(piece.size)),
            Err(S3Error::Refused { status: 416, .. }) => Ok(Some(0)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The objects whose keys begin with that of a folder and have no further `/`.
    ///
    /// # Errors
    /// There is no such bucket, or the server refused or failed.
    pub async fn list(&self, folder: &str) -> Result<Vec<ListedObject>, S3Error> {
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut action = self.0.signed.list_objects_v2(self.credentials());
            action.with_prefix(folder);
            action.with_delimiter("/");
            if let Some(token) = &token {
                action.with_continuation_token(token);
            }
            let answer = self.call(&action, &[], Bytes::new()).await?;
            let list = ListObjectsV2::parse_response(&text(&answer)).map_err(|error| self.not_s3(error))?;
            objects.extend(
                list.contents
                    .into_iter()
                    .map(|found| ListedObject { key: found.key, bytes: found.size.unwrap_or_default() }),
            );
            token = list.next_continuation_token;
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// Removes an object. One that is not there is removed.
    ///
    /// # Errors
    /// The server refused or failed.
    pub async fn remove(&self, key: &str) -> Result<(), S3Error> {
        let action = self.0.signed.delete_object(self.credentials(), key);
        self.call(&action, &[], Bytes::new()).await.map(drop)
    }

    /// Begins an upload in parts, and returns its id.
    ///
    /// # Errors
    /// The server refused or failed.
    pub async fn begin(&self, key: &str) -> Result<String, S3Error> {
        let action = self.0.signed.create_multipart_upload(self.credentials(), key);
        let answer = self.call(&action, &[], Bytes::new()).await?;
        let created = CreateMultipartUpload::parse_response(&text(&answer)).map_err(|error| self.not_s3(error))?;
        Ok(created.upload_id().to_owned())
    }

    /// Uploads a part, counted from 1, and returns its tag.
    ///
    /// # Errors
    /// The server refused or failed.
    pub async fn send_part(&self, key: &str, upload: &str, number: u16, bytes: Bytes) -> Result<String, S3Error> {
        let action = self.0.signed.upload_part(self.credentials(), key, number, upload);
        let answer = self.call(&action, &[], bytes).await?;
        let tag = answer.headers.get("etag").and_then(|tag| tag.to_str().ok());
        tag.map(str::to_owned).ok_or_else(|| self.not_s3("a part that was uploaded has no tag"))
    }

    /// Makes an object of `bytes` bytes of the parts with these tags.
    ///
    /// # Errors
    /// The server refused or failed, and there is no such object.
    pub async fn complete(&self, key: &str, upload: &str, tags: &[String], bytes: u64) -> Result<(), S3Error> {
        let action = || {
            let tags = tags.iter().map(String::as_str);
            self.0.signed.complete_multipart_upload(self.credentials(), key, upload, tags)
        };
        let completed = match self.call(&action(), &[], action().body().into()).await {
            // It begins to answer before it knows, so a refusal may come with a good status.
            Ok(answer) if CompleteMultipartUploadResponse::parse(&text(&answer)).is_ok() => return Ok(()),
            Ok(answer) => Err(self.refused(&answer)),
            Err(error) => Err(error),
        };
        // The answer may have been lost after the work was done.
        match self.size(key).await {
            Ok(Some(found)) if found == bytes => Ok(()),
            _ => completed,
        }
    }

    /// Removes an upload and its parts, also after an interruption.
    ///
    /// # Errors
    /// The server refused, failed, or takes too long.
    pub async fn abort(&self, key: &str, upload: &str) -> Result<(), S3Error> {
        let action = self.0.signed.abort_multipart_upload(self.credentials(), key, upload);
        let aborted = timeout(CLEAN_UP, self.persist(&action, &[], Bytes::new())).await;
        aborted.unwrap_or_else(|_| Err(self.silent_for(CLEAN_UP))).map(drop)
    }

    /// The uploads under keys that begin like this and are neither completed nor aborted; at most a thousand.
    ///
    /// # Errors
    /// The server refused or failed.
    pub async fn open_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, S3Error> {
        // The library has no action for it; a request for the bucket itself differs only in its query.
        let mut action = self.0.signed.get_object(self.credentials(), "");
        action.query_mut().insert("prefix", prefix);
        action.query_mut().insert("uploads", "");
        let answer = self.call(&action, &[], Bytes::new()).await?;
        let list: OpenUploads = instant_xml::from_str(&text(&answer)).map_err(|error| self.not_s3(error))?;
        Ok(list.uploads)
    }

    fn credentials(&self) -> Option<&Credentials> {
        Some(&self.0.credentials)
    }

    fn refused(&self, answer: &S3Answer) -> S3Error {
        let region = answer.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
        let region = region.filter(|region| *region != self.0.signed.region()).map(str::to_owned);
        let mut refusal = S3Error::refused(&self.0.wire.server, self.name(), answer.status, &answer.body, region);
        if let S3Error::Refused { status: 403, is_clock_off, .. } = &mut refusal {
            let date = answer.headers.get("date").and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
            *is_clock_off = date.is_some_and(|date| differ(date, SystemTime::now()) > SKEW);
        }
        refusal
    }

    fn not_s3(&self, why: impl ToString) -> S3Error {
        S3Error::NotS3 { server: self.0.wire.server.clone(), why: why.to_string() }
    }

    fn silent_for(&self, waited: Duration) -> S3Error {
        S3Error::Silent { server: self.0.wire.server.clone(), waited }
    }

    /// Makes a request until it is answered, refused, or the user interrupts.
    async fn call<'a>(
        &self,
        action: &impl S3Action<'a>,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<S3Answer, S3Error> {
        self.unless_cancelled(self.persist(action, headers, body)).await
    }

    async fn unless_cancelled<T>(&self, work: impl Future<Output = Result<T, S3Error>>) -> Result<T, S3Error> {
        tokio::select! {
            done = work => done,
            () = self.0.cancel.cancelled() => Err(S3Error::Interrupted),
        }
    }

    /// Makes a request until it is answered or refused.
    async fn persist<'a, A: S3Action<'a>>(
        &self,
        action: &A,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<S3Answer, S3Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let url = action.sign(SIGNED_FOR);
            let (path, query) = (url.path(), url.query().unwrap_or_default());
            let request = S3Request { method: A::METHOD.to_str(), path, query, headers, body: body.clone() };
            let error = match self.0.wire.send(&request).await {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => self.refused(&answer),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.may_pass() => sleep(pause).await,
                _ => return Err(error),
            }
        }
    }
}

/// The size of the whole object, if an answer is the part of it that begins there.
fn size_of_part_from(from: u64, headers: &HeaderMap) -> Option<u64> {
    let range = headers.get("content-range")?.to_str().ok()?.strip_prefix("bytes ")?;
    let (part, size) = range.split_once('/')?;
    let begin: u64 = part.split('-').next()?.parse().ok()?;
    (begin == from).then(|| size.parse().ok())?
}

fn differ(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

fn text(answer: &S3Answer) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&answer.body)
}
