//! The map in `src/lib.rs` is true: rooms use only the rooms that their arrows lead to, effects stay at the edges, and
//! no file grows beyond what one reads in one go.

mod comments;
mod reader;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use reader::{Source, sources};
use uses::{Uses, used_by};

/// Which rooms a room may use beside itself. `commands` may use all; nobody uses `commands`.
const ARROWS: &[(&str, &[&str])] = &[
    ("spec", &[]),
    ("update", &[]),
    ("trace", &[]),
    ("dial", &["spec"]),
    ("tls", &["dial", "spec"]),
    // It runs beside a container, where there is no Engine and no terminal.
    ("agent", &["dial", "spec", "tls"]),
    ("s3", &["dial", "tls", "trace"]),
    ("backup", &["s3", "spec"]),
    ("cluster", &["spec"]),
    ("view", &["cluster", "spec"]),
    ("plan", &["cluster", "spec", "update"]),
    ("engine", &["cluster", "dial", "spec", "trace", "update", "tls"]),
    ("servers", &["cluster", "dial", "spec", "tls", "trace"]),
    ("deaths", &["cluster", "servers", "spec"]),
    // What `up` would change is a finding.
    ("doctor", &["cluster", "plan", "spec"]),
    // Alerts are checks of doctor.
    ("metrics", &["doctor", "spec"]),
    ("apply", &["agent", "cluster", "engine", "plan", "servers", "spec", "tls"]),
    ("converge", &["apply", "cluster", "engine", "plan", "servers", "spec"]),
    ("chaos", &["agent", "cluster", "dial", "engine", "spec", "tls"]),
    // The errors of the rooms, on their way up.
    ("error", &["apply", "engine", "s3", "servers", "spec"]),
    // Values only; a failure is one.
    ("output", &["backup", "chaos", "cluster", "doctor", "error", "plan", "spec", "update", "view"]),
    ("interrupt", &["error", "output"]),
    // It knows no cluster, and of the ground floor only what a secret is.
    ("web", &["spec"]),
];

/// Files that are between rooms for a reason, with the further rooms that they may use.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    // Containers in memory have servers in memory, and those are asked as real ones are.
    ("engine/sim", &["backup", "servers", "tls"]),
];

/// Places that are pure, as beginnings of paths below `src`: they do no IO, read no clock, wait for nothing and print nothing.
const PURE: &[&str] = &[
    "spec",
    "cluster",
    "plan",
    "doctor",
    "metrics",
    "view",
    "output/top/board",
    "output/top/draw",
    "deaths/rest",
    "deaths/suspicion",
    "chaos/verdict",
    "chaos/scenario",
    "chaos/target",
    "chaos/history",
    "chaos/report",
    "engine/docker/subnets",
    "engine/stored",
    "servers/reply",
    "servers/switchover/cast",
    "servers/switchover/evidence",
    "backup/checksum",
    "backup/framing",
    "backup/manifest",
    "backup/rdb",
    "s3/address",
    "s3/error",
    "web/gatekeeper",
];
/// What a pure place does not name.
const EFFECTS: &[&str] = &[
    "tokio",
    "bollard",
    "redis::Client",
    "redis::aio",
    "std::env",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "rand::",
    "println!",
    "eprintln!",
];

/// Words that belong into some places alone, as beginnings of paths below `src`.
const OWNERS: &[(&str, &[&str])] = &[
    ("bollard", &["engine/docker"]),
    ("redis::", &["servers"]),
    ("indicatif", &["output"]),
    ("comfy_table", &["output"]),
    ("ratatui_core", &["output/top"]),
    ("ratatui_crossterm", &["output/top/console.rs"]),
    ("saphyr_parser", &["spec/settings"]),
    ("minijinja", &["spec/render", "output"]),
    ("clap_complete", &["commands/completions"]),
    ("hyper", &["web", "engine/docker/transport.rs", "s3/bucket.rs", "s3/wire.rs"]),
    ("rusty_s3", &["s3"]),
    ("zstd", &["backup"]),
    ("age::", &["backup/seal.rs", "spec/recipients.rs"]),
    ("clap_mangen", &["commands/man.rs"]),
    ("rcgen", &["tls.rs"]),
    ("tokio_rustls", &["tls"]),
    ("rustls_native_certs", &["tls/outside.rs"]),
    ("x509_parser", &["tls.rs"]),
];

/// Lines that a file has at most. What is longer has two subjects.
const LINES_MAX: usize = 700;

/// The rooms that a file names, with the line.
fn rooms_used(file: &Source) -> Vec<(usize, String)> {
    let is_room = |room: &str| room == "commands" || ARROWS.iter().any(|(known, _)| *known == room);
    file.named_from_root().into_iter().filter(|(_, name)| is_room(name)).collect()
}

#[test]
fn rooms_use_only_the_rooms_that_their_arrows_lead_to() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == file.room()) else {
            // A new room has to be put on the map.
            assert!(["commands", "main", "lib"].contains(&file.room()), "{} is in no room of the map", file.name);
            continue;
        };
        let further = EXCEPTIONS.iter().filter(|(place, _)| file.name.starts_with(place)).flat_map(|(_, rooms)| *rooms);
        let allowed: Vec<&str> = allowed.iter().chain(further).copied().collect();
        for (line, used) in rooms_used(&file) {
            if used != file.room() && !allowed.contains(&used.as_str()) {
                wrong.push(format!("src/{}:{line}: {} does not use {used}", file.name, file.room()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn pure_places_name_no_effect() {
    let sources = sources();
    for place in PURE {
        assert!(sources.iter().any(|file| file.is_in(place)), "there is no {place}");
    }
    let found: Vec<String> = sources
        .iter()
        .filter(|file| PURE.iter().any(|place| file.is_in(place)))
        .flat_map(|file| EFFECTS.iter().flat_map(|word| file.lines_with(word)))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn libraries_are_named_where_they_belong_alone() {
    let mut found = Vec::new();
    for file in sources() {
        for (word, owners) in OWNERS {
            if !owners.iter().any(|owner| file.name.starts_with(owner)) {
                found.extend(file.lines_with(word));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn no_permission_is_stale() {
    let sources = sources();
    let mut stale = Vec::new();
    for (room, allowed) in ARROWS.iter().chain(EXCEPTIONS) {
        for used in *allowed {
            let uses = |file: &&Source| rooms_used(file).iter().any(|(_, name)| name == used);
            if !sources.iter().filter(|file| file.is_in(room)).any(|file| uses(&file)) {
                stale.push(format!("{room} may use {used} and does not"));
            }
        }
    }
    for (word, owners) in OWNERS {
        for owner in *owners {
            if !sources.iter().any(|file| file.name.starts_with(owner) && !file.lines_with(word).is_empty()) {
                stale.push(format!("{owner} may name {word} and does not"));
            }
        }
    }
    assert!(stale.is_empty(), "\n{}", stale.join("\n"));
}

/// A file and a part of it, `name.rs` and `name/part.rs`, are no such pair: the file puts its parts together, and a part may use
/// what the file itself defines.
#[test]
fn no_two_files_use_each_other() {
    let modules: BTreeMap<Vec<String>, Uses> =
        sources().iter().map(|file| (file.module(), Uses::of(&file.code))).collect();
    let used: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> =
        modules.keys().map(|module| (module, used_by(module, &modules))).collect();
    let mut pairs = Vec::new();
    for (one, others) in &used {
        for other in others.iter().filter(|other| *one < *other && !other.starts_with(one)) {
            if used[other].contains(*one) {
                pairs.push(format!("{} and {} use each other", one.join("/"), other.join("/")));
            }
        }
    }
    assert!(pairs.is_empty(), "\n{}", pairs.join("\n"));
}

/// `elsewhere.rs` stands for a file of Linux on other systems, and has its types.
#[test]
fn no_two_types_have_one_name() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources().iter().filter(|file| !file.name.ends_with("elsewhere.rs")) {
        for name in file.types() {
            places.entry(name).or_default().push(file.name.clone());
        }
    }
    let twice: Vec<String> = places
        .into_iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name} is defined in {}", files.join(" and ")))
        .collect();
    assert!(twice.is_empty(), "\n{}", twice.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|file| file.lines > LINES_MAX)
        .map(|file| format!("src/{} has {} lines, split it at {LINES_MAX}", file.name, file.lines))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn rooms_are_found_in_every_way_to_name_them() {
    let source = |name: &str, code: &str| {
        rooms_used(&Source::of(name, code)).into_iter().map(|(_, room)| room).collect::<Vec<_>>()
    };
    assert_eq!(source("plan/diff.rs", "use crate::engine::Engine;"), ["engine"]);
    assert_eq!(source("plan/step.rs", "use crate::{spec::{Group, Role}, apply};"), ["spec", "apply"]);
    assert_eq!(source("plan/step.rs", "use super::super::servers::Servers;"), ["servers"]);
    assert_eq!(source("plan.rs", "use super::commands::up;"), ["commands"]);
    assert_eq!(source("plan/diff/a.rs", "use super::super::observed::Observed;"), Vec::<String>::new());
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(arrows.len(), ARROWS.len(), "a room is on the map twice");
}
