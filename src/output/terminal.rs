//! The properties of the terminal.

use std::io::{self, IsTerminal};

use console::Term;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::options::Color;

/// What stdout and stderr are connected to, and the variables about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// stdin is a terminal.
    pub stdin: bool,
    /// stdout is a terminal.
    pub stdout: bool,
    /// stderr is a terminal.
    pub stderr: bool,
    /// `TERM` is `dumb`: it cannot move its cursor or show colour.
    pub dumb: bool,
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// `COLUMNS`, which overrides the measured width.
    pub columns: Option<u16>,
}

impl Terminal {
    /// The terminal of this process.
    pub fn of_process() -> Self {
        Self {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            ..Self::of_environment(|name| std::env::var(name).ok())
        }
    }

    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            dumb: variable("TERM").is_some_and(|term| term == "dumb"),
            no_color: variable("NO_COLOR").is_some_and(|value| !value.is_empty()),
            columns: variable("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0),
            ..Self::default()
        }
    }

    /// The width of stdout in columns, measured each time. `None` for a file or a pipe, which has no limit.
    pub(super) fn width(&self) -> Option<u16> {
        self.columns.or_else(|| self.size().map(|(_, columns)| columns))
    }

    /// Lines and columns of stdout. `None` for a file or a pipe.
    pub(super) fn size(&self) -> Option<(u16, u16)> {
        if self.stdout { Term::stdout().size_checked() } else { None }
    }

    /// Whether a stream gets colour that is or is not a terminal.
    pub(super) fn colors(&self, wanted: Color, is_terminal: bool) -> bool {
        match wanted {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !self.no_color && !self.dumb,
        }
    }
}

/// Columns and rows of the terminal of stdout, if it is one.
pub fn terminal_size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some((size.ws_col, size.ws_row))
}

/// Raw mode: the terminal passes on each key as it is typed, until this is dropped.
pub struct RawMode(Termios);

impl RawMode {
    /// Switches to raw mode.
    ///
    /// # Errors
    /// stdin is not a terminal.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(before))
    }

    /// What restores the terminal in a program that ends without dropping anything.
    pub(super) fn restorer(&self) -> impl Fn() + Send + Sync + 'static {
        let before = self.0.clone();
        move || {
            // If the terminal is gone, nothing needs to be restored.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // If the terminal is gone, nothing needs to be restored.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Terminal {
        Terminal::of_environment(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colour_is_for_terminals_that_have_it_unless_told_otherwise() {
        let plain = with(&[("TERM", "xterm")]);
        assert!(plain.colors(Color::Auto, true));
        assert!(!plain.colors(Color::Auto, false));
        assert!(plain.colors(Color::Always, false));
        assert!(!plain.colors(Color::Never, true));
        assert!(!with(&[("NO_COLOR", "1")]).colors(Color::Auto, true));
        assert!(with(&[("NO_COLOR", "")]).colors(Color::Auto, true));
        assert!(!with(&[("TERM", "dumb")]).colors(Color::Auto, true));
        assert!(with(&[("NO_COLOR", "1")]).colors(Color::Always, true), "a flag goes before the environment");
    }

    #[test]
    fn columns_of_the_environment_go_first_and_nonsense_is_ignored() {
        assert_eq!(with(&[("COLUMNS", "72")]).width(), Some(72));
        assert_eq!(with(&[("COLUMNS", "0")]).width(), None);
        assert_eq!(with(&[("COLUMNS", "wide")]).width(), None);
    }
}
