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

/// A run on versions that people run is for private repositories: its log, its artefacts and its cache are.
#[test]
fn no_workflow_publishes_what_it_finds_on_versions_that_people_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let mut gated = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let jobs = text.split_once("\njobs:\n").expect("jobs").1;
        // A job begins with its name, two blanks in.
        let mut job = String::new();
        let mut all = Vec::new();
        for line in jobs.lines() {
            if line.starts_with("  ") && !line.starts_with("   ") {
                all.push(std::mem::take(&mut job));
            }
            job += &format!("{line}\n");
        }
        all.push(job);
        for job in all.iter().filter(|j| j.contains("run_fuzzers") || j.contains("lostwrite nightly")) {
            let needs = job.lines().any(|l| l.starts_with("    needs:") && l.contains("private"));
            let asks = job.contains("\n    if: needs.private.outputs.yes == 'true'\n");
            assert!(needs && asks, "{}: {job}", path.display());
            gated += 1;
        }
    }
    assert_eq!(gated, 5);
}
