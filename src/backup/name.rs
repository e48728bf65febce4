//! The names that redos gives to backups: `shop-mymaster-20261128T075500Z.redos`, with `.age` behind it if it is encrypted.
//!
//! Of an encrypted backup whose key is not there, the name is all that says which series it belongs to.

use std::path::Path;
use std::time::SystemTime;

use super::{ENCRYPTED, EXTENSION};
use crate::spec::{ClusterName, Group};

/// The digits and letters of a time: `20261128T075500Z`.
const TIME: usize = 16;

/// What a name says: whose backup it is, and when it was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupName {
    pub cluster: ClusterName,
    pub group: Group,
    /// To the second.
    pub made: SystemTime,
}

impl BackupName {
    /// The name of the file.
    pub fn file(&self, is_encrypted: bool) -> String {
        let time = humantime::format_rfc3339_seconds(self.made).to_string().replace(['-', ':'], "");
        let ending = if is_encrypted { format!(".{ENCRYPTED}") } else { String::new() };
        format!("{}-{}-{time}.{EXTENSION}{ending}", self.cluster, self.group)
    }

    /// What the name of a file says; `None` if redos would not give it.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_suffix(ENCRYPTED).and_then(|name| name.strip_suffix('.')).unwrap_or(name);
        let name = name.strip_suffix(EXTENSION)?.strip_suffix('.')?;
        let (series, time) = name.rsplit_once('-').filter(|(_, time)| time.len() == TIME && time.is_ascii())?;
        let [year, month, day, hour, minute, second] =
            [&time[..4], &time[4..6], &time[6..8], &time[9..11], &time[11..13], &time[13..15]];
        let made = humantime::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")).ok()?;
        // The name of a cluster may have dashes as well; that of a group is the last word that begins like one.
        let (cluster, group) = series.split_at_checked(series.rfind("-mymaster")?)?;
        let read = Self { cluster: cluster.parse().ok()?, group: group.get(1..)?.parse().ok()?, made };
        [true, false].iter().any(|is_encrypted| path.ends_with(read.file(*is_encrypted))).then_some(read)
    }
}

/// Whether a file has the name of a backup.
pub fn is_backup(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let plain = name.strip_suffix(&format!(".{ENCRYPTED}")).unwrap_or(&name);
    plain.ends_with(&format!(".{EXTENSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_say_nothing() {
        let made = humantime::parse_rfc3339("2026-11-28T07:55:00Z").expect("a time");
        for (cluster, group) in [("shop", 1), ("shop", 12), ("a-mymaster", 1), ("a-mymaster-2", 3), ("mymaster", 1)] {
            let name = BackupName { cluster: cluster.parse().expect("a name"), group: Group::number(group), made };
            for is_encrypted in [true, false] {
                let file = name.file(is_encrypted);
                assert_eq!(BackupName::of(Path::new(&file)), Some(name.clone()), "{file}");
                assert!(is_backup(Path::new(&file)), "{file}");
            }
        }
        let known = Path::new("/var/shop-mymaster-20261128T075500Z.redos.age");
        assert_eq!(BackupName::of(known).map(|name| name.made), Some(made));
        for other in [
            "before.redos",
            "shop-mymaster-20261128T075500Z.rdb",
            "shop-mymaster-20261128T075500.redos",
            "shop-mymaster-20261128x075500x.redos",
            "shop-mymaster-20261328T075500Z.redos",
            "shop-mymaster-2026é128T07550Z.redos",
            "-mymaster-20261128T075500Z.redos",
            "shop-mymaster-1-20261128T075500Z.redos",
            "shop-20261128T075500Z.redos.age",
            "shop-mymaster-20261128T075500Z.redos.age.age",
        ] {
            assert_eq!(BackupName::of(Path::new(other)), None, "{other}");
        }
        assert!(is_backup(Path::new("before.redos.age")) && !is_backup(Path::new("before.age")));
    }
}
