//! Problems of the settings: where, what, and how to repair it. All of them at once.

use std::error::Error;
use std::fmt;

use super::table::Key;

/// The origin of a value or of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, written with its dashes: `--quorum`.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// A place in the file.
    File {
        /// The file as the user named it.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1, in characters.
        column: usize,
    },
    /// The record of the existing cluster.
    Recorded,
    /// It follows from another setting, as this says.
    Derived(&'static str),
    /// It was not given.
    Default,
}

impl Origin {
    /// The order of problems: the file from its top, then the environment, then flags, then values that were not given.
    pub fn place(&self) -> (u8, usize, usize) {
        match self {
            Self::File { line, column, .. } => (0, *line, *column),
            Self::Environment(_) => (1, 0, 0),
            Self::Flag(_) => (2, 0, 0),
            Self::Recorded | Self::Derived(_) | Self::Default => (3, 0, 0),
        }
    }

    /// Whether the value was given for this run: by flag, environment or file.
    pub const fn is_given(&self) -> bool {
        matches!(self, Self::Flag(_) | Self::Environment(_) | Self::File { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(variable) => write!(f, "environment variable {variable}"),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Recorded => f.write_str("existing cluster"),
            Self::Derived(from) => write!(f, "default ({from})"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One line of the file, with the place of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The line without its end, tabs as single spaces.
    text: String,
    /// Its number, counted from 1.
    line: usize,
    /// The first marked character, counted from 0.
    start: usize,
    /// Marked characters, at least 1.
    width: usize,
}

/// Problems that are printed, at most: with more of them the file is the wrong one.
const SHOWN_MAX: usize = 50;
/// The longest sentence in characters, which may repeat the user's text.
const TEXT_MAX: usize = 1000;
/// The longest shown part of a line, in characters.
const LINE_MAX: usize = 160;

/// A character that is safe for a terminal: a control character becomes its picture.
fn visible(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(' '),
        0x7f => '\u{2421}',
        _ if c.is_control() => '\u{fffd}',
        _ => c,
    }
}

/// Words of a line whose value may be a password, although no password belongs in the file.
const SECRET_WORDS: [&str; 3] = ["pass", "auth", "secret"];

impl Snippet {
    /// The line `line` (from 1) of `lines`, marked at `start` (from 0) for `width` characters. A value that may be a
    /// password is left out.
    pub fn new(lines: &[&str], line: usize, start: usize, width: usize) -> Option<Self> {
        let source = lines.get(line.checked_sub(1)?)?;
        let shown = without_secret(&source.replace('\t', " "));
        let length = shown.chars().count();
        let start = start.min(length);
        let width = width.clamp(1, (length - start).max(1));
        // Of a long line the part around the place is shown.
        let first = if length > LINE_MAX { start.saturating_sub(LINE_MAX / 2) } else { 0 };
        let text: String = shown.chars().skip(first).take(LINE_MAX).map(visible).collect();
        Some(Self { text, line, start: start - first, width: width.min(LINE_MAX - (start - first)).max(1) })
    }
}

/// The line up to the `:` after a word for a password, but not after `passwordFile` and the like.
fn without_secret(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let announced = SECRET_WORDS.iter().filter_map(|word| lower.find(word)).min();
    let Some(colon) = announced.and_then(|at| line[at..].find(':').map(|colon| at + colon)) else {
        return line.to_owned();
    };
    if lower[..colon].trim_end().ends_with("file") { line.to_owned() } else { format!("{} …", &line[..=colon]) }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        writeln!(f, "  {number} | {}", self.text)?;
        let (margin, before) = (" ".repeat(number.len()), " ".repeat(self.start));
        write!(f, "  {margin} | {before}{}", "^".repeat(self.width))
    }
}

/// A problem or, as a warning, an unwise value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place of the problem.
    pub origin: Origin,
    /// What is wrong, a sentence without its full stop.
    pub what: String,
    /// How to repair it, a sentence without its full stop.
    pub fix: String,
    /// The line, if it is in the file.
    pub snippet: Option<Snippet>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Text from a file or a variable must not control the terminal.
        let shown = |c: char| if c == '\n' { c } else { visible(c) };
        let plain = |text: String| text.chars().take(TEXT_MAX).map(shown).collect::<String>();
        write!(f, "{}: {}", plain(self.origin.to_string()), plain(self.what.clone()))?;
        if let Some(snippet) = &self.snippet {
            write!(f, "\n{snippet}")?;
        }
        write!(f, "\n  fix: {}", plain(self.fix.clone()))
    }
}

/// All problems of one set of settings, never empty. Nothing has been changed when this is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// The problems as an error, if there are any.
    ///
    /// # Errors
    /// `found` is not empty.
    pub fn check(found: Vec<Problem>) -> Result<(), Self> {
        if found.is_empty() { Ok(()) } else { Err(Self(found)) }
    }

    /// A single problem as an error.
    pub fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [_] => f.write_str("the settings have a problem")?,
            many => write!(f, "the settings have {} problems", many.len())?,
        }
        for problem in self.0.iter().take(SHOWN_MAX) {
            write!(f, "\n\n{problem}")?;
        }
        match self.0.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n\n… and {more} more"),
        }
    }
}

impl Error for Problems {}

/// The candidate that was most likely meant: equal except for case and `-_`, or few edits away.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let wanted = plain(word);
    // A third of the letters may be wrong; more is not a typing error any more.
    let letters = wanted.chars().count();
    let tolerated = (letters / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let plain = plain(candidate);
            // Each letter more or less is an edit, so most candidates need no closer look.
            let is_near = plain.chars().count().abs_diff(letters) <= tolerated;
            let distance = is_near.then(|| edit_distance(&wanted, &plain))?;
            (distance <= tolerated).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, substitutions and swaps of neighbours between two words (optimal string
/// alignment).
fn edit_distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = substituted.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// A problem of several values, before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The settings that clash. The problem is shown at the first of them that was given.
    pub keys: Vec<Key>,
    /// What is wrong, a sentence without its full stop.
    pub what: String,
    /// How to repair it, a sentence without its full stop.
    pub fix: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_forgives_case_separators_and_slips() {
        let known = ["replicas", "sentinels", "downAfter", "ports"];
        assert_eq!(nearest("replica", known), Some("replicas"));
        assert_eq!(nearest("repilcas", known), Some("replicas"));
        assert_eq!(nearest("down_after", known), Some("downAfter"));
        assert_eq!(nearest("down-aftr", known), Some("downAfter"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn a_snippet_marks_the_place() {
        let snippet = Snippet::new(&["a: 1", "replicas: two"], 2, 10, 3).expect("the line is there");
        assert_eq!(snippet.to_string(), "  2 | replicas: two\n    |           ^^^");
        assert_eq!(Snippet::new(&["a: 1"], 7, 0, 1), None);
    }

    #[test]
    fn a_long_line_is_shown_around_the_place_and_control_characters_do_nothing() {
        let line = format!("{}x", "a".repeat(70_000));
        let snippet = Snippet::new(&[&line], 1, 70_000, usize::MAX).expect("the line is there").to_string();
        assert!(snippet.lines().all(|line| line.chars().count() < 200), "{}", snippet.len());
        let (text, marks) = snippet.split_once('\n').expect("two lines");
        assert_eq!(text.find('x'), marks.find('^'));
        let origin = Origin::File { file: "a\u{1b}".to_owned(), line: 1, column: 1 };
        let snippet = Snippet::new(&["a\u{1b}[31m\0: 1"], 1, 0, 4);
        let problem =
            Problem { origin, what: "unknown key 'a\u{1b}[31m\0'".to_owned(), fix: "b\u{7}".to_owned(), snippet };
        let shown = problem.to_string();
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    }

    #[test]
    fn a_snippet_shows_no_password() {
        for line in ["password: hunter2", "  requirepass: hunter2", "{masterauth: hunter2}", "Secret:  hunter2"] {
            let snippet = Snippet::new(&[line], 1, 12, 7).expect("the line is there").to_string();
            assert!(!snippet.contains("hunter2"), "{snippet}");
        }
        let path = Snippet::new(&["passwordFile: secret.txt"], 1, 14, 10).expect("the line is there").to_string();
        assert!(path.contains("secret.txt"), "{path}");
    }
}
