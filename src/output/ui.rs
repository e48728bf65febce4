//! The user's terminal: who gets data, remarks and errors, and in which form.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use console::Style;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use super::options::{Format, Options, ProgressFormat};
use super::stderr::{ErrorDocument, RemarkDocument, RemarkLevel};
use super::{Terminal, live};
use crate::error::{Failure, FailureKind};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Hidden,
    Live,
    Lines { verbose: bool },
    JsonLines,
}

/// The user's terminal, or files and pipes. Cheap to clone; all clones write to the same streams.
#[derive(Clone)]
pub struct Ui {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    options: Options,
    pub terminal: Terminal,
    pub stdout: Mutex<Box<dyn Write + Send>>,
    stderr: Mutex<Box<dyn Write + Send>>,
    /// The live display, if there is one. Other text must be written around it.
    pub live: MultiProgress,
    /// What restores the terminal, while a live view has it.
    leave_screen: Mutex<Option<LeaveScreen>>,
}

/// What restores the terminal of a live view.
pub(super) type LeaveScreen = Box<dyn Fn() + Send>;

impl Ui {
    /// A `Ui` for the streams of this process.
    pub fn new(options: Options) -> Self {
        let terminal = Terminal::of_process();
        Self::with_streams(options, terminal, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// A `Ui` for these streams, which [`Terminal`] describes.
    pub fn with_streams(
        options: Options,
        terminal: Terminal,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
    ) -> Self {
        let live = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let ui = Self {
            shared: Arc::new(Shared {
                options,
                terminal,
                stdout: Mutex::new(stdout),
                stderr: Mutex::new(stderr),
                live,
                leave_screen: Mutex::new(None),
            }),
        };
        if ui.mode() == Mode::Live {
            ui.shared.live.set_draw_target(live::target());
            console::set_colors_enabled_stderr(ui.colors_stderr());
        }
        ui
    }

    pub fn format(&self) -> Format {
        self.shared.options.format
    }

    /// Whether text for people is to have all there is.
    pub(super) fn is_wide(&self) -> bool {
        self.format() == Format::Wide
    }

    /// Whether the user wants to see every step.
    pub fn is_verbose(&self) -> bool {
        self.shared.options.verbose && !self.shared.options.quiet
    }

    /// Whether a user is there to answer a question.
    pub fn can_ask(&self) -> bool {
        let Terminal { stdin, stderr, .. } = self.shared.terminal;
        stdin && stderr && !self.shared.options.quiet && !self.speaks_json()
    }

    /// Whether the user wants data and errors only.
    pub fn is_quiet(&self) -> bool {
        self.shared.options.quiet
    }

    /// The width that text on stdout must fit in, in columns; `None` for no limit.
    pub fn width(&self) -> Option<u16> {
        self.shared.terminal.width().filter(|_| !self.is_wide())
    }

    /// Whether text on stdout may be coloured.
    pub fn colors(&self) -> bool {
        self.shared.terminal.colors(self.shared.options.color, self.shared.terminal.stdout)
    }

    fn colors_stderr(&self) -> bool {
        self.shared.terminal.colors(self.shared.options.color, self.shared.terminal.stderr)
    }

    pub(super) fn mode(&self) -> Mode {
        let Options { quiet, verbose, progress, .. } = self.shared.options;
        let terminal = &self.shared.terminal;
        let may_be_live = progress == ProgressFormat::Auto && terminal.stderr && !terminal.dumb;
        match () {
            () if quiet => Mode::Hidden,
            () if self.speaks_json() => Mode::JsonLines,
            () if may_be_live && !verbose => Mode::Live,
            () => Mode::Lines { verbose },
        }
    }

    /// Whether stderr is JSON: only a program reads it then.
    fn speaks_json(&self) -> bool {
        match self.shared.options.progress {
            ProgressFormat::Auto => self.shared.options.format.is_json() && !self.shared.terminal.stderr,
            ProgressFormat::Plain => false,
            ProgressFormat::Json => true,
        }
    }

    /// Writes data to stdout, with a line end if it has none.
    ///
    /// # Errors
    /// stdout is closed ([`FailureKind::OutputClosed`]) or cannot be written.
    pub fn data(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let text = text.as_ref();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let written = self.shared.live.suspend(|| {
            let mut stdout = lock(&self.shared.stdout);
            write!(stdout, "{text}{end}").and_then(|()| stdout.flush())
        });
        written.map_err(write_failure)
    }

    /// Writes bytes to stdout as they are.
    ///
    /// # Errors
    /// stdout is a terminal, which bytes would garble; or as [`Ui::data`].
    pub fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        if self.shared.terminal.stdout {
            return Err(Failure::message(FailureKind::Usage, "refusing to write a file to the terminal")
                .hinted("name a file, or send the output on with '|' or '>'"));
        }
        lock(&self.shared.stdout).write_all(bytes).map_err(write_failure)
    }

    /// Writes the output of a program in a node, unchanged.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn raw(&self, is_stderr: bool, bytes: &[u8]) -> Result<(), Failure> {
        let stream = if is_stderr { &self.shared.stderr } else { &self.shared.stdout };
        let mut stream = lock(stream);
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(write_failure)
    }

    /// Whether the user can talk with a program through this terminal.
    pub fn can_talk(&self) -> bool {
        let Terminal { stdin, stdout, .. } = self.shared.terminal;
        stdin && stdout
    }

    /// Prints what happened, beside the data. Silent under `--quiet`.
    pub fn status(&self, text: impl Display) {
        self.remark(RemarkLevel::Status, &text.to_string(), None);
    }

    /// Tells a call to Docker or to a server, for `-vv`.
    pub fn call(&self, text: &str) {
        self.remark(RemarkLevel::Call, text, None);
    }

    /// Prints a warning. Silent under `--quiet`.
    pub fn warn(&self, text: impl Display) {
        self.remark(RemarkLevel::Warning, &text.to_string(), Some(("warning:", Style::new().yellow().bold())));
    }

    /// Prints what the user may want to do. Silent under `--quiet`.
    pub fn hint(&self, text: impl Display) {
        self.remark(RemarkLevel::Hint, &text.to_string(), Some(("hint:", hint_style())));
    }

    fn remark(&self, level: RemarkLevel, text: &str, prefix: Option<(&str, Style)>) {
        if self.shared.options.quiet {
            return;
        }
        if self.speaks_json() {
            self.stderr_json(&RemarkDocument::new(level, text));
            return;
        }
        match prefix {
            None => self.stderr(text),
            Some((prefix, style)) => self.stderr(&format!("{} {text}", self.paint(prefix, style))),
        }
    }

    /// Prints why a command failed, also under `--quiet`.
    ///
    /// The error comes first, then its causes, then the notes and the hints, each after a blank line.
    pub fn failure(&self, failure: &Failure) {
        if failure.kind == FailureKind::OutputClosed {
            return;
        }
        if self.speaks_json() {
            self.stderr_json(&ErrorDocument::new(failure));
            return;
        }
        self.stderr(&self.failure_text(failure));
    }

    pub(super) fn failure_text(&self, failure: &Failure) -> String {
        let mut chain = failure.chain();
        let error = self.paint("error:", Style::new().red().bold());
        let mut text = format!("{error} {}", chain.next().unwrap_or_default());
        for cause in chain {
            // Text after a line end, such as the end of a log, stays beneath its cause.
            text.push_str(&format!("\n  Caused by: {}", cause.trim_end().replace('\n', "\n    ")));
        }
        for note in &failure.notes {
            text.push_str(&format!("\n\n{}", note.trim_end().replace('\n', "\n  ")));
        }
        if !failure.hints.is_empty() {
            text.push('\n');
        }
        for hint in &failure.hints {
            text.push_str(&format!("\n{} {hint}", self.paint("hint:", hint_style())));
        }
        text
    }

    /// Applies a style to a part of the data, where stdout has colour.
    pub(super) fn paint_data(&self, text: &str, style: &Style) -> String {
        style.clone().force_styling(self.colors()).apply_to(text).to_string()
    }

    fn paint(&self, text: &str, style: Style) -> String {
        style.force_styling(self.colors_stderr()).apply_to(text).to_string()
    }

    pub(super) fn stderr_json(&self, document: &impl Serialize) {
        // None of these documents has a key that JSON cannot write.
        if let Ok(line) = serde_json::to_string(document) {
            self.stderr(&line);
        }
    }

    /// Sets what restores the terminal that a live view takes.
    pub(super) fn leave_screen_with(&self, leave: LeaveScreen) {
        *lock(&self.shared.leave_screen) = Some(leave);
    }

    /// Restores the terminal if a live view has it. A second time would move its cursor.
    pub(super) fn leave_screen(&self) {
        if let Some(leave) = lock(&self.shared.leave_screen).take() {
            leave();
        }
    }

    /// Removes the live display before a program that ends at once: the shell goes on where the cursor is.
    pub fn clear_live(&self) {
        self.leave_screen();
        // A terminal that is gone needs no clearing.
        let _ = self.shared.live.clear();
    }

    /// Writes a line to stderr. If that fails, nobody can be told.
    pub(super) fn stderr(&self, line: &str) {
        self.shared.live.suspend(|| {
            let mut stderr = lock(&self.shared.stderr);
            let _ = writeln!(stderr, "{line}").and_then(|()| stderr.flush());
        });
    }
}

pub(super) fn write_failure(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::new(FailureKind::OutputClosed, error),
        _ => Failure::from(anyhow::Error::new(error).context("failed to write to standard output")),
    }
}

fn hint_style() -> Style {
    Style::new().cyan().bold()
}

/// Locks a stream, which stays usable after a panic of another thread.
pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The remarks of a [`Ui`] that has no terminal.
#[derive(Clone, Default)]
pub struct Caught(Arc<Mutex<Vec<u8>>>);

impl Write for Caught {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Caught {
    /// The last line so far.
    pub fn last_line(&self) -> Option<String> {
        let caught = lock(&self.0);
        Some(String::from_utf8_lossy(&caught).lines().last()?.to_owned())
    }
}

impl Ui {
    /// A `Ui` whose remarks can be shown elsewhere; it asks nothing.
    pub fn caught() -> (Self, Caught) {
        let (caught, options) = (Caught::default(), Options { progress: ProgressFormat::Plain, ..Options::default() });
        (Self::with_streams(options, Terminal::default(), Box::new(io::sink()), Box::new(caught.clone())), caught)
    }
}

/// A [`Ui`] whose output tests can read.
#[cfg(any(test, feature = "testing"))]
pub mod testing {
    use super::*;

    /// A stream whose content tests can read.
    #[derive(Clone, Default)]
    pub struct Tape(Arc<Mutex<Vec<u8>>>);

    impl Write for Tape {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("the tape").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Tape {
        /// What was written so far.
        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("the tape").clone()).expect("UTF-8")
        }
    }

    /// A `Ui` with these options on this terminal, its stdout and its stderr.
    pub fn ui(options: Options, terminal: Terminal) -> (Ui, Tape, Tape) {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        (Ui::with_streams(options, terminal, Box::new(stdout.clone()), Box::new(stderr.clone())), stdout, stderr)
    }

    /// A `Ui` of this width, without colour.
    pub fn plain(columns: u16) -> Ui {
        ui(Options::default(), Terminal { columns: Some(columns), ..Terminal::default() }).0
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Tape, ui};
    use super::*;
    use crate::spec::API_VERSION;

    fn failure() -> Failure {
        let cause = anyhow::anyhow!("the node died\n# Bad directive\n").context("failed to start container r-redis-1");
        Failure::from(cause.context("failed to start redis-1"))
            .noted("the end of the log of redis-1:\nReady\nBye")
            .hinted("redos logs redis-1")
            .hinted("redos up")
    }

    #[test]
    fn an_error_has_its_causes_a_blank_line_and_hints() {
        let (ui, stdout, stderr) = ui(Options { quiet: true, ..Options::default() }, Terminal::default());
        ui.failure(&failure());
        let wanted = "\
error: failed to start redis-1
  Caused by: failed to start container r-redis-1
  Caused by: the node died
    # Bad directive

the end of the log of redis-1:
  Ready
  Bye

hint: redos logs redis-1
hint: redos up
";
        assert_eq!((stdout.text(), stderr.text()), (String::new(), wanted.to_owned()));
    }

    #[test]
    fn a_program_that_asks_for_json_gets_it_on_both_streams_and_a_person_does_not() {
        let options = Options { format: Format::Json, ..Options::default() };
        let (piped, _, stderr) = ui(options, Terminal::default());
        piped.warn("an even number of Sentinels");
        piped.failure(&failure());
        for line in stderr.text().lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(value["apiVersion"], API_VERSION, "{line}");
        }
        assert_eq!(stderr.text().lines().count(), 2);

        let (person, _, stderr) = ui(options, Terminal { stderr: true, no_color: true, ..Terminal::default() });
        person.warn("an even number of Sentinels");
        assert_eq!(stderr.text(), "warning: an even number of Sentinels\n");
    }

    #[test]
    fn who_asks_for_the_form_of_progress_gets_it_whatever_the_streams_are() {
        let at_terminal = Terminal { stdin: true, stderr: true, no_color: true, ..Terminal::default() };
        let (json, _, stderr) = ui(Options { progress: ProgressFormat::Json, ..Options::default() }, at_terminal);
        json.warn("an even number of Sentinels");
        assert!(stderr.text().starts_with("{\"apiVersion\":"), "{}", stderr.text());
        assert!(!json.can_ask(), "a program does not answer");
        assert_eq!(json.mode(), Mode::JsonLines);

        let plain = Options { progress: ProgressFormat::Plain, format: Format::Json, ..Options::default() };
        let (lines, _, stderr) = ui(plain, Terminal::default());
        lines.warn("an even number of Sentinels");
        assert_eq!(stderr.text(), "warning: an even number of Sentinels\n");
        let (lines, ..) = ui(plain, at_terminal);
        assert_eq!(lines.mode(), Mode::Lines { verbose: false });
        assert!(lines.can_ask());
    }

    #[test]
    fn quiet_hides_remarks_but_neither_data_nor_errors() {
        let (ui, stdout, stderr) = ui(Options { quiet: true, ..Options::default() }, Terminal::default());
        ui.status("ready");
        ui.warn("careful");
        ui.hint("do this");
        ui.data("data").expect("written");
        assert_eq!((stdout.text().as_str(), stderr.text().as_str()), ("data\n", ""));
        ui.failure(&failure());
        assert!(stderr.text().starts_with("error: "));
    }

    #[test]
    fn colour_is_only_where_it_is_wanted() {
        let terminal = Terminal { stderr: true, ..Terminal::default() };
        let (ui, _, stderr) = ui(Options::default(), terminal);
        ui.hint("redos up");
        assert_eq!(stderr.text(), "\u{1b}[36m\u{1b}[1mhint:\u{1b}[0m redos up\n");
    }

    #[test]
    fn a_reader_that_went_away_is_a_clean_end() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let stderr = Tape::default();
        let ui = Ui::with_streams(Options::default(), Terminal::default(), Box::new(Closed), Box::new(stderr.clone()));
        let failure = ui.data("data").expect_err("nobody reads");
        ui.failure(&failure);
        assert_eq!(failure.kind.exit(), crate::error::Exit::Done);
        assert_eq!(stderr.text(), "");
    }
}
