//! The recipes of docs/changing-it.md, each as a patch that adds one thing (`tests/recipes/`). Here: each
//! applies, and touches nothing that its recipe does not name. `tests/recipes/run` builds them and runs what
//! they add.

use std::path::Path;
use std::process::Command;

/// Each patch with the heading of its recipe.
const RECIPES: [(&str, &str); 10] = [
    ("body", "A body of a kernel function, for a release"),
    ("version", "A version"),
    ("family", "A family of historical bugs"),
    ("step", "A step or a condition"),
    ("operation", "An operation"),
    ("hardware", "A hardware mode"),
    ("judge", "A judge"),
    ("assumption", "An assumption"),
    ("sampler", "A sampler"),
    ("format", "An output format of findings"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The text of a recipe, up to the next heading.
fn recipe<'a>(document: &'a str, heading: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("{heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

/// Whether a recipe names a file: by its path, as a link, by its name beside another of the same folder, or
/// as one of a folder or of a pattern with `<...>` for names.
fn names(recipe: &str, file: &str) -> bool {
    let words: Vec<&str> = recipe.split(['`', '(', ')']).collect();
    let name = file.rsplit('/').next().unwrap_or(file);
    words.iter().any(|word| {
        let folder = word.ends_with('/') && file.starts_with(word);
        let pattern = word.contains('<') && {
            let parts: Vec<&str> = word.split('/').collect();
            let of_file: Vec<&str> = file.split('/').collect();
            // `<file>` may stand for a path.
            let fits = |part: &str, of: &str| part.contains('<') || part == of;
            parts.len() <= of_file.len()
                && fits(parts[0], of_file[0])
                && parts
                    .last()
                    .zip(of_file.last())
                    .is_some_and(|(p, o)| fits(p, o) && Path::new(p).extension() == Path::new(o).extension())
        };
        *word == file || *word == name || folder || pattern
    })
}

#[test]
fn every_recipe_names_what_its_patch_touches() {
    let document = read("docs/changing-it.md");
    for (patch, heading) in RECIPES {
        let text = read(&format!("tests/recipes/{patch}.patch"));
        let files: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("+++ b/")).collect();
        assert!(!files.is_empty(), "{patch} touches nothing");
        for file in files {
            assert!(
                names(recipe(&document, heading), file),
                "{patch} touches {file}; \"{heading}\" does not say so"
            );
        }
    }
    let patches = std::fs::read_dir(root().join("tests/recipes")).expect("a folder").flatten();
    let patches = patches.filter(|e| e.path().extension().is_some_and(|e| e == "patch")).count();
    assert_eq!(patches, RECIPES.len(), "a patch without a recipe");
}

/// A tree that has moved on breaks the patches here, and not only where they are built.
#[test]
fn every_patch_applies() {
    let copy = tempfile::tempdir().expect("a folder");
    for (patch, _) in RECIPES {
        let path = format!("tests/recipes/{patch}.patch");
        for file in read(&path).lines().filter_map(|line| line.strip_prefix("--- a/")) {
            let to = copy.path().join(file);
            if !to.exists() {
                std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
                std::fs::copy(root().join(file), to).unwrap_or_else(|e| panic!("{file}: {e}"));
            }
        }
    }
    let mut patches: Vec<_> =
        RECIPES.iter().map(|(patch, _)| root().join(format!("tests/recipes/{patch}.patch"))).collect();
    patches.sort();
    for patch in patches {
        let run = Command::new("git").arg("apply").arg(&patch).current_dir(copy.path()).output().expect("git");
        assert!(run.status.success(), "{}: {}", patch.display(), String::from_utf8_lossy(&run.stderr));
    }
}
