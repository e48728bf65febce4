//! The signals that end a server.

use std::fmt;
use std::str::FromStr;

use crate::spec::ParseError;

/// A signal that ends a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ends it at once.
    Kill,
    /// Lets it end in good order.
    Term,
    /// Lets it end in good order, as Ctrl-C does.
    Int,
    /// Ends it as a crash does.
    Segv,
    /// Ends it as an assertion that failed does.
    Abrt,
}

impl Signal {
    const ALL: [Self; 5] = [Self::Kill, Self::Term, Self::Int, Self::Segv, Self::Abrt];

    /// Its name, as the Engine takes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Term => "SIGTERM",
            Self::Int => "SIGINT",
            Self::Segv => "SIGSEGV",
            Self::Abrt => "SIGABRT",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Signal {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let upper = text.to_ascii_uppercase();
        let short = upper.strip_prefix("SIG").unwrap_or(&upper);
        Self::ALL.into_iter().find(|signal| signal.as_str().strip_prefix("SIG") == Some(short)).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|signal| signal.as_str()).collect();
            ParseError::new(format!("'{text}' is not a signal that ends a server; give one of {}", known.join(", ")))
        })
    }
}
