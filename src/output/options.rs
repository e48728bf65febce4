//! The output options of the command line.

use clap::ValueEnum;

/// The format of data on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and sentences for people.
    #[default]
    Table,
    /// For people, with all columns however wide the terminal is.
    Wide,
    /// One JSON document, `apiVersion: redos/v1`.
    Json,
    /// One JSON object a line: the items of a list, or the document.
    Ndjson,
    /// The same document as YAML.
    Yaml,
    /// The names of what is listed, one per line, for other commands.
    Name,
}

impl Format {
    /// Whether a program reads it.
    pub const fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson | Self::Yaml)
    }

    /// Whether it is JSON, in one document or in many.
    pub const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson)
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On terminals, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Colour also in files and pipes.
    Always,
    /// No colour anywhere.
    Never,
}

/// How progress, remarks and errors are written to stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// Live on a terminal, else lines; JSON with `-o json` and `-o ndjson` where stderr is no terminal.
    #[default]
    Auto,
    /// Lines for people, also on a terminal and with `-o json`.
    Plain,
    /// A JSON object per line, whatever stdout has.
    Json,
}

/// The output options of the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub format: Format,
    /// When to use colour.
    pub color: Color,
    /// How stderr is written.
    pub progress: ProgressFormat,
    /// No progress and no remarks.
    pub quiet: bool,
    /// Every step with its duration.
    pub verbose: bool,
}
