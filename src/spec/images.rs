//! Images: the user's choice, and the images that redos found and uses.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Role;

/// The newest Redis whose data Valkey reads. Valkey was forked from it, and later versions have their own format.
const VALKEY_READS: (u64, u64) = (7, 2);
/// Digits of an id in output, as in `docker images`.
const ID_DIGITS: usize = 12;

/// Where the images come from: `auto`, or a reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Images {
    /// The image of Redis and Sentinel.
    pub redis: ImageChoice,
    /// The image of HAProxy.
    pub proxy: ImageChoice,
    /// The image of the exporter.
    #[serde(default)]
    pub exporter: ImageChoice,
    /// Which modules of its image Redis loads.
    #[serde(default)]
    pub modules: Modules,
}

/// A reference, or `auto`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ImageChoice {
    #[default]
    /// A local image, else a pull of the pinned one, else one made from Debian's packages.
    Auto,
    /// This reference, which must be local or be pulled.
    Reference(String),
}

impl From<String> for ImageChoice {
    fn from(text: String) -> Self {
        if text == "auto" { Self::Auto } else { Self::Reference(text) }
    }
}

impl From<ImageChoice> for String {
    fn from(choice: ImageChoice) -> Self {
        match choice {
            ImageChoice::Auto => "auto".to_owned(),
            ImageChoice::Reference(reference) => reference,
        }
    }
}

/// Which modules of its image a Redis node loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Modules {
    /// Those that the image's own entry point loads.
    #[default]
    Image,
    /// None of them. The directive `loadmodule` still loads its module.
    None,
}

/// The images of a cluster's nodes. Each is `null` until it was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsedImages {
    /// The image of Redis nodes and Sentinels.
    pub redis: Option<UsedImage>,
    /// The image of proxies.
    pub proxy: Option<UsedImage>,
    /// The image of the exporter.
    #[serde(default)]
    pub exporter: Option<UsedImage>,
}

impl UsedImages {
    /// Whether no image was looked for yet.
    pub const fn is_empty(&self) -> bool {
        self.redis.is_none() && self.proxy.is_none() && self.exporter.is_none()
    }

    /// The image that nodes of a role run.
    pub const fn of(&self, role: Role) -> Option<&UsedImage> {
        match role {
            Role::Redis | Role::Sentinel => self.redis.as_ref(),
            Role::Proxy => self.proxy.as_ref(),
            Role::Exporter => self.exporter.as_ref(),
            // It needs a shell, which the image of Redis has.
            Role::Guard => self.redis.as_ref(),
        }
    }
}

/// An image that redos found, and its server.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsedImage {
    /// The reference under which it was found: `redis:8.2`.
    pub reference: String,
    /// The Engine's id of it, `sha256:…`: a reference may mean another image later.
    pub id: String,
    /// Its digest in a registry, `redis@sha256:…`; `null` for an image that no registry has.
    pub digest: Option<String>,
    /// The server program: a name, or a path.
    pub server: String,
    /// The name and version that the program reports.
    pub release: Release,
    /// The files of the modules that the image's own entry point loads, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<String>,
}

impl UsedImage {
    /// The first digits of its id.
    pub fn short_id(&self) -> &str {
        let digits = self.id.split_once(':').map_or(&*self.id, |(_, digits)| digits);
        digits.get(..ID_DIGITS).unwrap_or(digits)
    }
}

/// Displays reference, release and id: `redis:8.2 (redis 8.2.1, c61a899efbd2)`.
impl fmt::Display for UsedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.reference, self.release, self.short_id())
    }
}

/// The images of a cluster before its last upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FormerImages {
    /// Where they came from.
    pub choice: Images,
    /// The images that were found then.
    pub used: UsedImages,
}

/// A server program and its version, as it reports them.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// `redis`, `valkey`, `haproxy` or `redis_exporter`.
    pub name: String,
    /// Its version: `8.2.1`.
    pub version: String,
}

impl Release {
    /// Its major and minor version.
    fn line(&self) -> (u64, u64) {
        line(&self.version)
    }

    /// Whether the two differ in their patch version only.
    pub fn is_of_the_line_of(&self, other: &Self) -> bool {
        self.name == other.name && self.line() == other.line()
    }

    /// Whether it reads the data of another release: data go from old to new only.
    pub fn reads_data_of(&self, other: &Self) -> bool {
        match (other.name.as_str(), self.name.as_str()) {
            (theirs, own) if theirs == own => other.line() <= self.line(),
            ("redis", _) => other.line() <= VALKEY_READS,
            _ => false,
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// The major and minor number of a version.
pub fn line(version: &str) -> (u64, u64) {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release((name, version): (&str, &str)) -> Release {
        Release { name: name.to_owned(), version: version.to_owned() }
    }

    #[test]
    fn data_go_from_old_to_new_only() {
        let reads = |data: (&str, &str), own: (&str, &str)| release(own).reads_data_of(&release(data));
        assert!(reads(("redis", "6.2.14"), ("redis", "7.0.15")));
        assert!(reads(("redis", "7.0.15"), ("redis", "7.0.11")), "patches do not change the format");
        assert!(!reads(("redis", "8.0.2"), ("redis", "7.0.15")));
        assert!(reads(("redis", "7.2.4"), ("valkey", "8.1.1")));
        assert!(!reads(("redis", "7.4.0"), ("valkey", "8.1.1")));
        assert!(!reads(("valkey", "8.1.1"), ("redis", "8.0.2")));
        assert!(reads(("valkey", "8.0.1"), ("valkey", "8.1.1")));
    }

    #[test]
    fn patches_are_of_one_line() {
        let same = |one, other| release(one).is_of_the_line_of(&release(other));
        assert!(same(("redis", "8.2.1"), ("redis", "8.2.9")));
        assert!(!same(("redis", "8.2.1"), ("redis", "8.4.0")));
        assert!(!same(("redis", "8.0.2"), ("valkey", "8.0.2")));
    }

    #[test]
    fn an_image_is_shown_by_reference_release_and_short_id() {
        let release = release(("redis", "8.2.1"));
        let id = format!("sha256:c61a899efbd2{}", "0".repeat(52));
        let image = UsedImage {
            reference: "redis:8.2".to_owned(),
            id,
            digest: None,
            server: "redis-server".to_owned(),
            release,
            modules: Vec::new(),
        };
        assert_eq!(image.to_string(), "redis:8.2 (redis 8.2.1, c61a899efbd2)");
    }
}
