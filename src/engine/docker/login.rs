//! Logins at registries, from Docker's own configuration. `docker login` writes them there, or gives them to a helper.

use std::time::Duration;

use bollard::auth::DockerCredentials;
use docker_credential::{CredentialRetrievalError, DockerCredential, get_credential};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::engine::image::{Report, registry};
use crate::update::Update;

/// The name of Docker Hub in Docker's configuration.
const HUB: &str = "https://index.docker.io/v1/";
/// Time limit of a helper. Some ask a service on the network.
const PATIENCE: Duration = Duration::from_secs(20);
/// The answer of helpers without a login for a registry.
const UNKNOWN: &str = "credentials not found";

/// The login at the registry of an image, if there is one. If it cannot be read, the pull is tried without it.
pub async fn of(reference: &str, report: Report<'_>) -> Option<DockerCredentials> {
    let registry = registry(reference).unwrap_or(HUB).to_owned();
    let asked = registry.clone();
    let found = timeout(PATIENCE, spawn_blocking(move || get_credential(&asked))).await;
    let why = match found {
        Ok(Ok(Ok(login))) => return Some(credentials(login, registry)),
        Ok(Ok(Err(error))) => complaint(&error)?,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("its helper did not answer within {} s", PATIENCE.as_secs()),
    };
    report(Update::Remark(format!("asking {registry} without a login, as Docker's configuration gives none: {why}")));
    None
}

/// A login as the Engine takes it.
fn credentials(login: DockerCredential, registry: String) -> DockerCredentials {
    let serveraddress = Some(registry);
    match login {
        DockerCredential::IdentityToken(token) => {
            DockerCredentials { identitytoken: Some(token), serveraddress, ..Default::default() }
        }
        DockerCredential::UsernamePassword(user, password) => {
            DockerCredentials { username: Some(user), password: Some(password), serveraddress, ..Default::default() }
        }
    }
}

/// What is wrong with the configuration. `None` where there is merely no login.
///
/// It leaves out what a helper wrote, which may be a password.
fn complaint(error: &CredentialRetrievalError) -> Option<String> {
    use CredentialRetrievalError::{
        ConfigNotFound, ConfigReadError, CredentialDecodingError, CredentialMismatchError, HelperCommunicationError,
        HelperFailure, MalformedHelperResponse, NoCredentialConfigured,
    };
    match error {
        // The library says the same about a missing file as about one that cannot be read.
        ConfigNotFound | ConfigReadError | NoCredentialConfigured => None,
        HelperFailure { stdout, stderr, .. } if stdout.contains(UNKNOWN) || stderr.contains(UNKNOWN) => None,
        HelperFailure { helper, .. } => Some(format!("{helper} failed")),
        HelperCommunicationError | MalformedHelperResponse | CredentialDecodingError | CredentialMismatchError => {
            Some(error.to_string().to_lowercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_that_knows_no_login_is_nothing_to_talk_about_and_one_that_fails_is_not_quoted() {
        let failure = |stdout: &str| CredentialRetrievalError::HelperFailure {
            helper: "docker-credential-pass".to_owned(),
            stdout: stdout.to_owned(),
            stderr: String::new(),
        };
        assert_eq!(complaint(&failure("credentials not found in native keychain\n")), None);
        assert_eq!(complaint(&CredentialRetrievalError::ConfigReadError), None);
        assert_eq!(complaint(&failure("hunter2")).as_deref(), Some("docker-credential-pass failed"));
    }
}
