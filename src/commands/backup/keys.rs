//! The options of verbs that make or open encrypted backups.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::backup::seal::{BackupKeys, Passphrase, Seal};
use crate::commands::session::sources::read_text;
use crate::error::{Failure, FailureKind};
use crate::spec::{ParseError, Recipients, Spec};

/// How a new backup is encrypted.
#[derive(Args, Clone, Debug)]
pub struct SealArgs {
    /// Public key of age to which it is encrypted; may be given several times
    #[arg(long, value_name = "AGE1…", conflicts_with_all = ["passphrase_file", "unencrypted"])]
    pub encrypt_to: Vec<Recipients>,
    /// File with the passphrase with which it is encrypted, '-' for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "unencrypted")]
    pub passphrase_file: Option<PathBuf>,
    /// Do not encrypt it, also if the setting backup.encryptTo says so
    #[arg(long)]
    pub unencrypted: bool,
}

impl SealArgs {
    /// The passphrase in its file.
    ///
    /// # Errors
    /// The file cannot be read, or holds none.
    pub fn passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        self.passphrase_file.as_deref().map(passphrase_in).transpose()
    }

    /// How a backup of a cluster is encrypted: as the options say, else as its settings say.
    pub fn seal(&self, passphrase: Option<Passphrase>, spec: &Spec) -> Seal {
        match passphrase {
            _ if self.unencrypted => Seal::Open,
            Some(passphrase) => Seal::Passphrase(passphrase),
            None if !self.encrypt_to.is_empty() => Seal::to(Recipients::all_of(&self.encrypt_to)),
            None => Seal::to(spec.backup.encrypt_to.clone()),
        }
    }
}

/// What opens an encrypted backup.
#[derive(Args, Clone, Debug, Default)]
pub struct KeyArgs {
    /// File with a secret key that opens an encrypted backup, '-' for standard input; may be given several times
    #[arg(long, value_name = "FILE")]
    pub identity: Vec<PathBuf>,
    /// File with the passphrase that opens an encrypted backup, '-' for standard input
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl KeyArgs {
    /// The keys and the passphrase in their files.
    ///
    /// # Errors
    /// A file cannot be read, or holds something else. Nothing of it is repeated.
    pub fn read(&self) -> Result<BackupKeys, Failure> {
        let mut keys = BackupKeys::default();
        for file in &self.identity {
            let hint = "give the file that age-keygen wrote: --identity key.txt";
            read(file, "secret keys", hint, |text| keys.add_identities(text))?;
        }
        if let Some(file) = &self.passphrase_file {
            keys.set_passphrase(passphrase_in(file)?);
        }
        Ok(keys)
    }
}

fn passphrase_in(file: &Path) -> Result<Passphrase, Failure> {
    let hint = "give a file with the passphrase alone: --passphrase-file FILE";
    read(file, "the passphrase", hint, Passphrase::from_str)
}

/// Reads a small file with something secret.
fn read<T>(
    file: &Path,
    what: &str,
    hint: &str,
    parse: impl FnOnce(&str) -> Result<T, ParseError>,
) -> Result<T, Failure> {
    let failed = |error: anyhow::Error| {
        let what = format!("failed to read {what} in {}", file.display());
        Failure::new(FailureKind::Usage, error.context(what)).hinted(hint)
    };
    let text = read_text(file).map_err(|error| failed(error.into()))?;
    parse(&text).map_err(|error| failed(error.into()))
}
