//! Connections to servers that are none of a cluster's: an Engine on another host, and a store of backups.
//!
//! An Engine is trusted by the files of Docker's own client, a store by the authorities that this host trusts.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

use super::speaking;
use crate::dial::Stream;
use crate::spec::ParseError;

/// Trust in a server, and what this client shows it. Clones share it.
#[derive(Clone)]
pub struct OutsideTrust(Arc<ClientConfig>);

impl fmt::Debug for OutsideTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutsideTrust(…)")
    }
}

impl OutsideTrust {
    /// Reads the files of Docker's own client from a folder: `ca.pem`, and `cert.pem` with `key.pem` where there are such.
    ///
    /// # Errors
    /// A file cannot be read or is not what its name says. The text names it.
    pub fn from_folder(folder: &Path) -> Result<Self, ParseError> {
        let unusable = |file: &str, why: &dyn fmt::Display| {
            ParseError::new(format!("{} cannot be used: {why}", folder.join(file).display()))
        };
        let certificates = |file: &str| {
            let read =
                CertificateDer::pem_file_iter(folder.join(file)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            match read {
                Ok(none) if none.is_empty() => Err(unusable(file, &"it has no certificate")),
                read => read.map_err(|error| unusable(file, &error)),
            }
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates("ca.pem")? {
            roots.add(authority).map_err(|error| unusable("ca.pem", &error))?;
        }
        let builder = speaking().map_err(|error| unusable("ca.pem", &error))?.with_root_certificates(roots);
        let has_own = ["cert.pem", "key.pem"].iter().any(|file| folder.join(file).exists());
        let configuration = if has_own {
            let key =
                PrivateKeyDer::from_pem_file(folder.join("key.pem")).map_err(|error| unusable("key.pem", &error))?;
            let own = builder.with_client_auth_cert(certificates("cert.pem")?, key);
            own.map_err(|error| unusable("cert.pem", &error))?
        } else {
            builder.with_no_client_auth()
        };
        Ok(Self(Arc::new(configuration)))
    }

    /// Trusts what this host trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` name other authorities.
    ///
    /// # Errors
    /// There are none.
    pub fn of_host() -> Result<Self, ParseError> {
        let mut roots = RootCertStore::empty();
        // One that cannot be read is no reason to trust none of the others.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(ParseError::new("this host has no certificate authorities: install ca-certificates"));
        }
        let builder = speaking().map_err(|error| ParseError::new(error.to_string()))?;
        Ok(Self(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }

    /// Encrypts a connection to the server at this name or address. The caller sets the deadline.
    ///
    /// # Errors
    /// The connection broke, or the other side is not certified for that name or does not accept this client.
    pub async fn secure(&self, host: &str, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?))
    }
}

/// Whether a connection was not encrypted because of the server's certificate.
pub fn is_untrusted(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<TlsError>());
    matches!(cause, Some(TlsError::InvalidCertificate(_)))
}
