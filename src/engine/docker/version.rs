//! Which server, of which version, is in an image: it is asked, for a tag can be anything.

use anyhow::anyhow;
use futures_util::TryStreamExt;

use super::oneoff::{self, OneOff, Place};
use super::{DockerEngine, nodes};
use crate::engine::{EngineError, EngineErrorKind, Result};
use crate::plan::desired::Program;

impl DockerEngine {
    /// Name and version of an image's Redis server: `("redis", "7.0.15")`. It runs for a moment, without a network, and is
    /// removed by the Engine itself.
    ///
    /// # Errors
    /// The Engine failed, or the program says something else.
    pub async fn server_version(&self, program: &Program) -> Result<(String, String)> {
        let operation = || format!("ask {} in {} for its version", program.server, program.image);
        let command = [program.server.as_str(), "--version"];
        let OneOff { id, streams } = oneoff::start(self, &program.image, &command, Place::Nowhere, operation).await?;
        let said = streams.output.try_fold(String::new(), |said, piece| async move { Ok(said + &piece.to_string()) });
        let said = said.await;
        nodes::remove(self, &id).await?;
        let said = said.map_err(|error| self.failed(operation(), error))?;
        let strange = || EngineError::new(EngineErrorKind::Image, operation(), anyhow!("it says '{}'", said.trim()));
        version_in(&said).ok_or_else(strange)
    }
}

/// `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=…`
fn version_in(said: &str) -> Option<(String, String)> {
    let mut words = said.split_whitespace();
    let server = words.next()?.to_ascii_lowercase();
    let version = words.find_map(|word| word.strip_prefix("v="))?;
    Some((server, version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_who_it_is_and_of_which_version() {
        let of = |said: &str| version_in(said);
        let is = |server: &str, version: &str| Some((server.to_owned(), version.to_owned()));
        assert_eq!(of("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n"), is("redis", "7.0.15"));
        assert_eq!(of("Valkey server v=8.1.1 sha=00000000:0 bits=64\n"), is("valkey", "8.1.1"));
        assert_eq!(of("exec: not found"), None);
    }
}
