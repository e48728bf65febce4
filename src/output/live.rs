//! The target of live lines: stderr, with the cursor at the beginning of the last line.
//!
//! The library leaves the cursor at the right end of that line. There the `^C` that a terminal writes for Ctrl-C would
//! begin a new row, and the library would then draw over the wrong rows.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// How often live lines are drawn at most, per second; the library's own default.
const RATE: u8 = 20;

/// Stderr as a target for live lines.
pub(super) fn target() -> ProgressDrawTarget {
    ProgressDrawTarget::term_like_with_hz(Box::new(Returning(Term::buffered_stderr())), RATE)
}

/// A terminal whose cursor returns to the beginning of its line after drawing.
#[derive(Debug)]
struct Returning<T>(T);

impl<T: TermLike> TermLike for Returning<T> {
    fn width(&self) -> u16 {
        self.0.width()
    }

    fn height(&self) -> u16 {
        self.0.height()
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.write_str("\r")?;
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

    use super::*;
    use crate::output::ui::lock;

    /// A terminal of 40 columns that keeps what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Paper(Arc<Mutex<Vec<String>>>);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            40
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(&format!("{text}\n"))
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            lock(&self.0).push(text.to_owned());
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.write_str("\n")
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_cursor_is_at_the_beginning_of_the_last_line_between_two_drawings() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like(Box::new(Returning(paper.clone())));
        let live = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template("{prefix} {wide_msg}").expect("a template");
        let bar = live.add(ProgressBar::new(1).with_style(style).with_prefix("start"));
        bar.set_message("start redis-1, start redis-2, start redis-3 and more than fits");
        let written = lock(&paper.0).concat();
        let line = written.strip_suffix('\r').unwrap_or_else(|| panic!("{written:?}"));
        let line = line.rsplit(['\r', '\n']).next().unwrap_or_default();
        assert_eq!(
            console::measure_text_width(line),
            40,
            "as wide as the terminal, so that the cursor hangs at its end: {written:?}"
        );
    }
}
