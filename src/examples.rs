//! The examples of the helps as the parser sees them: none may rot.

use crate::Cli;
use clap::{Command, CommandFactory as _};

/// The text behind the options of a command and of all below it.
fn texts(command: &Command, out: &mut Vec<(String, String)>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    out.push((command.get_name().to_owned(), text));
    command.get_subcommands().for_each(|below| texts(below, out));
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_example_is_a_command_line() {
    let mut all = Vec::new();
    texts(&Cli::command(), &mut all);
    let mut parsed = 0;
    for (name, text) in all {
        for line in text.lines() {
            let line = line.strip_prefix("Examples:").or(line.strip_prefix("Example:")).unwrap_or(line).trim();
            if !line.starts_with("lostwrite ") {
                continue;
            }
            let words = shlex::split(line).unwrap_or_else(|| panic!("{name}: unbalanced quotes: {line}"));
            let own = words.iter().take_while(|w| *w != "|" && *w != ">");
            if let Err(e) = Cli::command().try_get_matches_from(own) {
                panic!("{name}: {line}\n{e}");
            }
            parsed += 1;
        }
    }
    assert!(parsed > 30, "{parsed}");
}

/// Every command that the documents name exists, and so do its options.
#[test]
fn the_documents_name_commands_and_options_that_exist() {
    let mut named = 0;
    for (place, text) in documents() {
        for line in command_lines(&text) {
            let words = shlex::split(&line).unwrap_or_else(|| line.split(' ').map(str::to_owned).collect());
            let mut command = &Cli::command();
            let mut words = words.iter().skip(1).peekable();
            while let Some(below) = words.peek().and_then(|word| command.find_subcommand(word)) {
                command = Box::leak(Box::new(below.clone()));
                words.next();
            }
            let other = words.peek().filter(|_| command.has_subcommands()).filter(|word| is_word(word));
            assert!(other.is_none(), "{place}: `{line}`: there is no command {other:?}");
            let known = |long: &str| {
                long == "help"
                    || long == "version"
                    || options(command).chain(options(&Cli::command())).any(|o| o == long)
            };
            for word in words.take_while(|w| !matches!(w.as_str(), "|" | ">" | "&&" | ";" | "#")) {
                let Some(long) = word.trim_start_matches('[').strip_prefix("--") else { continue };
                let long: String = long.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                assert!(long.is_empty() || known(&long), "{place}: `{line}`: there is no option --{long}");
            }
            named += 1;
        }
    }
    assert!(named > 150, "{named}");
}

/// Whether it stands for itself, and not for something that a user puts there.
fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

fn options(command: &Command) -> impl Iterator<Item = String> {
    let longs = |a: &clap::Arg| {
        a.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    command.get_arguments().flat_map(longs).collect::<Vec<_>>().into_iter()
}

/// Command lines in text, inside a line or by themselves.
fn command_lines(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let line = line.replace("\\|", " | ");
        let own = ["lostwrite ", "$ lostwrite ", "cargo run --release -- "];
        let whole = own.iter().filter(|_| fenced).find_map(|start| line.trim().strip_prefix(start));
        all.extend(whole.map(|rest| format!("lostwrite {rest}")));
        let inline = line.split('`').skip(1).step_by(2).filter(|code| code.starts_with("lostwrite "));
        all.extend(inline.filter(|_| whole.is_none()).map(str::to_owned));
    }
    all
}

/// The README, the documents, and what describes a folder.
fn documents() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("a folder").map(|e| e.expect("an entry").path());
    let pages = docs.filter(|path| path.extension().is_some_and(|e| e == "md"));
    let mut all: Vec<_> = pages.chain(["README.md", "SECURITY.md"].map(|name| root.join(name))).collect();
    all.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        (name, std::fs::read_to_string(&path).expect("a file"))
    };
    all.into_iter().map(read).collect()
}

/// Every path of the repository that the documents and the comments name exists.
#[test]
fn the_documents_and_comments_name_files_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders: Vec<String> = std::fs::read_dir(root)
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| root.join(name).is_dir() && name != "target")
        .collect();
    let mut sources = documents();
    comments(root, &mut sources);
    let mut named = 0;
    let mut missing = Vec::new();
    for (place, text) in &sources {
        // A path may be named from the folder of the file, or of its crate.
        let above: Vec<_> = std::path::Path::new(place).ancestors().skip(1).map(|a| root.join(a)).collect();
        for path in text.split('`').skip(1).step_by(2).flat_map(|code| code.split([' ', ',', ';', '(', ')'])) {
            let path = path.trim_end_matches(['.', ':']).trim_start_matches("./");
            let first = path.split('/').next().unwrap_or_default();
            let is_path = path.contains('/')
                && folders.iter().any(|f| f == first)
                && path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let made = ["fuzz/corpus", "fuzz/artifacts", "fuzz/coverage", "tests/browser/screenshots"]
                .iter()
                .any(|made| path.starts_with(made));
            if !is_path || made {
                continue;
            }
            named += 1;
            if !above.iter().any(|folder| folder.join(path).exists()) {
                missing.push(format!("{place}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named > 100, "{named}");
}

/// The comments of the sources below a folder.
fn comments(root: &std::path::Path, out: &mut Vec<(String, String)>) {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file");
                let lines = text.lines().map(str::trim).filter(|line| line.starts_with("//"));
                let place = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                out.push((place, lines.collect::<Vec<_>>().join("\n")));
            }
        }
    }
}
