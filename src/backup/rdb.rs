//! The beginning and the end of an RDB: what it says of itself, and its checksum; pure.

use super::checksum::crc64;
use crate::spec::ParseError;

/// The length of the magic word with the version.
const MAGIC: usize = 9;
/// The length of the checksum at the end.
const TAIL: usize = 8;
/// Bytes of the beginning in which the facts must be. Functions come before the number of keys.
const BEGINNING: usize = 256 * 1024;

/// The opcodes before the first key (`rdb.h`).
mod opcode {
    pub const FUNCTIONS: u8 = 245;
    pub const AUXILIARY: u8 = 250;
    pub const SIZES: u8 = 251;
    pub const DATABASE: u8 = 254;
    pub const END: u8 = 255;
}

/// What an RDB says of itself before its first key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RdbHead {
    /// The version of its format.
    pub version: u32,
    /// The version of the server that wrote it; Valkey gives the one of Redis that it is compatible with.
    pub server_version: Option<String>,
    /// The id of the replication history.
    pub replication_id: Option<String>,
    /// The offset in that history.
    pub replication_offset: Option<u64>,
    /// The keys of the first database, and how many of them expire. `None` if it does not say so.
    pub sizes: Option<(u64, u64)>,
}

/// The version of the format, if these bytes begin an RDB: `REDIS0010`, since Valkey 9 `VALKEY080`.
pub fn version(bytes: &[u8]) -> Option<u32> {
    let magic = std::str::from_utf8(bytes.get(..MAGIC)?).ok()?;
    let digits = magic.strip_prefix("REDIS").or_else(|| magic.strip_prefix("VALKEY"))?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// An RDB without keys that begins like this one. A server that refuses it refuses every RDB of that version.
pub fn empty_like(beginning: &[u8]) -> Option<Vec<u8>> {
    version(beginning)?;
    let mut rdb = [&beginning[..MAGIC], &[opcode::END]].concat();
    let crc = crc64(0, &rdb);
    rdb.extend_from_slice(&crc.to_le_bytes());
    Some(rdb)
}

impl RdbHead {
    /// Parses the beginning of an RDB. What comes after an unknown part stays unknown.
    ///
    /// # Errors
    /// It is no RDB.
    pub fn of(beginning: &[u8]) -> Result<Self, ParseError> {
        let version = version(beginning).ok_or_else(|| ParseError::new("it does not begin like an RDB file"))?;
        let mut head = Self { version, ..Self::default() };
        // A beginning that ends in the middle of a part says no more.
        let _ = head.read(&mut RdbCursor(&beginning[MAGIC..]));
        Ok(head)
    }

    fn read(&mut self, cursor: &mut RdbCursor<'_>) -> Option<()> {
        loop {
            match cursor.byte()? {
                opcode::AUXILIARY => {
                    let (name, value) = (cursor.string()?, cursor.string()?);
                    match name.as_str() {
                        "redis-ver" | "valkey-ver" => self.server_version = Some(value),
                        "repl-id" => self.replication_id = Some(value),
                        "repl-offset" => self.replication_offset = value.parse().ok(),
                        _ => {}
                    }
                }
                opcode::FUNCTIONS => _ = cursor.string()?,
                opcode::DATABASE => _ = cursor.length()?,
                opcode::SIZES => {
                    self.sizes = Some((cursor.length()?, cursor.length()?));
                    return Some(());
                }
                opcode::END => {
                    self.sizes = Some((0, 0));
                    return Some(());
                }
                _ => return None,
            }
        }
    }
}

/// The bytes that are not read yet.
struct RdbCursor<'a>(&'a [u8]);

impl RdbCursor<'_> {
    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number<const BYTES: usize>(&mut self) -> Option<[u8; BYTES]> {
        self.take(BYTES)?.try_into().ok()
    }

    /// A length, if no special encoding stands in its place.
    fn length(&mut self) -> Option<u64> {
        let first = self.byte()?;
        self.length_after(first)
    }

    fn length_after(&mut self, first: u8) -> Option<u64> {
        match first >> 6 {
            0 => Some(u64::from(first)),
            1 => Some(u64::from(first & 0x3f) << 8 | u64::from(self.byte()?)),
            2 if first == 0x80 => Some(u64::from(u32::from_be_bytes(self.number()?))),
            2 if first == 0x81 => Some(u64::from_be_bytes(self.number()?)),
            _ => None,
        }
    }

    /// A string. One that is compressed comes out empty.
    fn string(&mut self) -> Option<String> {
        match self.byte()? {
            0xc0 => Some(i8::from_le_bytes(self.number()?).to_string()),
            0xc1 => Some(i16::from_le_bytes(self.number()?).to_string()),
            0xc2 => Some(i32::from_le_bytes(self.number()?).to_string()),
            0xc3 => {
                let (packed, _) = (self.length()?, self.length()?);
                self.take(usize::try_from(packed).ok()?)?;
                Some(String::new())
            }
            first => {
                let length = usize::try_from(self.length_after(first)?).ok()?;
                Some(String::from_utf8_lossy(self.take(length)?).into_owned())
            }
        }
    }
}

/// The checksum of an RDB, while it comes in pieces.
#[derive(Clone, Debug, Default)]
pub struct RdbCheck {
    beginning: Vec<u8>,
    /// The last bytes so far, which may be the checksum.
    tail: Vec<u8>,
    crc: u64,
    /// The last byte before the tail.
    last: u8,
    bytes: u64,
}

impl RdbCheck {
    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        let missing = BEGINNING.saturating_sub(self.beginning.len());
        self.beginning.extend_from_slice(&piece[..missing.min(piece.len())]);
        // Of the two parts together, all but the last bytes belong to the checksum.
        let sure = (self.tail.len() + piece.len()).saturating_sub(TAIL);
        let of_tail = sure.min(self.tail.len());
        let (of_tail, of_piece) = (of_tail, sure - of_tail);
        if sure > 0 {
            self.last = if of_piece > 0 { piece[of_piece - 1] } else { self.tail[of_tail - 1] };
        }
        self.crc = crc64(crc64(self.crc, &self.tail[..of_tail]), &piece[..of_piece]);
        self.tail.drain(..of_tail);
        self.tail.extend_from_slice(&piece[of_piece..]);
    }

    /// The number of bytes so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What it says of itself, at its end.
    ///
    /// # Errors
    /// It is no RDB, it ends too early, or its checksum is wrong.
    pub fn finish(&self) -> Result<RdbHead, ParseError> {
        let head = RdbHead::of(&self.beginning)?;
        let stored = <[u8; TAIL]>::try_from(self.tail.as_slice()).map(u64::from_le_bytes);
        let stored = stored.map_err(|_| ParseError::new("it ends before its checksum"))?;
        // With `rdbchecksum no` a server writes zero.
        if self.last != opcode::END || (stored != 0 && stored != self.crc) {
            return Err(ParseError::new("its CRC64 checksum is wrong"));
        }
        Ok(head)
    }
}
