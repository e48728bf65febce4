//! The map in `src/lib.rs` is true: rooms use only the rooms that their arrows lead to, effects stay at the edges, and
//! no file grows beyond what one reads in one go.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms a room may use beside itself. `commands` may use all; nobody uses `commands`.
const ARROWS: &[(&str, &[&str])] = &[
    ("spec", &[]),
    ("update", &[]),
    ("dial", &["spec"]),
    // It runs beside a container, where there is no Engine and no terminal.
    ("agent", &["spec"]),
    ("cluster", &["spec"]),
    ("plan", &["cluster", "spec", "update"]),
    ("engine", &["cluster", "dial", "spec", "update"]),
    ("servers", &["cluster", "dial", "spec"]),
    ("apply", &["cluster", "engine", "plan", "servers", "spec"]),
    ("converge", &["apply", "cluster", "engine", "plan", "servers", "spec"]),
    ("chaos", &["agent", "cluster", "dial", "engine", "spec"]),
    // The errors of the rooms, on their way up.
    ("error", &["apply", "engine", "servers", "spec"]),
    // Values only; a failure is one.
    ("output", &["chaos", "cluster", "error", "plan", "spec", "update"]),
    ("interrupt", &["error", "output"]),
];

/// Files that are between rooms for a reason, with the further rooms that they may use.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    // Containers in memory have servers in memory, and those are asked as real ones are.
    ("engine/sim", &["servers"]),
];

/// Places that are pure, as beginnings of paths below `src`: they do no IO, read no clock, wait for nothing and print nothing.
const PURE: &[&str] = &[
    "spec",
    "cluster",
    "plan",
    "chaos/verdict",
    "chaos/scenario",
    "chaos/target",
    "chaos/history",
    "chaos/report",
    "engine/docker/subnets",
    "engine/stored",
    "servers/reply",
    "servers/switchover/cast",
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
    ("saphyr_parser", &["spec/settings"]),
    ("minijinja", &["spec/render", "output"]),
    ("clap_complete", &["commands/completions.rs"]),
    ("clap_mangen", &["commands/man.rs"]),
];

/// Lines that a file has at most. What is longer has two subjects.
const LINES_MAX: usize = 700;

#[test]
fn rooms_use_only_the_rooms_that_their_arrows_lead_to() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == file.room()) else {
            // A new room has to be put on the map.
            assert!(
                ["commands", "main", "lib", "testing"].contains(&file.room()),
                "{} is in no room of the map",
                file.name
            );
            continue;
        };
        let further = EXCEPTIONS.iter().filter(|(place, _)| file.name.starts_with(place)).flat_map(|(_, rooms)| *rooms);
        let allowed: Vec<&str> = allowed.iter().chain(further).copied().collect();
        for (line, used) in file.rooms_used() {
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
            let uses = |file: &&Source| file.rooms_used().iter().any(|(_, name)| name == used);
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

/// Words that a doc comment has at least: fewer say nothing that the name does not.
const DOC_WORDS_MIN: usize = 3;
/// Words that the first sentence of a doc comment has at most.
const SUMMARY_WORDS_MAX: usize = 20;

#[test]
fn doc_comments_state_a_fact_and_begin_with_a_summary() {
    let mut found = Vec::new();
    let mut total = 0;
    for (name, text) in texts() {
        for (line, doc) in doc_comments(&text) {
            total += 1;
            let (words, summary) = (doc.split_whitespace().count(), summary_words(&doc));
            if words < DOC_WORDS_MIN {
                found.push(format!("src/{name}:{line}: '{doc}' is no fact: write one, or remove the comment"));
            } else if summary > SUMMARY_WORDS_MAX {
                found.push(format!("src/{name}:{line}: {summary} words in the first sentence: {doc}"));
            }
        }
    }
    assert!(total > 1000, "the doc comments were not found");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The doc comments of a file: the line of each, and its first paragraph in one line.
fn doc_comments(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_first_paragraph = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let before = at.checked_sub(1).and_then(|before| text.lines().nth(before)).unwrap_or_default().trim_start();
        let Some(doc) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        if !before.starts_with("///") && !before.starts_with("//!") {
            found.push((at + 1, String::new()));
            is_first_paragraph = true;
        }
        is_first_paragraph &= !doc.trim().is_empty();
        if let Some((_, paragraph)) = found.last_mut().filter(|_| is_first_paragraph) {
            paragraph.push_str(doc);
        }
    }
    found.into_iter().map(|(line, doc)| (line, doc.trim().to_owned())).collect()
}

/// The words of the first sentence. Text without a full stop is help of the command line, which has no summary.
fn summary_words(doc: &str) -> usize {
    let summary = doc.split_inclusive(". ").next().unwrap_or_default().trim_end();
    if summary.ends_with(['.', ':']) { summary.split_whitespace().count() } else { 0 }
}

#[test]
fn doc_comments_and_their_summaries_are_found() {
    let text =
        "//! A room. It has more.\n\n/// One\n/// two.\n///\n/// # Errors\n// no\nfn a() {}\n    /// The 0.5 s.\n";
    let docs = doc_comments(text);
    assert_eq!(
        docs,
        [(1, "A room. It has more.".to_owned()), (3, "One two.".to_owned()), (9, "The 0.5 s.".to_owned())]
    );
    let words: Vec<usize> = docs.iter().map(|(_, doc)| summary_words(doc)).collect();
    assert_eq!(words, [2, 2, 3]);
    assert_eq!(summary_words("How long it lasts [default: 1 s]"), 0, "help of the command line");
}

/// One file of `src`, its code without comments, texts and the tests within.
struct Source {
    /// Its path below `src`.
    name: String,
    lines: usize,
    code: String,
}

/// The text of each file of `src`, by its path below it.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let texts = paths.iter().map(|path| {
        let text = fs::read_to_string(path).expect("a source is readable");
        let name = path.strip_prefix(&root).expect("it is below src").to_string_lossy().replace('\\', "/");
        (name, text)
    });
    texts.collect()
}

fn sources() -> Vec<Source> {
    let sources: Vec<Source> = texts()
        .into_iter()
        .map(|(name, text)| Source { name, lines: text.lines().count(), code: without_tests(&bare(&text)) })
        .filter(|source| !source.name.ends_with("/tests.rs") && !source.name.starts_with("messages"))
        .collect();
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder is readable") {
        let path = entry.expect("an entry is readable").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

impl Source {
    /// The room that it is in: its first folder, or itself.
    fn room(&self) -> &str {
        self.name.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Whether it is a place, or in it.
    fn is_in(&self, place: &str) -> bool {
        self.name.strip_prefix(place).is_some_and(|rest| rest.starts_with(['/', '.']))
    }

    /// Its path as a module.
    fn module(&self) -> Vec<String> {
        self.name.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
    }

    /// How many modules it is below the crate's root.
    fn depth(&self) -> usize {
        self.name.split('/').filter(|part| !matches!(*part, "lib.rs" | "main.rs")).count()
    }

    /// The types and traits that it defines; not those that belong to a trait.
    fn types(&self) -> Vec<String> {
        let words: Vec<&str> =
            self.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
        let names = words.windows(2).filter(|pair| ["struct", "enum", "trait"].contains(&pair[0])).map(|pair| pair[1]);
        let alias = |line: &str| line.trim_start_matches("pub ").strip_prefix("type ").map(|rest| heads(rest).concat());
        names.map(str::to_owned).chain(self.code.lines().filter_map(alias)).collect()
    }

    /// The rooms that are named by a path from the crate's root, with the line.
    fn rooms_used(&self) -> Vec<(usize, String)> {
        let to_root = "super::".repeat(self.depth());
        let mut used = Vec::new();
        for start in ["crate::", &to_root] {
            for (at, _) in self.code.match_indices(start).filter(|_| !start.is_empty()) {
                // Not the end of a longer chain: `super::super::` below the root leads to another place.
                if self.code[..at].ends_with([':', '_']) || self.code[..at].ends_with(char::is_alphanumeric) {
                    continue;
                }
                let line = self.code[..at].matches('\n').count() + 1;
                used.extend(heads(&self.code[at + start.len()..]).into_iter().map(|room| (line, room)));
            }
        }
        let known = |room: &String| room == "commands" || ARROWS.iter().any(|(known, _)| known == room);
        used.retain(|(_, room)| known(room));
        used
    }

    /// Where a word stands in its code.
    fn lines_with(&self, word: &str) -> Vec<String> {
        // A module of one's own may have the name of a library.
        if word.strip_suffix("::").is_some_and(|name| self.code.contains(&format!("mod {name};"))) {
            return Vec::new();
        }
        let starts = |line: &str| {
            let inside = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            line.match_indices(word).any(|(at, _)| !inside(&line[..at]))
        };
        // `use std::{env, fs};` names the first of them without its path.
        let grouped = |line: &str| {
            let module = word.strip_prefix("std::");
            let group = line.find("std::{").map(|at| heads(&line[at + "std::".len()..]));
            module.zip(group).is_some_and(|(module, group)| group.iter().any(|head| head == module))
        };
        let lines = self.code.lines().enumerate().filter(|(_, line)| starts(line) || grouped(line));
        lines.map(|(at, line)| format!("src/{}:{}: names {word}: {}", self.name, at + 1, line.trim())).collect()
    }
}

/// The paths that a file names.
struct Uses {
    /// Of `use`, each with the name that it has in this file.
    imports: Vec<(Vec<String>, String)>,
    /// Those in the code itself.
    paths: Vec<Vec<String>>,
}

impl Uses {
    fn of(code: &str) -> Self {
        let mut imports = Vec::new();
        let mut rest = String::new();
        let mut left = code;
        while let Some(at) = left.match_indices("use ").map(|(at, _)| at).find(|at| !is_in_word(&left[..*at])) {
            let end = left[at..].find(';').map_or(left.len(), |length| at + length);
            read_tree(&left[at + "use ".len()..end], &[], &mut imports);
            rest += &left[..at];
            left = &left[end..];
        }
        rest += left;
        let words = rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let paths = words.filter(|word| word.contains("::")).map(parts).collect();
        Self { imports, paths }
    }
}

/// The parts of a path. What is no name, as in `::<`, ends it.
fn parts(path: &str) -> Vec<String> {
    path.split("::").map(|part| part.trim().to_owned()).take_while(|part| !part.is_empty()).collect()
}

/// The paths of a `use`, each with the name that it gets.
fn read_tree(tree: &str, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path: Vec<String> = before.iter().cloned().chain(parts(path)).collect();
        if path.last().is_some_and(|last| last == "self") && !before.is_empty() {
            path.pop();
        }
        let name = if alias.is_empty() { path.last().cloned().unwrap_or_default() } else { alias.trim().to_owned() };
        if !path.is_empty() {
            found.push((path, name));
        }
        return;
    };
    let before: Vec<String> = before.iter().cloned().chain(parts(head)).collect();
    let (mut depth, mut start) = (0, 0);
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    for (at, c) in group.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            read_tree(&group[start..at], &before, found);
            start = at + 1;
        }
    }
    read_tree(&group[start..], &before, found);
}

/// The files that a file uses: those that define what it names, also where another one hands that on.
fn used_by(module: &[String], modules: &BTreeMap<Vec<String>, Uses>) -> BTreeSet<Vec<String>> {
    let uses = &modules[module];
    let imported = |path: &[String]| {
        let import = uses.imports.iter().find(|(_, name)| Some(name) == path.first());
        import.map_or(path.to_vec(), |(import, _)| [import, &path[1..]].concat())
    };
    let paths = uses.imports.iter().map(|(path, _)| path.clone()).chain(uses.paths.iter().map(|path| imported(path)));
    let absolute = paths.filter_map(|path| from_root(module, &path, modules));
    absolute.filter_map(|path| home(&path, modules, 0)).filter(|home| home != module).collect()
}

/// A path from the crate's root; `None` for one of another crate, or of the file's own.
fn from_root(module: &[String], path: &[String], modules: &BTreeMap<Vec<String>, Uses>) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat()),
        part => {
            let child = [module, &[part.to_owned()]].concat();
            modules.contains_key(&child).then(|| [module, path].concat())
        }
    }
}

/// The file that defines what a path leads to.
fn home(path: &[String], modules: &BTreeMap<Vec<String>, Uses>, steps: usize) -> Option<Vec<String>> {
    let length = (1..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(length);
    let handed_on = modules[module].imports.iter().find(|(_, name)| Some(name) == rest.first());
    let further = handed_on.filter(|_| steps < 10).and_then(|(import, _)| {
        let path = [from_root(module, import, modules)?, rest[1..].to_vec()].concat();
        home(&path, modules, steps + 1)
    });
    Some(further.unwrap_or_else(|| module.to_vec()))
}

/// The first names of what follows `crate::`: one, or those in braces.
fn heads(path: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    if !path.starts_with('{') {
        return vec![name(path)];
    }
    let (mut depth, mut heads, mut last) = (0, Vec::new(), 0);
    for (at, c) in path.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (c == ',' && depth == 1) || depth == 0 {
            heads.push(name(&path[last + 1..at]));
            last = at;
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// The code without comments and without what is in texts and character literals; lines stay where they are.
fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let starts = |at: usize, word: &str| word.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    while at < chars.len() {
        let begin = at;
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            at += 2;
            while at < chars.len() && !starts(at, "*/") {
                at += 1;
            }
            at += 2;
        } else if chars[at] == 'r' && (starts(at + 1, "\"") || starts(at + 1, "#")) && !is_in_word(&out) {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            if chars.get(at + 1 + hashes) != Some(&'"') {
                out.push('r');
                at += 1;
                continue;
            }
            let end = format!("\"{}", "#".repeat(hashes));
            at += 2 + hashes;
            while at < chars.len() && !starts(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if chars[at] == '\'' && (starts(at + 1, "\\") || chars.get(at + 2) == Some(&'\'')) {
            at += if starts(at + 1, "\\") { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let end = at.min(chars.len());
        out.extend(chars[begin..end].iter().filter(|c| **c == '\n'));
    }
    out
}

fn is_in_word(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The code without modules that are for tests; lines stay where they are.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = match out[start..].find([';', '{']).map(|at| start + at) {
            Some(at) if out[at..].starts_with('{') => {
                let mut depth = 0;
                let close = out[at..].char_indices().find(|(_, c)| {
                    depth += i32::from(*c == '{') - i32::from(*c == '}');
                    depth == 0
                });
                close.map_or(out.len(), |(length, _)| at + length + 1)
            }
            Some(at) => at + 1,
            None => out.len(),
        };
        let lines = "\n".repeat(out[start..end].matches('\n').count());
        out.replace_range(start..end, &lines);
    }
    out
}

#[test]
fn code_is_told_from_comments_texts_and_tests() {
    let text = "use a; // use b;\nlet x = \"crate::c {\"; let y = '{'; let z = r#\"\"d\"#;\n#[cfg(test)]\nmod tests { fn e() {} }\nf();\n";
    let code = without_tests(&bare(text));
    assert_eq!(code, "use a; \nlet x = ; let y = ; let z = ;\n\n\nf();\n");
}

#[test]
fn rooms_are_found_in_every_way_to_name_them() {
    let source = |name: &str, code: &str| {
        let source = Source { name: name.to_owned(), lines: 1, code: code.to_owned() };
        source.rooms_used().into_iter().map(|(_, room)| room).collect::<Vec<_>>()
    };
    assert_eq!(source("plan/diff.rs", "use crate::engine::Engine;"), ["engine"]);
    assert_eq!(source("plan/step.rs", "use crate::{spec::{Group, Role}, apply};"), ["spec", "apply"]);
    assert_eq!(source("plan/step.rs", "use super::super::servers::Servers;"), ["servers"]);
    assert_eq!(source("plan.rs", "use super::commands::up;"), ["commands"]);
    assert_eq!(source("plan/diff/a.rs", "use super::super::observed::Observed;"), Vec::<String>::new());
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(arrows.len(), ARROWS.len(), "a room is on the map twice");
}

#[test]
fn a_use_leads_to_the_file_that_defines_what_is_named() {
    let file = |name: &str, code: &str| {
        let source = Source { name: name.to_owned(), lines: 1, code: code.to_owned() };
        (source.module(), Uses::of(&source.code))
    };
    let modules = BTreeMap::from([
        file("plan.rs", "mod step; mod diff; pub use step::{Action, Plan as Steps}; pub fn walk() {}"),
        file("plan/step.rs", "use super::walk; use std::fmt::{self, Display};"),
        file("plan/diff.rs", "use crate::plan::{self, Steps}; fn f() { super::step::g(); plan::walk::<u8>() }"),
    ]);
    let used = |name: &str| {
        let module: Vec<String> = name.split('/').map(str::to_owned).collect();
        used_by(&module, &modules).iter().map(|module| module.join("/")).collect::<Vec<_>>()
    };
    assert_eq!(used("plan"), ["plan/step"]);
    assert_eq!(used("plan/step"), ["plan"]);
    assert_eq!(used("plan/diff"), ["plan", "plan/step"]);
}
