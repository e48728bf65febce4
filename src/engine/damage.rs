//! What a server logs before it ends because it cannot load its data; pure.

/// The first words of each run of Redis.
const BEGINS: &str = "Redis is starting";
/// The first words of each run of Valkey.
const BEGINS_VALKEY: &str = "Valkey is starting";
/// Messages about data that do not load, in Redis 7.0 to 8.0 and Valkey 8.1 (`aof.c` and `rdb.c`).
const COMPLAINTS: [&str; 10] = [
    "Bad file format reading the append only file",
    "Unexpected end of file reading the append only file",
    "Unrecoverable error reading the append only file",
    "reading the append only file",
    "Error reading the RDB preamble of the AOF file",
    "Unable to obtain the AOF file",
    "Invalid AOF manifest file format",
    "Short read or OOM loading DB",
    "Wrong signature trying to load DB from file",
    "Wrong RDB checksum",
];

/// The message of the last run about data that it could not load; `None` without one.
pub fn complaint(log: &str) -> Option<String> {
    let lines: Vec<&str> = log.lines().collect();
    let begins = |line: &&str| line.contains(BEGINS) || line.contains(BEGINS_VALKEY);
    let last_run = lines.iter().rposition(begins).unwrap_or_default();
    let said = lines[last_run..].iter().find(|line| COMPLAINTS.iter().any(|complaint| line.contains(complaint)))?;
    // A line begins with the process, its role, the time and the level: `1:S 27 Nov 2026 01:32:33.229 # …`.
    let text = said.split_once(" # ").or_else(|| said.split_once(" * ")).map_or(*said, |(_, text)| text);
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs of Redis 7.0.15, with 595 zero bytes at the end of its append-only file.
    const ZEROS: &str = "1:C 27 Nov 2026 01:32:33.200 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n\
        1:S 27 Nov 2026 01:32:33.229 * DB loaded from base file appendonly.aof.1.base.rdb: 0.000 seconds\n\
        1:S 27 Nov 2026 01:32:33.229 # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a \
        backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>\n";

    #[test]
    fn the_line_that_names_the_file_is_found_without_what_stands_before_it() {
        let found = complaint(&format!("{ZEROS}{ZEROS}")).expect("it says so");
        assert!(
            found.starts_with("Bad file format reading the append only file appendonly.aof.1.incr.aof:"),
            "{found}"
        );
        let missing = "1:M 27 Nov 2026 01:32:35.469 # Unable to obtain the AOF file appendonly.aof.1.incr.aof length. stat: \
                       No such file or directory\n";
        assert!(complaint(missing).is_some_and(|found| found.starts_with("Unable to obtain the AOF file")));
    }

    #[test]
    fn what_an_earlier_run_said_counts_no_more() {
        let repaired = format!("{ZEROS}1:C 27 Nov 2026 01:40:00.000 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo\n");
        assert_eq!(complaint(&repaired), None);
        assert_eq!(complaint("1:M 27 Nov 2026 01:32:38.800 * Ready to accept connections\n"), None);
    }
}
