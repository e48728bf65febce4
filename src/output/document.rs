//! Documents: one value, as JSON or YAML for programs and as text for people.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Format, Screen, Ui};
use crate::error::Failure;
use crate::spec::API_VERSION;

/// A document that is a list.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// Always `redos/v1`, as in all documents.
    pub api_version: &'static str,
    /// What it lists: `ClusterList`.
    pub kind: &'static str,
    pub items: Vec<T>,
}

impl<T> List<T> {
    /// A list of this kind.
    pub fn new(kind: &'static str, items: Vec<T>) -> Self {
        Self { api_version: API_VERSION, kind, items }
    }
}

/// An item of a list with a name by which other commands take it.
pub trait Named {
    /// The name, as it is typed.
    fn name(&self) -> String;
}

impl Ui {
    /// Writes a list to stdout in the format of the user: its names, or as [`Ui::document`].
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn list<T: Serialize + Named>(&self, list: &List<T>, text: impl FnOnce(&Ui) -> String) -> Result<(), Failure> {
        if self.format() != Format::Name {
            return self.items(list, text);
        }
        list.items.iter().try_for_each(|item| self.data(item.name()))
    }

    /// [`Ui::list`] for items without names.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn items<T: Serialize>(&self, list: &List<T>, text: impl FnOnce(&Ui) -> String) -> Result<(), Failure> {
        if self.format() != Format::Ndjson {
            return self.document(list, text);
        }
        list.items.iter().try_for_each(|item| self.document(item, |_| String::new()))
    }

    /// Writes a value to stdout in the format of the user; `text` makes the one for people.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn document(&self, value: &impl Serialize, text: impl FnOnce(&Ui) -> String) -> Result<(), Failure> {
        match self.format() {
            Format::Table | Format::Wide | Format::Name => self.data(text(self)),
            Format::Json => self.data(serde_json::to_string_pretty(value).map_err(anyhow::Error::new)?),
            Format::Ndjson => self.data(serde_json::to_string(value).map_err(anyhow::Error::new)?),
            Format::Yaml => self.data(serde_yaml::to_string(value).map_err(anyhow::Error::new)?),
        }
    }

    /// Reports how a command ended that did something instead of showing something.
    ///
    /// People get remarks, programs get a document on stdout.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn outcome(&self, value: &impl Serialize, remarks: impl FnOnce(&Ui)) -> Result<(), Failure> {
        match self.format() {
            Format::Table | Format::Wide | Format::Name => {
                remarks(self);
                Ok(())
            }
            Format::Json | Format::Ndjson | Format::Yaml => self.document(value, |_| String::new()),
        }
    }
}

impl Screen {
    /// Replaces the last shown value by this one.
    ///
    /// For programs it follows the last one: JSON as one document per line, YAML as a stream of documents.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn document(&mut self, value: &impl Serialize, text: impl FnOnce(&Ui) -> String) -> Result<(), Failure> {
        let ui = self.ui.clone();
        match ui.format() {
            Format::Table | Format::Wide | Format::Name => self.draw(&text(&ui)),
            Format::Json | Format::Ndjson => ui.data(serde_json::to_string(value).map_err(anyhow::Error::new)?),
            Format::Yaml => ui.data(format!("---\n{}", serde_yaml::to_string(value).map_err(anyhow::Error::new)?)),
        }
    }

    /// Replaces the last shown value by a failure. Programs get it as [`Ui::failure`], beside the values.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn failure(&mut self, failure: &Failure) -> Result<(), Failure> {
        let ui = self.ui.clone();
        match ui.format() {
            Format::Table | Format::Wide | Format::Name => self.draw(&ui.failure_text(failure)),
            Format::Json | Format::Ndjson | Format::Yaml => {
                ui.failure(failure);
                Ok(())
            }
        }
    }
}
