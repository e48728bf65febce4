//! Why a bucket could not be read or written, and what helps.

use std::error::Error;
use std::io;
use std::time::Duration;

use instant_xml::FromXml;
use thiserror::Error;

/// A request of S3 failed, or could not be made. No text has a secret.
#[derive(Debug, Error)]
pub enum S3Error {
    /// The user's text is no address.
    #[error("{0}")]
    Address(String),
    /// There are no credentials. The text says where they were looked for.
    #[error("there are no credentials for S3: {0}")]
    NoCredentials(String),
    /// Region, endpoint or a file with them cannot be used.
    #[error("{0}")]
    Settings(String),
    /// There is no connection, or it broke.
    #[error("failed to reach {server}")]
    Unreachable {
        /// Name or address, and port.
        server: String,
        #[source]
        source: io::Error,
    },
    /// The certificate of the server is not accepted.
    #[error("{server} is not trusted")]
    Untrusted {
        /// Name or address, and port.
        server: String,
        #[source]
        source: io::Error,
    },
    /// The server neither took nor sent a byte for so long.
    #[error("{server} did nothing for {} s, with the connection open", .waited.as_secs())]
    Silent { server: String, waited: Duration },
    /// The server said no.
    #[error("{server} refuses it: {status}{}", said(code, message))]
    Refused {
        server: String,
        bucket: String,
        /// The status of HTTP.
        status: u16,
        /// The word of S3 for it; empty if there is none.
        code: String,
        message: String,
        /// The region of the bucket, if the server says it.
        region: Option<String>,
        /// Whether the clocks of server and host differ by more than a signature allows.
        is_clock_off: bool,
    },
    /// The answer is none of S3.
    #[error("{server} does not speak S3: {why}")]
    NotS3 { server: String, why: String },
    /// The user interrupted the command.
    #[error("it was interrupted")]
    Interrupted,
}

/// What a server says of a refusal.
#[derive(Debug, Default, FromXml)]
#[xml(rename = "Error")]
struct SaidByServer {
    #[xml(rename = "Code")]
    code: Option<String>,
    #[xml(rename = "Message")]
    message: Option<String>,
    #[xml(rename = "Region")]
    region: Option<String>,
}

impl S3Error {
    /// The refusal with this status and body. `region` is what the header says.
    pub fn refused(server: &str, bucket: &str, status: u16, body: &[u8], region: Option<String>) -> Self {
        let said: SaidByServer =
            std::str::from_utf8(body).ok().and_then(|text| instant_xml::from_str(text).ok()).unwrap_or_default();
        Self::Refused {
            server: server.to_owned(),
            bucket: bucket.to_owned(),
            status,
            code: said.code.unwrap_or_default(),
            message: said.message.unwrap_or_default(),
            region: region.or(said.region),
            is_clock_off: false,
        }
    }

    /// The cause of an error of reading or writing, if it is one of S3.
    pub fn in_chain<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            // `io::Error` hides the error that it was made of, and names only the cause of that.
            next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        None
    }

    /// Whether the same request may succeed in a moment.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }

    /// Whether there is no such object.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, code, .. } if code != "NoSuchBucket")
    }

    /// What the user can do.
    pub fn remedy(&self) -> String {
        let Self::Refused { bucket, code, region, status, is_clock_off, .. } = self else {
            return match self {
                Self::Address(_) => "name it like s3://bucket/folder/ or s3://bucket/folder/name.redos".to_owned(),
                Self::NoCredentials(_) => {
                    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; those of a role or of SSO: \
                     eval \"$(aws configure export-credentials --format env)\""
                        .to_owned()
                }
                Self::Settings(_) => "check AWS_ENDPOINT_URL_S3, AWS_PROFILE and the files in ~/.aws".to_owned(),
                Self::Unreachable { .. } | Self::NotS3 { .. } => {
                    "check the network and the URL of the server: AWS_ENDPOINT_URL_S3=https://HOST:PORT".to_owned()
                }
                Self::Untrusted { .. } => {
                    "name its certificate authority: SSL_CERT_FILE=ca.pem; a certificate that is an authority itself, as \
                     'openssl req -x509' makes it, is not accepted"
                        .to_owned()
                }
                Self::Interrupted => "run the same command again".to_owned(),
                _ => "try again, and see whether the server is well".to_owned(),
            };
        };
        if *is_clock_off || code == "RequestTimeTooSkewed" {
            return "set the clock of this host, by which requests are signed: timedatectl set-ntp true".to_owned();
        }
        match (code.as_str(), region) {
            ("NoSuchBucket", _) => format!("create the bucket: aws s3 mb s3://{bucket}"),
            ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken", _) => {
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or AWS_PROFILE".to_owned()
            }
            ("PreconditionFailed", _) => "the object was replaced while it was read: try again".to_owned(),
            (_, Some(region)) if *status < 403 => format!("name the region of the bucket: AWS_REGION={region}"),
            ("PermanentRedirect" | "AuthorizationHeaderMalformed", _) => {
                format!("name the region of the bucket in AWS_REGION: aws s3api get-bucket-location --bucket {bucket}")
            }
            _ if *status == 403 => format!(
                "allow it to the owner of the credentials: s3:ListBucket on {bucket}; s3:GetObject, s3:PutObject, \
                 s3:DeleteObject and s3:AbortMultipartUpload on {bucket}/*"
            ),
            _ if *status == 404 => format!("see what is there: redos backups s3://{bucket}/FOLDER/"),
            _ => "try again, and see whether the server is well".to_owned(),
        }
    }
}

/// The word and the text of a server, as far as there are such.
fn said(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => String::new(),
        (code, "") => format!(" {code}"),
        ("", message) => format!(": {message}"),
        (code, message) => format!(" {code}: {message}"),
    }
}

impl From<S3Error> for io::Error {
    fn from(error: S3Error) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_word_and_the_region_of_the_server_and_a_remedy() {
        let xml = |code: &str| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>Why.</Message>\
                 <AWSAccessKeyId>AK</AWSAccessKeyId><Region>eu-west-3</Region><HostId>x</HostId></Error>"
            )
        };
        for (status, code, expected) in [
            (404, "NoSuchBucket", "aws s3 mb s3://b"),
            (403, "SignatureDoesNotMatch", "check AWS_ACCESS_KEY_ID"),
            (403, "RequestTimeTooSkewed", "timedatectl"),
            (400, "AuthorizationHeaderMalformed", "AWS_REGION=eu-west-3"),
        ] {
            let error = S3Error::refused("host:1", "b", status, xml(code).as_bytes(), None);
            assert_eq!(error.to_string(), format!("host:1 refuses it: {status} {code}: Why."));
            assert!(error.remedy().contains(expected), "{}", error.remedy());
        }
        let redirect = S3Error::refused("host:1", "b", 301, b"", Some("eu-west-1".to_owned()));
        assert!(redirect.remedy().contains("AWS_REGION=eu-west-1"));
        assert!(S3Error::refused("host:1", "b", 403, b"<html>", None).remedy().contains("s3:ListBucket"));
    }

    #[test]
    fn the_cause_is_found_beneath_other_errors() {
        let error = io::Error::other(io::Error::other(S3Error::Interrupted));
        assert!(matches!(S3Error::in_chain(&error), Some(S3Error::Interrupted)));
        assert!(S3Error::in_chain(&io::Error::other("else")).is_none());
    }
}
