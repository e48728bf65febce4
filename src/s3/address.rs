//! `s3://bucket/key`: the address of an object, or of a folder of them; pure.

use std::fmt;
use std::path::{Path, PathBuf};

use super::S3Error;

/// The beginning of addresses of objects.
const SCHEME: &str = "s3://";

/// The address of an object in a bucket, or of all objects whose keys begin with a folder's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectAddress {
    pub bucket: String,
    /// The name in the bucket. That of a folder is empty or ends with `/`.
    pub key: String,
}

impl ObjectAddress {
    /// Whether a path is to be one. Paths of this host do not begin like that.
    pub fn is_meant_by(path: &Path) -> bool {
        path.as_os_str().as_encoded_bytes().starts_with(SCHEME.as_bytes())
    }

    /// Reads `s3://bucket`, `s3://bucket/folder/` or `s3://bucket/folder/name`.
    ///
    /// # Errors
    /// It is none, or names what no bucket can hold.
    pub fn of(path: &Path) -> Result<Self, S3Error> {
        let refused = |why: &str| S3Error::Address(format!("'{}' is no address of an object: {why}", path.display()));
        let text = path.to_str().ok_or_else(|| refused("it is not UTF-8"))?;
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| refused("it does not begin with s3://"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if bucket.is_empty()
            || !bucket.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !bucket.chars().all(is_letter)
        {
            return Err(refused("a bucket has a name of letters, digits, dots and dashes"));
        }
        let is_odd = |part: &str| part == "." || part == ".." || part.chars().any(char::is_control);
        if key.split('/').any(is_odd) {
            return Err(refused("its name has a part that is '.' or '..', or a control character"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The same address as that of a folder.
    #[must_use]
    pub fn folder(&self) -> Self {
        let key =
            if self.key.is_empty() || self.key.ends_with('/') { self.key.clone() } else { format!("{}/", self.key) };
        Self { key, ..self.clone() }
    }

    /// An object in this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self { key: format!("{}{name}", self.folder().key), ..self.clone() }
    }

    /// The address as the user types it.
    pub fn path(&self) -> PathBuf {
        self.to_string().into()
    }
}

impl fmt::Display for ObjectAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ObjectAddress {
        ObjectAddress::of(Path::new(text)).expect("an address")
    }

    #[test]
    fn an_address_has_a_bucket_and_a_key_and_reads_back() {
        let read = address("s3://my-bucket.x/a/b c.redos");
        assert_eq!((&*read.bucket, &*read.key), ("my-bucket.x", "a/b c.redos"));
        assert_eq!(read.to_string(), "s3://my-bucket.x/a/b c.redos");
        for root in ["s3://b", "s3://b/"] {
            assert_eq!(address(root).join("x").to_string(), "s3://b/x");
        }
        for folder in ["s3://b/nightly", "s3://b/nightly/"] {
            assert_eq!(address(folder).join("x").to_string(), "s3://b/nightly/x");
        }
    }

    #[test]
    fn what_no_bucket_can_hold_is_refused() {
        for text in
            ["s3://", "s3:///key", "s3://a b/key", "s3://-b/key", "s3://b/../c", "s3://b/./c", "s3://b@host/c", "b/c"]
        {
            assert!(ObjectAddress::of(Path::new(text)).is_err(), "{text}");
        }
        assert!(!ObjectAddress::is_meant_by(Path::new("s3/b")) && ObjectAddress::is_meant_by(Path::new("s3://")));
    }
}
