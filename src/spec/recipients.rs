//! The public keys of age to which backups are encrypted; they are no secrets.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::parse::ParseError;

/// The beginning of a secret key of age, of which nothing is repeated in a message.
const SECRET_KEY: &str = "AGE-SECRET-KEY-";

/// The settings of backups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackupSettings {
    /// The keys to which every backup is encrypted.
    #[serde(default)]
    pub encrypt_to: Recipients,
}

/// Public keys of age (`age1…`), written with spaces between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipients(BTreeSet<String>);

impl Recipients {
    /// The keys, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is no key, so that backups are not encrypted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of several lists.
    pub fn all_of(lists: &[Self]) -> Self {
        Self(lists.iter().flat_map(|list| list.0.iter().cloned()).collect())
    }
}

impl TryFrom<String> for Recipients {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl FromStr for Recipients {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let keys = text.split([' ', ',', '\n']).map(str::trim).filter(|key| !key.is_empty());
        let checked = keys.map(|key| match age::x25519::Recipient::from_str(key) {
            Ok(_) => Ok(key.to_owned()),
            Err(_) if key.to_ascii_uppercase().starts_with(SECRET_KEY) => {
                Err(ParseError::new("a secret key is not for encryption; the public key of it begins with 'age1'"))
            }
            Err(_) => Err(ParseError::new(format!("'{key}' is not a public key of age, which begins with 'age1'"))),
        });
        checked.collect::<Result<_, _>>().map(Self)
    }
}

impl From<Recipients> for String {
    fn from(keys: Recipients) -> Self {
        keys.0.into_iter().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of age's own manual.
    const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    #[test]
    fn public_keys_read_back_and_others_are_refused_without_repeating_a_secret() {
        let keys: Recipients = format!("{KEY}, {KEY}").parse().expect("keys");
        assert_eq!((String::from(keys.clone()), keys.is_empty()), (KEY.to_owned(), false));
        assert!("".parse::<Recipients>().expect("none").is_empty());
        let typo = KEY.replace("ql3", "ql4");
        for wrong in [typo.as_str(), "ssh-ed25519", "shop@example.com"] {
            let why = wrong.parse::<Recipients>().expect_err(wrong).to_string();
            assert!(why.contains(wrong), "{why}");
        }
        let secret = format!("{SECRET_KEY}1QQQQ");
        let why = secret.parse::<Recipients>().expect_err("a secret key").to_string();
        assert!(!why.contains("QQQQ"), "{why}");
    }
}
