//! Secrets: the passwords of one cluster, which are never printed, logged, put in a label or an environment variable.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::parse::ParseError;

/// A password. `Debug` does not show it, and it has no `Display`: [`Secret::expose`] is the one way to the text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

/// Random bytes in a generated password: 160 bits, above the 128 that are asked for.
pub const SECRET_BYTES: usize = 20;

impl Secret {
    /// Wraps a given password.
    ///
    /// # Errors
    /// A password with white space, quotes, `\`, `#` at its start or a control character cannot be written in a
    /// `redis.conf`, and an empty one protects nothing.
    pub fn given(text: &str) -> Result<Self, ParseError> {
        if text.is_empty() {
            return Err(ParseError::new("the password is empty"));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\\'))
            || text.starts_with('#')
        {
            return Err(ParseError::new(
                "a password cannot hold white space, quotes, '\\' or control characters, nor begin with '#'",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Makes a password from random bytes, as hexadecimal digits.
    pub fn from_random(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The text, for a configuration file or an `AUTH`.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// All secrets of one cluster. They live as one JSON file, mode 0400, in the volume of every node but the proxies'.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secrets {
    /// Password of the user `default`: what applications use.
    pub app: Secret,
    /// Password of the user `redos`: this program, with all rights.
    pub admin: Secret,
    /// Password of the user `replica`: a replica at its master.
    pub replication: Secret,
    /// Password of the user `sentinel` at the Redis nodes, where Sentinels log in: also at one that is none of the cluster's
    /// and is attached to a master as a replica.
    pub sentinel: Secret,
    /// Password of the user `sentinel` at the Sentinels; absent in a cluster that an earlier redos made, see
    /// [`Secrets::peers`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<Secret>,
    /// Password of the user `probe`: the proxy's health checks.
    pub probe: Secret,
    /// Password of the proxy's statistics page.
    pub stats: Secret,
    /// Password of the user `default` of the existing server that the cluster follows; absent in a cluster that never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<Secret>,
}

impl Secrets {
    /// Makes all of them from random bytes.
    pub fn made(mut random: impl FnMut() -> [u8; SECRET_BYTES]) -> Self {
        let mut secret = || Secret::from_random(random());
        Self {
            app: secret(),
            admin: secret(),
            replication: secret(),
            sentinel: secret(),
            peers: Some(secret()),
            probe: secret(),
            stats: secret(),
            existing: None,
        }
    }

    /// Password of a Sentinel at its peers. In a cluster that an earlier redos made it is the one that opens the Redis nodes.
    pub fn peers(&self) -> &Secret {
        self.peers.as_ref().unwrap_or(&self.sentinel)
    }

    /// Password of the proxies' Runtime API. It is made from the one of the health checks: a proxy has both, and nobody else
    /// has one of them alone.
    pub fn runtime(&self) -> Secret {
        let digest = Sha256::new().chain_update("Runtime API of ").chain_update(self.probe.expose()).finalize();
        Secret(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The user names that go with [`Secrets`], in Redis's and in Sentinel's access control lists.
pub mod user {
    /// Applications.
    pub const APPLICATION: &str = "default";
    /// This program.
    pub const ADMIN: &str = "redos";
    /// A replica at its master.
    pub const REPLICATION: &str = "replica";
    /// A Sentinel at the Redis nodes and at its peers.
    pub const SENTINEL: &str = "sentinel";
    /// The proxy's health checks.
    pub const PROBE: &str = "probe";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = Secret::given("hunter2hunter2").expect("a good password");
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn a_password_that_would_break_a_configuration_file_is_refused() {
        for bad in ["", "a b", "a\nb", "\"a", "a'b", "a\\b", "#a"] {
            assert!(Secret::given(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_generated_password_has_160_bits() {
        assert_eq!(Secret::from_random([0xa5; SECRET_BYTES]).expose().len(), 2 * SECRET_BYTES);
    }
}
