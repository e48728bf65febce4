//! The kinds of images.

use crate::spec::{ImageChoice, Images, Role, UsedImage, UsedImages};

/// The kinds of images that a cluster needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageKind {
    /// Redis (or Valkey), also for the Sentinels and the guards.
    Redis,
    /// HAProxy, for the proxies.
    Proxy,
    /// redis_exporter, for the exporter of metrics.
    Exporter,
}

impl ImageKind {
    /// All kinds of images.
    pub const ALL: [ImageKind; 3] = [ImageKind::Redis, ImageKind::Proxy, ImageKind::Exporter];

    /// The kinds that a cluster needs, which may have an exporter.
    pub fn needed(exporter: bool) -> impl Iterator<Item = ImageKind> {
        Self::ALL.into_iter().filter(move |kind| exporter || *kind != Self::Exporter)
    }

    /// The kind that nodes of a role run.
    pub const fn of(role: Role) -> Self {
        match role {
            Role::Redis | Role::Sentinel | Role::Guard => Self::Redis,
            Role::Proxy => Self::Proxy,
            Role::Exporter => Self::Exporter,
        }
    }

    /// The word in labels and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Proxy => "haproxy",
            Self::Exporter => "exporter",
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
            // The variants without an operating system have no shell.
            Self::Exporter => "oliver006/redis_exporter:v1.69.0-alpine",
        }
    }

    /// The reference of the image that was last made from this host's own packages.
    pub const fn ours(self) -> &'static str {
        match self {
            Self::Redis => "redos/redis:latest",
            Self::Proxy => "redos/haproxy:latest",
            Self::Exporter => "redos/exporter:latest",
        }
    }

    /// The servers that it may run, the usual one first.
    pub const fn servers(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &["redis-server", "valkey-server"],
            Self::Proxy => &["haproxy"],
            Self::Exporter => &["redis_exporter", "prometheus-redis-exporter"],
        }
    }

    /// The servers in words.
    pub const fn described(self) -> &'static str {
        match self {
            Self::Redis => "Redis or Valkey",
            Self::Proxy => "HAProxy",
            Self::Exporter => "redis_exporter",
        }
    }

    /// The releases of its servers that redos works with. The page of images says which of them the tests run.
    pub const fn supported(self) -> &'static str {
        match self {
            Self::Redis => "Redis 7.0 to 8, Valkey 8 and 9",
            Self::Proxy => "HAProxy 2.6 to 3",
            Self::Exporter => "redis_exporter 1.45 and later",
        }
    }

    /// The flag that names its image.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Redis => "--redis-image",
            Self::Proxy => "--proxy-image",
            Self::Exporter => "--exporter-image",
        }
    }

    /// The user's choice for it.
    pub const fn choice(self, images: &Images) -> &ImageChoice {
        match self {
            Self::Redis => &images.redis,
            Self::Proxy => &images.proxy,
            Self::Exporter => &images.exporter,
        }
    }

    /// The image of this kind that was found.
    pub const fn used(self, used: &UsedImages) -> Option<&UsedImage> {
        match self {
            Self::Redis => used.redis.as_ref(),
            Self::Proxy => used.proxy.as_ref(),
            Self::Exporter => used.exporter.as_ref(),
        }
    }

    /// Whether nodes of a role run it.
    pub fn runs(self, role: Role) -> bool {
        self == Self::of(role)
    }
}
