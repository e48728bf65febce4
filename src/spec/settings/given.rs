//! The given values as texts, and how a text becomes a value.

use std::fmt;
use std::path::PathBuf;

use super::problem::{Origin, Problem, Snippet};
use super::table::{Setting, SettingKind};
use super::value::{self, Wrong};
use crate::spec::{Follow, Spec};

/// A value as it was given, before its type is checked.
#[derive(Clone)]
pub struct Given {
    /// The text; empty for a password, which is kept as a [`Secret`].
    pub text: String,
    /// The layer that gave it.
    pub origin: Origin,
    /// Its line, if it is in the file.
    pub snippet: Option<Snippet>,
}

impl Given {
    /// The problem with it, at its place.
    pub fn problem(&self, wrong: Wrong) -> Problem {
        Problem { origin: self.origin.clone(), what: wrong.what, fix: wrong.fix, snippet: self.snippet.clone() }
    }
}

/// Shows its origin without the text, which may be a password.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({})", self.origin)
    }
}

/// Parses a text by the type of its setting and puts the value into the spec.
pub fn put(setting: &Setting, text: &str, spec: &mut Spec) -> Result<(), Wrong> {
    match setting.kind {
        SettingKind::Count(min, max, place) => *place(spec) = value::count(text, min, max)?,
        SettingKind::Port(place) => *place(spec) = value::port(text)?,
        SettingKind::Switch(place) => *place(spec) = value::switch(text)?,
        SettingKind::Address(place) => *place(spec) = value::address(text)?,
        SettingKind::Subnet(place) => *place(spec) = value::subnet(text)?,
        SettingKind::Network(place) => *place(spec) = value::network(text)?,
        SettingKind::Words(aspect, place) => *place(spec) = value::words(aspect, text)?,
        SettingKind::Time(min, max, place) => *place(spec) = value::milliseconds(text, min, max)?,
        SettingKind::Modules => spec.images.modules = value::modules(text)?,
        SettingKind::Encryption => spec.encryption = value::encryption(text)?,
        SettingKind::ServerNames(place) => *place(spec) = value::server_names(text)?,
        SettingKind::Recipients(place) => *place(spec) = value::recipients(text)?,
        SettingKind::Mode => spec.persistence.mode = value::mode(text)?,
        // It was made absolute when it was read.
        SettingKind::Directory(place) => *place(spec) = Some(PathBuf::from(text)),
        SettingKind::FilePrefix(place) => *place(spec) = value::file_prefix(text)?,
        SettingKind::User(place) => *place(spec) = value::user_name(text)?,
        SettingKind::Image(place) => *place(spec) = value::image(text)?,
        SettingKind::Patterns(place) => *place(spec) = value::patterns(text)?,
        SettingKind::Users(place) => *place(spec) = value::users(text)?,
        SettingKind::Hosts(place) => *place(spec) = value::hosts(text)?,
        // It was resolved to an address when it was read.
        SettingKind::Follow(place) => {
            let follow = place(spec);
            *follow = text.parse().map_or_else(|_| follow.left(), Follow::Existing);
        }
        // A name, passwords and directives are read elsewhere.
        SettingKind::Conf | SettingKind::Name | SettingKind::PasswordFile { .. } | SettingKind::Directives => {}
    }
    Ok(())
}
