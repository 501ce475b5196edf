//! C of our own, and how it is lifted.

use lift::{Lifted, Options, Source, Table};
use model::listing::Node;

#[allow(dead_code)]
/// File, function, release, and the built-in body that does the same; none where the C does what no body does.
pub const ALL: [(&str, &str, &str, Option<&str>); 14] = [
    ("collect-5.18.c", "migrate_vma_collect_pmd", "5.18", Some("5.18")),
    ("collect-6.c", "migrate_vma_collect_pmd", "6.0", Some("6.0")),
    ("collect-7.c", "migrate_vma_collect_pmd", "7.3", Some("7.3")),
    ("unmap-6.c", "try_to_unmap_one", "6.12", Some("any")),
    ("unmap-7.c", "try_to_unmap_one", "7.3", Some("7.3")),
    ("migrate-one-6.c", "try_to_migrate_one", "6.1", Some("any")),
    ("migrate-one-7.c", "try_to_migrate_one", "7.3", Some("7.0-rc6")),
    ("free-6.c", "madvise_free_pte_range", "6.1", Some("any")),
    ("free-7.c", "madvise_free_pte_range", "7.3", Some("any")),
    ("zap-6.c", "zap_pte_range", "6.1", Some("any")),
    ("protect-6.c", "change_pte_range", "6.1", Some("any")),
    ("remove-6.c", "__remove_mapping", "6.1", Some("any")),
    ("copy-6.c", "wp_page_copy", "6.1", Some("any")),
    ("copy-7.c", "wp_page_copy", "7.3", Some("7.0-rc6")),
];

/// What is in a file.
pub fn text(file: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Lifts a text.
pub fn lifted(text: &str, function: &str, release: &str) -> Result<Lifted, String> {
    let table = Table::default();
    let source = Source::new("ours.c", text, &table);
    let options = Options { table, release: release.to_owned(), accept: Vec::new() };
    lift::lift(&source, function, &options).map_err(|problems| problems.to_string())
}

/// The same of a file with one piece of it replaced, which has to be there once.
#[allow(dead_code)]
pub fn patched(file: &str, function: &str, release: &str, changes: &[(&str, &str)]) -> Result<Lifted, String> {
    let mut all = text(file);
    for (from, to) in changes {
        assert_eq!(all.matches(from).count(), 1, "{file}: {from}");
        all = all.replace(from, to);
    }
    lifted(&all, function, release)
}

/// The steps without what is said about them.
pub fn plain(nodes: &[Node]) -> Vec<Node> {
    nodes.iter().filter(|n| !n.is_comment()).map(|n| n.with_blocks(plain)).collect()
}

/// A body as text, without places.
#[allow(dead_code)]
pub fn steps(lifted: &Lifted) -> String {
    impls::text::write_body(&plain(&lifted.body))
}
