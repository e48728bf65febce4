//! What an Engine says of itself.

use std::fmt;

/// A version of the Engine API, such as 1.41.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    /// The number before the dot.
    pub major: u16,
    /// The number after the dot: 41 in 1.41.
    pub minor: u16,
}

impl ApiVersion {
    /// Parses a version such as `1.41`.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What an Engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its version: `20.10.24`.
    pub version: String,
    /// The version of its API.
    pub api: ApiVersion,
    /// What it runs on, in Docker's words: `amd64`.
    pub architecture: String,
}
