//! Every sentence in the sources that can get to a user: hints, remarks, reasons of steps, questions, help.

use std::fmt::Write;

use crate::testing::source_files;

/// Files whose texts no user reads: replies that redos recognises, commands that it sends, and what is for tests alone.
const NOT_FOR_USERS: &[&str] =
    &["engine/damage.rs", "engine/sim", "cluster/fixture.rs", "messages", "servers/rights.rs", "testing"];

/// Words of a private language, or that take a second reading, and what to write instead.
const REFUSED: &[(&str, &str)] = &[
    ("octet", "byte"),
    ("for want of", "because of, out of"),
    ("thaw", "unpause"),
    ("made anew", "recreated"),
    ("make it anew", "recreate it"),
    ("not heard of", "silent"),
    (" bear ", "allow, survive"),
    ("their patience", "down-after, limit"),
    ("mend", "repair"),
    ("at its word", "without a question"),
    ("somebody", "a user, something else"),
    ("holds a node to be down", "considers a node down"),
    ("unborn", "new"),
];

#[test]
fn every_sentence_that_users_can_read() {
    let mut page = String::new();
    for (name, texts) in sentences() {
        _ = writeln!(page, "\n# {name}");
        texts.iter().for_each(|text| _ = writeln!(page, "{text}"));
    }
    insta::assert_snapshot!("sentences", page.trim_start());
}

#[test]
fn sentences_use_the_common_word() {
    let mut found = Vec::new();
    for (name, texts) in sentences() {
        for text in texts {
            for (word, instead) in REFUSED.iter().filter(|(word, _)| text.to_lowercase().contains(word)) {
                found.push(format!("{name}: '{word}' ({instead}): {text}"));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The sentences of each file, in their order.
fn sentences() -> Vec<(String, Vec<String>)> {
    let is_for_users =
        |name: &str| !name.ends_with("/tests.rs") && !NOT_FOR_USERS.iter().any(|prefix| name.starts_with(prefix));
    let of = |source: &str| {
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        texts(code).into_iter().filter(|text| is_sentence(text)).collect::<Vec<_>>()
    };
    let files = source_files::texts().into_iter().filter(|(name, _)| is_for_users(name));
    files.map(|(name, source)| (name, of(&source))).filter(|(_, sentences)| !sentences.is_empty()).collect()
}

/// Whether a text is prose: it has two words in lower case, or one and a value. Scripts, markup and commands are not.
fn is_sentence(text: &str) -> bool {
    let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || "',.:;()".contains(c));
    let words = text.split_whitespace().filter(is_word).count();
    let is_code =
        ["; do\n", "exec ", "Dir::", "<rect", "<path", "<svg", "<test"].iter().any(|mark| text.contains(mark));
    !is_code && (words > 1 || words == 1 && text.contains('{'))
}

/// The string literals of a source, joined where they go on in the next line. Without the reasons of lints and of `expect`.
fn texts(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    let mut before = String::new();
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some((raw, after)) = raw_text(rest).filter(|_| !before.ends_with(char::is_alphanumeric)) {
            found.push(raw.to_owned());
            (rest, before) = (after, String::new());
        } else if c == '"' {
            let (text, after) = quoted(&rest[1..]);
            if !before.trim_end().ends_with("reason =") && !before.ends_with(".expect(") {
                found.push(text);
            }
            (rest, before) = (after, String::new());
        } else if rest.starts_with("'\\") || c == '\'' && rest.chars().nth(2) == Some('\'') {
            let length: usize = rest.chars().take(2).map(char::len_utf8).sum();
            rest = rest[length..].split_once('\'').map_or("", |(_, after)| after);
        } else {
            before.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    found
}

/// A raw string literal at the beginning of a text, and what follows it.
fn raw_text(rest: &str) -> Option<(&str, &str)> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.chars().take_while(|c| *c == '#').count();
    after[hashes..].strip_prefix('"')?.split_once(&format!("\"{}", "#".repeat(hashes)))
}

/// The text until the closing quote, without the line breaks that a backslash takes away, and what follows it.
fn quoted(rest: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, &rest[at + 1..]),
            '\\' => match chars.next() {
                Some((_, '\n')) => {
                    let skipped = chars.as_str().len() - chars.as_str().trim_start().len();
                    (0..skipped).for_each(|_| _ = chars.next());
                }
                Some((_, 'n')) => text.push_str("\\n"),
                Some((_, other)) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    (text, "")
}

#[test]
fn texts_are_told_from_comments_characters_and_code() {
    let code = r##"// "no"
f("one \
       two", 'a', '"', r#"raw "text""#); fn g<'a>() { h.expect("not this"); "three\n\"four\"" }"##;
    assert_eq!(texts(code), ["one two", "raw \"text\"", "three\\n\"four\""]);
}
