//! Version 2 of Redis's protocol, as far as a measuring client needs it.
//!
//! The workload does not use the redis crate. Its connections queue a request in a task of their own, so that a caller
//! whose deadline passes cannot know whether any byte of it was sent, nor when. That knowledge separates an operation
//! that certainly was not done from one that may have been.

use bytes::{Buf, Bytes, BytesMut};

/// An answer of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status: `+OK`.
    Simple(String),
    /// An error: `-ERR …`.
    Error(String),
    /// An integer: `:1`.
    Integer(i64),
    /// A string: `$3`, or nothing (`$-1`).
    Bulk(Option<Bytes>),
    /// An array: `*2`, or nothing (`*-1`).
    Array(Option<Vec<Reply>>),
}

impl Reply {
    /// A number: an integer, or a string of digits.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            Self::Bulk(Some(text)) => std::str::from_utf8(text).ok()?.parse().ok(),
            Self::Simple(_) | Self::Error(_) | Self::Bulk(None) | Self::Array(_) => None,
        }
    }

    /// The text of a status, an error or a string.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Simple(text) | Self::Error(text) => Some(text.clone()),
            Self::Bulk(Some(text)) => Some(String::from_utf8_lossy(text).into_owned()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Bulk(None) | Self::Array(_) => None,
        }
    }

    /// The parts of an array.
    pub fn parts(&self) -> &[Reply] {
        match self {
            Self::Array(Some(parts)) => parts,
            Self::Simple(_) | Self::Error(_) | Self::Integer(_) | Self::Bulk(_) | Self::Array(None) => &[],
        }
    }
}

/// The bytes that arrived are not RESP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotResp;

/// How deeply arrays may be nested. Redis's deepest answers have three levels.
const DEPTH_MAX: usize = 8;
/// The longest string that is accepted, as in Redis's `proto-max-bulk-len`.
const BULK_MAX: usize = 512 << 20;

/// Appends a command to a buffer.
pub fn command(out: &mut Vec<u8>, parts: &[&[u8]]) {
    out.extend_from_slice(format!("*{}\r\n", parts.len()).as_bytes());
    for part in parts {
        out.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
}

/// Takes one answer from the bytes that have arrived. If it is incomplete, it takes nothing and returns `None`.
///
/// # Errors
/// It is not the protocol.
pub fn take(input: &mut BytesMut) -> Result<Option<Reply>, NotResp> {
    let mut cursor = Cursor { rest: input, taken: 0 };
    let reply = cursor.reply(0)?;
    let taken = cursor.taken;
    if reply.is_some() {
        input.advance(taken);
    }
    Ok(reply)
}

struct Cursor<'a> {
    rest: &'a [u8],
    taken: usize,
}

impl<'a> Cursor<'a> {
    fn reply(&mut self, depth: usize) -> Result<Option<Reply>, NotResp> {
        let Some(line) = self.line()? else { return Ok(None) };
        let (kind, text) = line.split_first().ok_or(NotResp)?;
        let text = std::str::from_utf8(text).map_err(|_| NotResp)?;
        let number = || text.parse::<i64>().map_err(|_| NotResp);
        Ok(Some(match kind {
            b'+' => Reply::Simple(text.to_owned()),
            b'-' => Reply::Error(text.to_owned()),
            b':' => Reply::Integer(number()?),
            b'$' => match usize::try_from(number()?) {
                Err(_) => Reply::Bulk(None),
                Ok(length) if length > BULK_MAX => return Err(NotResp),
                Ok(length) => match self.bytes(length)? {
                    Some(bytes) => Reply::Bulk(Some(Bytes::copy_from_slice(bytes))),
                    None => return Ok(None),
                },
            },
            b'*' if depth < DEPTH_MAX => match usize::try_from(number()?) {
                Err(_) => Reply::Array(None),
                Ok(length) => {
                    let mut parts = Vec::new();
                    for _ in 0..length {
                        match self.reply(depth + 1)? {
                            Some(part) => parts.push(part),
                            None => return Ok(None),
                        }
                    }
                    Reply::Array(Some(parts))
                }
            },
            _ => return Err(NotResp),
        }))
    }

    /// A line without its line end.
    fn line(&mut self) -> Result<Option<&'a [u8]>, NotResp> {
        let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let line = self.rest[..end].strip_suffix(b"\r").ok_or(NotResp)?;
        self.skip(end + 1);
        Ok(Some(line))
    }

    /// This many bytes, which a line end follows.
    fn bytes(&mut self, length: usize) -> Result<Option<&'a [u8]>, NotResp> {
        if self.rest.len() < length + 2 {
            return Ok(None);
        }
        let bytes = &self.rest[..length];
        if &self.rest[length..length + 2] != b"\r\n" {
            return Err(NotResp);
        }
        self.skip(length + 2);
        Ok(Some(bytes))
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
        self.taken += bytes;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_command_is_an_array_of_strings() {
        let mut out = Vec::new();
        command(&mut out, &[b"RPUSH", b"key", b"1"]);
        assert_eq!(out, b"*3\r\n$5\r\nRPUSH\r\n$3\r\nkey\r\n$1\r\n1\r\n");
    }

    #[test]
    fn every_kind_of_answer_is_read() {
        let text = b"+OK\r\n-ERR no\r\n:42\r\n$2\r\nhi\r\n$-1\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n*-1\r\n";
        let mut input = BytesMut::from(&text[..]);
        let mut replies = Vec::new();
        while let Some(reply) = take(&mut input).expect("the protocol") {
            replies.push(reply);
        }
        assert_eq!(
            replies,
            [
                Reply::Simple("OK".to_owned()),
                Reply::Error("ERR no".to_owned()),
                Reply::Integer(42),
                Reply::Bulk(Some(Bytes::from_static(b"hi"))),
                Reply::Bulk(None),
                Reply::Array(Some(vec![Reply::Integer(1), Reply::Array(Some(vec![Reply::Bulk(Some(Bytes::new()))]))])),
                Reply::Array(None),
            ]
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for text in ["HTTP/1.1 200 OK\r\n", ":x\r\n", "$1\r\nab\r\n", "+OK\n", "$999999999999\r\n", "\r\n"] {
            assert_eq!(take(&mut BytesMut::from(text)), Err(NotResp), "{text:?}");
        }
        let deep = "*1\r\n".repeat(DEPTH_MAX + 1);
        assert_eq!(take(&mut BytesMut::from(deep.as_str())), Err(NotResp));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_and_never_cut(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut input = BytesMut::from(bytes.as_slice());
            if take(&mut input) == Ok(None) {
                prop_assert_eq!(&input[..], bytes.as_slice());
            }
        }

        #[test]
        fn an_answer_in_pieces_is_the_same_answer(cut in 0_usize..24) {
            let text = b"*2\r\n$3\r\nabc\r\n:1234567\r\n";
            let mut input = BytesMut::from(&text[..cut.min(text.len() - 1)]);
            prop_assert_eq!(take(&mut input), Ok(None));
            input.extend_from_slice(&text[cut.min(text.len() - 1)..]);
            let whole = Reply::Array(Some(vec![Reply::Bulk(Some(Bytes::from_static(b"abc"))), Reply::Integer(1_234_567)]));
            prop_assert_eq!(take(&mut input), Ok(Some(whole)));
        }
    }
}
