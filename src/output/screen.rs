//! A screen that is redrawn again and again, for `--watch`.

use std::io::Write;

use console::truncate_str;

use super::ui::{Ui, lock, write_failure};
use crate::error::Failure;

/// The terminal's alternate screen; without a terminal, text after text.
///
/// Dropping it restores what was on the terminal before.
pub struct Screen {
    pub(super) ui: Ui,
    is_open: bool,
}

/// Switches to the alternate screen and hides the cursor (xterm's private modes 1049 and 25).
pub(super) const OPEN: &str = "\x1b[?1049h\x1b[?25l";
/// Shows the cursor and switches back.
pub(super) const CLOSE: &str = "\x1b[?25h\x1b[?1049l";

impl Ui {
    /// A screen on stdout.
    pub fn screen(&self) -> Screen {
        Screen { ui: self.clone(), is_open: false }
    }
}

impl Screen {
    /// Shows this text in place of the last one. Without a terminal it follows the last one.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn draw(&mut self, text: &str) -> Result<(), Failure> {
        let terminal = self.ui.shared.terminal;
        if !terminal.stdout || terminal.dumb {
            return self.ui.data(text);
        }
        let (rows, columns) = terminal.size().unwrap_or((24, 80));
        let mut frame = String::from(if self.is_open { "" } else { OPEN });
        frame.push_str(&picture(text, rows.into(), columns.into()));
        self.is_open = true;
        self.write(&frame)
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = lock(&self.ui.shared.stdout);
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(write_failure)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.is_open {
            // A terminal that is gone needs no restoring.
            let _ = self.write(CLOSE);
        }
    }
}

/// The bytes that replace the shown text by this one without flicker.
///
/// Each line overwrites the one that was there and erases its rest. Of a text that is too tall the end is shown, where
/// the verdict is.
fn picture(text: &str, rows: usize, columns: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let cut = lines.len().saturating_sub(rows);
    let remark = format!("… {} lines above", cut + 1);
    if cut > 0 {
        lines.drain(..cut);
        lines[0] = &remark;
    }
    let lines: Vec<String> =
        lines.into_iter().map(|line| format!("{}\x1b[K", truncate_str(line, columns, "…"))).collect();
    format!("\x1b[H{}\x1b[J", lines.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn a_picture_overwrites_line_by_line_and_erases_the_rest() {
        assert_eq!(picture("one\ntwo\n", 24, 80), "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J");
    }

    #[test]
    fn a_picture_is_never_larger_than_the_terminal() {
        assert_eq!(picture("a\nb\nc\nd", 3, 80), "\x1b[H… 2 lines above\x1b[K\r\nc\x1b[K\r\nd\x1b[K\x1b[J");
        assert_eq!(picture("abcdef", 3, 4), "\x1b[Habc…\x1b[K\x1b[J");
    }
}
