//! The texts of this program's own sources, for tests that read them.

use std::fs;
use std::path::{Path, PathBuf};

/// The text of each file of `src`, by its path below it, in the order of the paths.
///
/// # Panics
/// The sources are not where they were when the tests were built.
pub fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    assert!(paths.len() > 100, "the sources were not found");
    let texts = paths.iter().map(|path| {
        let text = fs::read_to_string(path).expect("a source is readable");
        let name = path.strip_prefix(&root).expect("it is below src").to_string_lossy().into_owned();
        (name, text)
    });
    texts.collect()
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
