//! Why a registry does not give an image, by its own message or the Engine's.

/// Why an image could not be pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRefusal {
    /// The registry allows no more pulls for now.
    RateLimit,
    /// It wants a login, or says so although it does not have the image.
    Denied,
    /// It has no such image.
    Unknown,
    /// Its certificate is not trusted, or it has none.
    Untrusted,
    /// Its name cannot be resolved.
    NoSuchHost,
    /// No connection, or no answer in time.
    Unreachable,
    /// Any other refusal.
    Other,
}

/// Words by which refusals are known: those of Docker 20.10 to 28 and of the registries behind it. The first that fits counts.
const WORDS: [(PullRefusal, &[&str]); 6] = [
    (PullRefusal::RateLimit, &["toomanyrequests", "too many requests", "rate limit", "status: 429"]),
    (PullRefusal::Untrusted, &["x509:", "tls:", "certificate", "server gave http response to https client"]),
    (PullRefusal::Denied, &["no basic auth credentials", "unauthorized", "authentication required", "denied"]),
    (
        PullRefusal::NoSuchHost,
        &["no such host", "name resolution", "server misbehaving", "on [::1]:53", "dial tcp: lookup"],
    ),
    (
        PullRefusal::Unknown,
        &["manifest unknown", "not found", "name unknown", "does not exist", "invalid reference format"],
    ),
    (
        PullRefusal::Unreachable,
        &[
            "connection refused",
            "connection reset",
            "no route to host",
            "network is unreachable",
            "timeout",
            "deadline exceeded",
            "request canceled",
            "no answer from",
            ": eof",
        ],
    ),
];

impl PullRefusal {
    /// What a text says that came instead of an image.
    pub fn of(said: &str) -> Self {
        let said = said.to_lowercase();
        let says = |(_, words): &&(Self, &[&str])| words.iter().any(|word| said.contains(word));
        WORDS.iter().find(says).map_or(Self::Other, |(refusal, _)| *refusal)
    }

    /// The refusal in a sentence without its full stop.
    pub const fn described(self) -> &'static str {
        match self {
            Self::RateLimit => "the registry allows no more pulls for now",
            Self::Denied => "the registry wants a login",
            Self::Unknown => "the registry does not have it",
            Self::Untrusted => "the Engine does not trust the registry's certificate",
            Self::NoSuchHost => "the name of the registry cannot be resolved",
            Self::Unreachable => "the registry cannot be reached",
            Self::Other => "the registry refuses it",
        }
    }

    /// What to do about it, for an image of this reference. Empty if nothing helps but another way to get images.
    pub fn remedies(self, reference: &str) -> Vec<String> {
        let name = registry(reference);
        let login = format!("docker login{}", name.map(|name| format!(" {name}")).unwrap_or_default());
        match self {
            Self::RateLimit => vec![
                format!("those who log in may pull more often: {login}, and run this again"),
                "or name the image at a mirror or a registry of your own: --redis-image, --proxy-image".to_owned(),
                "or on Debian or Ubuntu, without any registry: redos images build".to_owned(),
            ],
            Self::Denied => vec![
                format!("log in, get it, and run this again: {login} && docker pull {reference}"),
                "if its name is right: Docker Hub says the same of what it does not have".to_owned(),
            ],
            Self::Unknown => vec!["check its name and tag, then give another: --redis-image, --proxy-image".to_owned()],
            Self::Untrusted => {
                let name = name.unwrap_or("docker.io");
                vec![
                    format!("give the Engine's host its authority: /etc/docker/certs.d/{name}/ca.crt"),
                    format!(
                        "or allow it without a certificate: \"insecure-registries\": [\"{name}\"] in /etc/docker/daemon.json"
                    ),
                ]
            }
            Self::NoSuchHost | Self::Unreachable | Self::Other => Vec::new(),
        }
    }
}

/// The registry in a reference; `None` for Docker Hub.
pub fn registry(reference: &str) -> Option<&str> {
    let (first, _) = reference.split_once('/')?;
    (first.contains(['.', ':']) || first == "localhost").then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_known_by_what_engines_say() {
        let cases = [
            (
                "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and \
              upgrading: https://www.docker.com/increase-rate-limit",
                PullRefusal::RateLimit,
            ),
            (
                "error pulling image configuration: received unexpected HTTP status: 429 Too Many Requests",
                PullRefusal::RateLimit,
            ),
            (
                "pull access denied for nosuch/x, repository does not exist or may require 'docker login'",
                PullRefusal::Denied,
            ),
            ("Head \"https://r.example/v2/a/manifests/1\": unauthorized: authentication required", PullRefusal::Denied),
            ("Head \"http://10.0.0.1:5000/v2/a\": no basic auth credentials", PullRefusal::Denied),
            ("manifest for redis:none not found: manifest unknown: manifest unknown", PullRefusal::Unknown),
            ("Get \"https://r.example/v2/\": x509: certificate signed by unknown authority", PullRefusal::Untrusted),
            (
                "Get \"https://10.0.0.1:5000/v2/\": http: server gave HTTP response to HTTPS client",
                PullRefusal::Untrusted,
            ),
            (
                "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.0.53:53: no such host",
                PullRefusal::NoSuchHost,
            ),
            ("dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution", PullRefusal::NoSuchHost),
            (
                "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
                PullRefusal::Unreachable,
            ),
            (
                "Get \"https://r.example/v2/\": net/http: request canceled while waiting for connection (Client.Timeout \
              exceeded while awaiting headers)",
                PullRefusal::Unreachable,
            ),
            ("received unexpected HTTP status: 500 Internal Server Error", PullRefusal::Other),
        ];
        for (said, refusal) in cases {
            assert_eq!(PullRefusal::of(said), refusal, "{said}");
        }
    }

    #[test]
    fn a_remedy_names_the_registry_and_the_image() {
        let denied = PullRefusal::Denied.remedies("10.0.0.1:5000/a/redis:7").join("\n");
        assert!(denied.contains("docker login 10.0.0.1:5000 && docker pull 10.0.0.1:5000/a/redis:7"), "{denied}");
        let denied = PullRefusal::Denied.remedies("nosuch/x:1").join("\n");
        assert!(denied.contains("docker login && docker pull nosuch/x:1"), "{denied}");
        let limit = PullRefusal::RateLimit.remedies("redis:8.2").join("\n");
        for way in ["docker login,", "mirror", "--redis-image", "redos images build"] {
            assert!(limit.contains(way), "{way} in {limit}");
        }
        assert!(PullRefusal::Untrusted.remedies("r.example/a:1")[0].contains("/etc/docker/certs.d/r.example/ca.crt"));
        assert!(PullRefusal::Unreachable.remedies("redis:8.2").is_empty());
    }
}
