//! Encryption of backups in the format of age: what encrypts a new one, and what opens one.
//!
//! The whole file is encrypted, with its manifest. So `age -d` makes a plain backup of it, and without a key nothing can be
//! read but the size, and whether keys or a passphrase open it.

use std::fmt;
use std::io::{self, BufReader, Read, Seek, Write};
use std::iter;
use std::path::Path;
use std::str::FromStr;

use age::secrecy::SecretString;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor, Identity, Recipient, scrypt, x25519};
use schemars::JsonSchema;
use serde::Serialize;

use super::BackupError;
use crate::spec::{ParseError, Recipients};

/// The first bytes of an encrypted file.
pub const AGE: &[u8] = b"age-encryption.org/v1\n";
/// The work of a passphrase, as a power of two. It is OWASP's advice for scrypt, and takes 128 MB for a moment.
const WORK: u8 = 17;
/// The most work that a passphrase may take. The tool itself takes 18; 20 is 1 GB.
const WORK_MAX: u8 = 20;

/// What opens an encrypted backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SealedBy {
    /// The secret key of one of those that it is encrypted to.
    Keys,
    /// The passphrase that it was made with.
    Passphrase,
}

impl fmt::Display for SealedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keys => "to keys",
            Self::Passphrase => "with a passphrase",
        })
    }
}

/// A passphrase. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct Passphrase(SecretString);

impl FromStr for Passphrase {
    type Err = ParseError;

    /// Reads the content of a file: one line.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(ParseError::new("it is empty")),
            line if line.contains('\n') => Err(ParseError::new("it has more than one line")),
            line => Ok(Self(SecretString::from(line.to_owned()))),
        }
    }
}

/// How a new backup is encrypted.
#[derive(Clone, Debug)]
pub enum Seal {
    /// Not at all: whoever has the file can read the data.
    Open,
    /// To public keys.
    Keys(Recipients),
    /// With a passphrase.
    Passphrase(Passphrase),
}

impl Seal {
    /// Encryption to these keys, or none if there are none.
    pub fn to(keys: Recipients) -> Self {
        if keys.is_empty() { Self::Open } else { Self::Keys(keys) }
    }

    /// Whether it encrypts.
    pub const fn is_sealed(&self) -> bool {
        !matches!(self, Self::Open)
    }

    /// A writer that encrypts what it hands to `to`.
    pub(super) fn writer<W: Write>(&self, to: W) -> io::Result<SealingWriter<W>> {
        let recipients: Vec<Box<dyn Recipient>> = match self {
            Self::Open => return Ok(SealingWriter::Open(to)),
            Self::Keys(keys) => {
                let read = |key: &str| x25519::Recipient::from_str(key).map_err(io::Error::other);
                keys.iter().map(|key| Ok(Box::new(read(key)?) as _)).collect::<io::Result<_>>()?
            }
            Self::Passphrase(passphrase) => {
                let mut recipient = scrypt::Recipient::new(passphrase.0.clone());
                recipient.set_work_factor(WORK);
                vec![Box::new(recipient)]
            }
        };
        let encryptor = Encryptor::with_recipients(recipients.iter().map(|recipient| &**recipient));
        let writer = encryptor.map_err(io::Error::other)?.wrap_output(to)?;
        Ok(SealingWriter::Sealed(Box::new(writer)))
    }
}

/// A writer that may encrypt.
pub(super) enum SealingWriter<W: Write> {
    Open(W),
    Sealed(Box<StreamWriter<W>>),
}

impl<W: Write> SealingWriter<W> {
    /// Ends the encryption. What is not ended cannot be opened.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Open(to) => Ok(to),
            Self::Sealed(writer) => writer.finish(),
        }
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(to) => to.write(bytes),
            Self::Sealed(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(to) => to.flush(),
            Self::Sealed(writer) => writer.flush(),
        }
    }
}

/// What the user gave to open backups: secret keys, a passphrase, or nothing.
#[derive(Clone, Default)]
pub struct BackupKeys {
    identities: Vec<x25519::Identity>,
    passphrase: Option<Passphrase>,
}

/// Shows how many there are.
impl fmt::Debug for BackupKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passphrase = if self.passphrase.is_some() { " and a passphrase" } else { "" };
        write!(f, "BackupKeys({} keys{passphrase})", self.identities.len())
    }
}

impl BackupKeys {
    /// Adds the secret keys of a file, as `age-keygen` writes it.
    ///
    /// # Errors
    /// A line is no secret key, or there is none. The text is not repeated.
    pub fn add_identities(&mut self, text: &str) -> Result<(), ParseError> {
        let before = self.identities.len();
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let identity = line.parse().map_err(|_| {
                ParseError::new(format!("line {number} is not a secret key of age, which begins with AGE-SECRET-KEY-1"))
            })?;
            self.identities.push(identity);
        }
        if self.identities.len() == before { Err(ParseError::new("it has no secret key")) } else { Ok(()) }
    }

    /// Sets the passphrase.
    pub fn set_passphrase(&mut self, passphrase: Passphrase) {
        self.passphrase = Some(passphrase);
    }

    /// Whether nothing was given.
    pub const fn is_empty(&self) -> bool {
        self.identities.is_empty() && self.passphrase.is_none()
    }

    /// The content of an encrypted file, decrypted while it is read, and what opened it.
    pub(super) fn open<R: Read + Seek>(
        &self,
        path: &Path,
        sealed: BufReader<R>,
    ) -> Result<(StreamReader<BufReader<R>>, SealedBy), BackupError> {
        let path = || path.to_owned();
        let damaged = |why: String| BackupError::Damaged { path: path(), why };
        let decryptor = Decryptor::new(sealed).map_err(|error| match error {
            DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                BackupError::CutShort { path: path(), why: "not even its first lines are whole".to_owned() }
            }
            error => damaged(format!("the first lines of age do not fit: {error}")),
        })?;
        let by = if decryptor.is_scrypt() { SealedBy::Passphrase } else { SealedBy::Keys };
        let has_key = match by {
            SealedBy::Keys => !self.identities.is_empty(),
            SealedBy::Passphrase => self.passphrase.is_some(),
        };
        if !has_key {
            return Err(BackupError::Locked { path: path(), by });
        }
        let passphrase = self.passphrase.as_ref().map(|passphrase| {
            let mut identity = scrypt::Identity::new(passphrase.0.clone());
            identity.set_max_work_factor(WORK_MAX);
            identity
        });
        let opened = match (by, &passphrase) {
            (SealedBy::Passphrase, Some(passphrase)) => decryptor.decrypt(iter::once(passphrase as &dyn Identity)),
            _ => decryptor.decrypt(self.identities.iter().map(|identity| identity as &dyn Identity)),
        };
        opened.map(|content| (content, by)).map_err(|error| match error {
            DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                BackupError::WrongKey { path: path(), by }
            }
            error => damaged(format!("the first lines of age do not fit: {error}")),
        })
    }
}
