//! Lines at the end of the terminal that are drawn anew in place, while other text passes above them.
//!
//! The cursor rests at the beginning of the line below them. So what the terminal itself echoes there, such as `^C`, is
//! erased with the next drawing and shifts nothing.

use std::fmt::Write as _;
use std::io::Write;

/// The lines that are on the screen.
#[derive(Debug, Default)]
pub(super) struct Live {
    lines: Vec<String>,
}

impl Live {
    /// Puts these lines in the place of the last ones. None takes them away.
    pub(super) fn show(&mut self, lines: Vec<String>, terminal: &mut dyn Write) {
        if lines.is_empty() && self.lines.is_empty() {
            return;
        }
        let mut octets = self.home();
        self.lines = lines;
        self.draw(&mut octets);
        flush(&octets, terminal);
    }

    /// Has something written above the lines.
    pub(super) fn around<T>(&self, terminal: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> T) -> T {
        if self.lines.is_empty() {
            return write(terminal);
        }
        flush(&format!("{}\x1b[J", self.home()), terminal);
        let written = write(terminal);
        let mut octets = String::new();
        self.draw(&mut octets);
        flush(&octets, terminal);
        written
    }

    /// Moves the cursor to the first line.
    fn home(&self) -> String {
        if self.lines.is_empty() { "\r".to_owned() } else { format!("\r\x1b[{}A", self.lines.len()) }
    }

    /// Draws the lines from the cursor on, and erases what was beneath.
    fn draw(&self, octets: &mut String) {
        for line in &self.lines {
            let _ = write!(octets, "{line}\x1b[K\r\n");
        }
        octets.push_str("\x1b[J");
    }
}

/// All at once, so that nothing flickers. That it cannot be written has no one to be told to.
fn flush(octets: &str, terminal: &mut dyn Write) {
    let _ = terminal.write_all(octets.as_bytes()).and_then(|()| terminal.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn lines_are_replaced_in_place_and_text_passes_above_them() {
        let mut live = Live::default();
        let mut tape = Vec::new();
        let mut told = |step: &mut dyn FnMut(&mut Vec<u8>)| {
            tape.clear();
            step(&mut tape);
            String::from_utf8(tape.clone()).expect("UTF-8")
        };
        assert_eq!(told(&mut |tape| live.show(lines(&["a", "b"]), tape)), "\ra\x1b[K\r\nb\x1b[K\r\n\x1b[J");
        assert_eq!(told(&mut |tape| live.show(lines(&["c"]), tape)), "\r\x1b[2Ac\x1b[K\r\n\x1b[J");
        let remark = told(&mut |tape| {
            live.around(tape, |out| out.write_all(b"remark\n")).expect("written");
        });
        assert_eq!(remark, "\r\x1b[1A\x1b[Jremark\nc\x1b[K\r\n\x1b[J");
        assert_eq!(told(&mut |tape| live.show(Vec::new(), tape)), "\r\x1b[1A\x1b[J");
        assert_eq!(told(&mut |tape| live.show(Vec::new(), tape)), "", "nothing to take away");
    }
}
