//! Messages to Docker Compose, one JSON object a line on stdout, as its providers write them:
//! <https://github.com/docker/compose/blob/main/docs/extension.md>.

use std::io::{self, Write};

use serde::Serialize;

use super::Ui;
use super::env::EnvDocument;
use super::options::{Color, Options, ProgressFormat};
use super::terminal::Terminal;
use crate::error::Failure;

/// What all names of [`EnvDocument`] begin with. Compose puts the name of the service in its place.
const PREFIX: &str = "REDIS_";

/// A message, in the words of the protocol.
#[derive(Serialize)]
#[serde(tag = "type", content = "message", rename_all = "lowercase")]
enum ComposeMessage<'a> {
    /// What goes on, which Compose shows beside the service.
    Info(&'a str),
    /// Why the service cannot be had.
    Error(String),
    /// A variable for the services that depend on this one.
    SetEnv(String),
}

/// Writes what a [`Ui`] says as messages to Compose.
struct ComposeWriter {
    to: Ui,
    line: Vec<u8>,
}

impl Write for ComposeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.line.push(*byte);
            if *byte == b'\n' {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                let text = line.trim();
                if !text.is_empty() {
                    self.to.compose(&ComposeMessage::Info(text)).map_err(|failure| io::Error::other(failure.source))?;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ui {
    /// A `Ui` whose progress and remarks are messages to Compose on the stdout of this one. Its data go nowhere.
    pub fn for_compose(&self) -> Self {
        let options = Options { progress: ProgressFormat::Plain, color: Color::Never, ..Options::default() };
        let writer = ComposeWriter { to: self.clone(), line: Vec::new() };
        Self::with_streams(options, Terminal::default(), Box::new(io::sink()), Box::new(writer))
    }

    /// Gives Compose the variables for the services that depend on the one of this cluster.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn compose_variables(&self, document: &EnvDocument) -> Result<(), Failure> {
        let mut variables = document.variables();
        variables.try_for_each(|(name, value)| {
            let name = name.strip_prefix(PREFIX).unwrap_or(name);
            self.compose(&ComposeMessage::SetEnv(format!("{name}={value}")))
        })
    }

    /// Tells Compose why the service cannot be had.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn compose_failure(&self, failure: &Failure) -> Result<(), Failure> {
        let why = failure.chain().collect::<Vec<_>>().join(": ");
        let hints = failure.hints.iter().map(|hint| format!("\nhint: {hint}"));
        self.compose(&ComposeMessage::Error(why + &hints.collect::<String>()))
    }

    fn compose(&self, message: &ComposeMessage<'_>) -> Result<(), Failure> {
        self.data(serde_json::to_string(message).map_err(anyhow::Error::new)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ui::testing::ui;
    use super::*;
    use crate::error::FailureKind;

    #[test]
    fn all_that_compose_reads_is_a_message_per_line() {
        let (outer, stdout, stderr) = ui(Options::default(), Terminal::default());
        let inner = outer.for_compose();
        inner.status("two\nlines");
        inner.data("data").expect("written");
        inner.warn("careful");
        outer.compose_variables(&EnvDocument::new([("REDIS_HOST", "shop-proxy".to_owned())])).expect("written");
        let failure = Failure::message(FailureKind::Conflict, "port 6379 is in use").hinted("redos up --port 0");
        outer.compose_failure(&failure).expect("written");
        let wanted = [
            r#"{"type":"info","message":"two"}"#,
            r#"{"type":"info","message":"lines"}"#,
            r#"{"type":"info","message":"warning: careful"}"#,
            r#"{"type":"setenv","message":"HOST=shop-proxy"}"#,
            r#"{"type":"error","message":"port 6379 is in use\nhint: redos up --port 0"}"#,
        ];
        assert_eq!(stdout.text().lines().collect::<Vec<_>>(), wanted);
        assert_eq!(stderr.text(), "");
    }
}
