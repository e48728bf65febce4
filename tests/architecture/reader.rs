//! Reads a source of Rust as far as the map of the rooms needs it.

use redos::testing::source_files::texts;

/// One file of `src`, its code without comments, texts and the tests within.
pub struct Source {
    /// Its path below `src`.
    pub name: String,
    pub lines: usize,
    pub code: String,
}

/// All files of `src` but those that are for tests.
pub fn sources() -> Vec<Source> {
    let sources = texts().into_iter().map(|(name, text)| Source::of(name, &text));
    let is_for_tests =
        |name: &str| name.ends_with("/tests.rs") || ["messages", "testing"].iter().any(|room| name.starts_with(room));
    sources.filter(|source| !is_for_tests(&source.name)).collect()
}

impl Source {
    /// A file with this text.
    pub fn of(name: impl Into<String>, text: &str) -> Self {
        Self { name: name.into(), lines: text.lines().count(), code: without_tests(&bare(text)) }
    }

    /// The room that it is in: its first folder, or itself.
    pub fn room(&self) -> &str {
        self.name.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Whether it is a place, or in it.
    pub fn is_in(&self, place: &str) -> bool {
        self.name.strip_prefix(place).is_some_and(|rest| rest.starts_with(['/', '.']))
    }

    /// Its path as a module.
    pub fn module(&self) -> Vec<String> {
        self.name.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
    }

    /// How many modules it is below the crate's root.
    fn depth(&self) -> usize {
        self.name.split('/').filter(|part| !matches!(*part, "lib.rs" | "main.rs")).count()
    }

    /// The types and traits that it defines; not those that belong to a trait.
    pub fn types(&self) -> Vec<String> {
        let words: Vec<&str> =
            self.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
        let names = words.windows(2).filter(|pair| ["struct", "enum", "trait"].contains(&pair[0])).map(|pair| pair[1]);
        let alias = |line: &str| line.trim_start_matches("pub ").strip_prefix("type ").map(|rest| heads(rest).concat());
        names.map(str::to_owned).chain(self.code.lines().filter_map(alias)).collect()
    }

    /// What a path from the crate's root begins with, with the line. A room, or a macro.
    pub fn named_from_root(&self) -> Vec<(usize, String)> {
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
        used
    }

    /// Where a word stands in its code.
    pub fn lines_with(&self, word: &str) -> Vec<String> {
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

pub fn is_in_word(text: &str) -> bool {
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
