//! The kinds of images.

use crate::spec::{ImageChoice, Images, Role, UsedImage, UsedImages};

/// The two kinds of images that a cluster needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageKind {
    /// Redis (or Valkey), also for the Sentinels.
    Redis,
    /// HAProxy, for the proxies.
    Proxy,
}

impl ImageKind {
    /// Both kinds of images.
    pub const ALL: [ImageKind; 2] = [ImageKind::Redis, ImageKind::Proxy];

    /// The word in labels and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Proxy => "haproxy",
        }
    }

    /// The official image that `auto` pulls.
    ///
    /// It is pinned to a minor version, so that patches arrive and behaviour stays. It must be one that is still
    /// rebuilt; the test below names the day of the next check.
    pub const fn pinned(self) -> &'static str {
        match self {
            Self::Redis => "redis:8.2",
            Self::Proxy => "haproxy:3.0",
        }
    }

    /// The reference of the image that was last made from this host's own packages.
    pub const fn ours(self) -> &'static str {
        match self {
            Self::Redis => "redos/redis:latest",
            Self::Proxy => "redos/haproxy:latest",
        }
    }

    /// The servers that it may run, the usual one first.
    pub const fn servers(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &["redis-server", "valkey-server"],
            Self::Proxy => &["haproxy"],
        }
    }

    /// The servers in words.
    pub const fn described(self) -> &'static str {
        match self {
            Self::Redis => "Redis or Valkey",
            Self::Proxy => "HAProxy",
        }
    }

    /// The flag that names its image.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Redis => "--redis-image",
            Self::Proxy => "--proxy-image",
        }
    }

    /// The user's choice for it.
    pub const fn choice(self, images: &Images) -> &ImageChoice {
        match self {
            Self::Redis => &images.redis,
            Self::Proxy => &images.proxy,
        }
    }

    /// The image of this kind that was found.
    pub const fn used(self, used: &UsedImages) -> Option<&UsedImage> {
        match self {
            Self::Redis => used.redis.as_ref(),
            Self::Proxy => used.proxy.as_ref(),
        }
    }

    /// Whether nodes of a role run it.
    pub fn runs(self, role: Role) -> bool {
        match role {
            Role::Redis | Role::Sentinel => self == Self::Redis,
            Role::Proxy => self == Self::Proxy,
        }
    }
}
