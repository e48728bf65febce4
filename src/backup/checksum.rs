//! CRC-64 as Redis computes it: the polynomial of Jones, reflected, that begins with zero.

/// The polynomial `0xad93d23594c935a9` with its bits in reverse order.
const POLYNOMIAL: u64 = 0x95ac_9329_ac4b_c9b5;
/// The bytes that one step takes, which is several times as fast as one byte after the other.
const STEP: usize = 8;
/// For each byte of a step, what it adds to the checksum.
static TABLES: [[u64; 256]; STEP] = tables();

const fn tables() -> [[u64; 256]; STEP] {
    let mut tables = [[0; 256]; STEP];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut table = 1;
    while table < STEP {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[table - 1][byte];
            tables[table][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        table += 1;
    }
    tables
}

/// The checksum of what had the checksum `before`, followed by these bytes.
pub fn crc64(before: u64, bytes: &[u8]) -> u64 {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let mut crc = before;
    for step in steps {
        let mixed = (crc ^ u64::from_le_bytes(*step)).to_le_bytes();
        let of = |at: usize| TABLES[STEP - 1 - at][usize::from(mixed[at])];
        // Without a loop it is three times as fast where nothing is optimized, as in tests.
        crc = of(0) ^ of(1) ^ of(2) ^ of(3) ^ of(4) ^ of(5) ^ of(6) ^ of(7);
    }
    for byte in rest {
        crc = (crc >> 8) ^ TABLES[0][usize::from((crc & 0xff) as u8 ^ byte)];
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_checksum_of_redis() {
        // The value of Redis's own test in `crc64.c`.
        assert_eq!(crc64(0, b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        let text = b"This is a test of the emergency broadcast system.";
        let whole = text.iter().fold(0, |crc, byte| crc64(crc, &[*byte]));
        for at in 0..text.len() {
            let (one, two) = text.split_at(at);
            assert_eq!(crc64(crc64(0, one), two), whole, "in two parts at {at}");
        }
    }
}
