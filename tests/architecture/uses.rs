//! Which file uses which: the paths that a file names, and the files that define what they lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{Source, is_in_word};

/// The paths that one file names.
pub struct Uses {
    /// Of `use`, each with the name that it has in this file.
    imports: Vec<(Vec<String>, String)>,
    /// Those in the code itself.
    paths: Vec<Vec<String>>,
}

impl Uses {
    pub fn of(code: &str) -> Self {
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
pub fn used_by(module: &[String], modules: &BTreeMap<Vec<String>, Uses>) -> BTreeSet<Vec<String>> {
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

#[test]
fn a_use_leads_to_the_file_that_defines_what_is_named() {
    let file = |name: &str, code: &str| {
        let source = Source::of(name, code);
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
