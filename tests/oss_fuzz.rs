//! What `oss-fuzz/` says twice is the same.

use corpus::bytes::MAX_LEN;
use std::path::Path;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn engines_are_told_how_long_a_case_gets() {
    let options = read("oss-fuzz/default.options");
    let lines: Vec<_> = options.lines().filter_map(|line| line.strip_prefix("max_len = ")).collect();
    assert_eq!(lines, [MAX_LEN.to_string()]);
}

#[test]
fn the_image_clones_the_repository_that_is_reported_to() {
    let project = read("oss-fuzz/project.yaml");
    let repository = project.lines().find_map(|line| line.strip_prefix("main_repo: ")).expect("a repository");
    let clone = format!("git clone --depth 1 {} lostwrite", repository.trim_matches('"'));
    assert!(read("oss-fuzz/Dockerfile").contains(&clone), "expected '{clone}' in oss-fuzz/Dockerfile");
}

/// The image's compiler is older than the one on most machines.
#[test]
fn the_pinned_nightly_is_new_enough() {
    let minor = |version: &str| version.split('.').nth(1).expect("1.N").parse::<u32>().expect("a number");
    let pinned = "1.91"; // nightly-2025-09-05, which oss-fuzz/local names
    assert!(read("oss-fuzz/local").contains("pinned=nightly-2025-09-05"));
    assert!(minor(env!("CARGO_PKG_RUST_VERSION")) <= minor(pinned));
}
