//! The framing of a snapshot that a server sends after `SYNC`; pure.
//!
//! Lines that are empty come while the server prepares. Then a line says how the snapshot ends: `$LENGTH`, or `$EOF:MARK`
//! with 40 random bytes that follow the snapshot.

use crate::spec::ParseError;

/// The length of the mark after a snapshot.
const MARK: usize = 40;
/// The longest line before a snapshot. An error of a server is not longer.
const LINE_MAX: usize = 4096;

/// What has been read so far.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FramingStage {
    /// The line before the snapshot, as far as it came.
    Line(Vec<u8>),
    /// The snapshot, of which these bytes are missing.
    Length(u64),
    /// The snapshot before this mark, and its last bytes, which may be the beginning of the mark.
    Mark { mark: [u8; MARK], held: Vec<u8> },
    /// All of it came.
    Whole,
}

impl Default for FramingStage {
    fn default() -> Self {
        Self::Line(Vec::new())
    }
}

/// A reader of the framing, at its beginning by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Framing(FramingStage);

impl Framing {
    /// Whether the first byte of the snapshot has been announced.
    pub const fn has_begun(&self) -> bool {
        !matches!(self.0, FramingStage::Line(_))
    }

    /// Whether all of the snapshot came.
    pub const fn is_whole(&self) -> bool {
        matches!(self.0, FramingStage::Whole)
    }

    /// Reads on, and appends the bytes of the snapshot to `to`. What follows the snapshot is ignored.
    ///
    /// # Errors
    /// The server refused with its own words, or did not send a snapshot.
    pub fn feed(&mut self, mut bytes: &[u8], to: &mut Vec<u8>) -> Result<(), ParseError> {
        while !bytes.is_empty() {
            match &mut self.0 {
                FramingStage::Line(line) => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
                    bytes = end.map_or(&[], |end| &bytes[end + 1..]);
                    if line.len() > LINE_MAX {
                        return Err(ParseError::new("it sent something else than a snapshot"));
                    }
                    if end.is_some() {
                        let line = std::mem::take(line);
                        self.0 = announced(line.trim_ascii())?;
                    }
                }
                FramingStage::Length(left) => {
                    let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    to.extend_from_slice(&bytes[..taken]);
                    *left -= taken as u64;
                    bytes = &bytes[taken..];
                    if *left == 0 {
                        self.0 = FramingStage::Whole;
                    }
                }
                FramingStage::Mark { mark, held } => {
                    held.extend_from_slice(bytes);
                    bytes = &[];
                    let is_mark = |window: &[u8]| window[0] == mark[0] && window == mark;
                    if let Some(at) = held.windows(MARK).position(is_mark) {
                        to.extend_from_slice(&held[..at]);
                        self.0 = FramingStage::Whole;
                    } else {
                        let sure = held.len().saturating_sub(MARK - 1);
                        to.extend(held.drain(..sure));
                    }
                }
                FramingStage::Whole => return Ok(()),
            }
        }
        Ok(())
    }
}

/// What a line announces. An empty one only keeps the connection open.
fn announced(line: &[u8]) -> Result<FramingStage, ParseError> {
    let text = String::from_utf8_lossy(line);
    if let Some(mark) = line.strip_prefix(b"$EOF:") {
        let mark = mark.try_into().map_err(|_| ParseError::new("the mark after its snapshot has another length"))?;
        return Ok(FramingStage::Mark { mark, held: Vec::new() });
    }
    if let Some(length) = text.strip_prefix('$') {
        let length = length.parse().map_err(|_| ParseError::new(format!("it announced '{text}'")))?;
        return Ok(if length == 0 { FramingStage::Whole } else { FramingStage::Length(length) });
    }
    match text.strip_prefix('-') {
        Some(error) => Err(ParseError::new(error)),
        None if line.is_empty() => Ok(FramingStage::Line(Vec::new())),
        None => Err(ParseError::new(format!("it announced '{text}'"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The snapshot in `sent`, which comes in pieces of this size.
    fn read(sent: &[u8], piece: usize) -> Result<(Vec<u8>, bool), String> {
        let (mut framing, mut snapshot) = (Framing::default(), Vec::new());
        for bytes in sent.chunks(piece) {
            framing.feed(bytes, &mut snapshot).map_err(|error| error.to_string())?;
        }
        Ok((snapshot, framing.is_whole()))
    }

    fn marked(snapshot: &[u8], after: &[u8]) -> Vec<u8> {
        let mark = [b'm'; MARK];
        [b"\n\n$EOF:", mark.as_slice(), b"\r\n", snapshot, mark.as_slice(), after].concat()
    }

    #[test]
    fn a_snapshot_ends_with_its_mark_or_its_length_in_pieces_of_any_size() {
        let snapshot = b"REDIS0010 and \r\n$5\r\n data, m, mmmm and a \xff".as_slice();
        let long = [b"\n$".as_slice(), snapshot.len().to_string().as_bytes(), b"\r\n", snapshot, b"\n*1\r\n"].concat();
        for piece in 1..200 {
            for sent in [marked(snapshot, b""), marked(snapshot, b"\n\n*1\r\n$4\r\nPING\r\n"), long.clone()] {
                assert_eq!(read(&sent, piece), Ok((snapshot.to_vec(), true)), "{piece}");
            }
        }
    }

    #[test]
    fn what_is_cut_short_is_not_whole() {
        let sent = marked(b"REDIS0010", b"");
        for length in 0..sent.len() {
            let (_, is_whole) = read(&sent[..length], 7).expect("no error");
            assert!(!is_whole, "{length} bytes");
        }
        assert_eq!(read(b"$10\r\nREDIS", 3), Ok((b"REDIS".to_vec(), false)));
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        let refusal = b"\n-NOMASTERLINK Can't SYNC while not connected with my master\r\n";
        let told = "NOMASTERLINK Can't SYNC while not connected with my master".to_owned();
        assert_eq!(read(refusal, 5), Err(told));
        assert!(read(b"+OK\r\n", 5).is_err());
        assert!(read(b"$EOF:short\r\n", 5).is_err());
        assert!(read(&[b'x'; 2 * LINE_MAX], 512).is_err());
    }
}
