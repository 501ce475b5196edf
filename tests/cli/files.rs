//! Files in and out: what is written where, what is read how far, and what of it is shown.

use crate::common::{S1, complained, left_in, lostwrite, own_version, printed, written};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FOUND: [&str; 5] = ["report", "finding", "--as-is", "--impl", "pre-fix"];

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Writes a case to a path by `-o`.
fn convert_to(path: &str) -> assert_cmd::assert::Assert {
    lostwrite(&["convert", "W0 D0", "-o", path])
}

#[test]
#[cfg(unix)]
fn a_link_is_followed_and_a_mode_kept() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mode = |name: &str| std::fs::metadata(at(name)).expect("it is there").permissions().mode() & 0o777;
    std::fs::create_dir(at("far")).expect("a folder");
    // An old file keeps its mode, behind a link too.
    std::fs::write(at("far/old.case"), "R0\n").expect("a file");
    std::fs::set_permissions(at("far/old.case"), std::fs::Permissions::from_mode(0o600)).expect("its mode");
    symlink("far/old.case", at("link")).expect("a link");
    convert_to(&path(folder.path(), "link")).success();
    assert!(at("link").is_symlink());
    assert_eq!(std::fs::read_to_string(at("far/old.case")).expect("text"), "kernel=6.0 W0 D0\n");
    assert_eq!(mode("far/old.case"), 0o600);
    // A link to nothing yet makes what it names.
    symlink("far/new.case", at("dangling")).expect("a link");
    symlink("dangling", at("further")).expect("a link");
    convert_to(&path(folder.path(), "further")).success();
    assert!(at("further").is_symlink() && at("dangling").is_symlink());
    assert_eq!(std::fs::read_to_string(at("far/new.case")).expect("text"), "kernel=6.0 W0 D0\n");
    // A new file has the mode of any new file.
    std::fs::write(at("plain"), "").expect("a file");
    assert_eq!(mode("far/new.case"), mode("plain"));
    // To nowhere, and in a circle.
    symlink("nowhere/at/all", at("lost")).expect("a link");
    symlink("circle", at("circle")).expect("a link");
    for name in ["lost", "circle"] {
        let e = complained(&convert_to(&path(folder.path(), name)).code(2));
        assert!(e.contains(name) && e.contains("expected a place for a file"), "{e}");
        assert!(at(name).is_symlink());
    }
    assert_eq!(left_in(&at("far")).len(), 2, "no temporary file is left");
}

/// A file with two names stays one file, and shorter content leaves nothing of the old behind.
#[test]
#[cfg(unix)]
fn a_file_with_other_names_keeps_them() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("one"), "R0\n".repeat(100)).expect("a file");
    std::fs::hard_link(at("one"), at("other")).expect("a second name");
    convert_to(&path(folder.path(), "one")).success();
    for name in ["one", "other"] {
        assert_eq!(std::fs::read_to_string(at(name)).expect("text"), "kernel=6.0 W0 D0\n");
        assert_eq!(std::fs::metadata(at(name)).expect("it is there").nlink(), 2);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn devices_and_pipes_are_written_to() {
    use std::os::unix::fs::FileTypeExt as _;
    for device in ["/dev/null", "/dev/stdout"] {
        let out = printed(&convert_to(device).success());
        assert_eq!(out, if device == "/dev/null" { "" } else { "kernel=6.0 W0 D0\n" });
        assert!(!std::fs::metadata("/dev/null").expect("it is there").is_file());
    }
    let e = complained(&convert_to("/dev/full").code(2));
    assert!(e.contains("/dev/full"), "{e}");
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = path(folder.path(), "pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("there is mkfifo").success());
    let reader = Command::new("cat").arg(&pipe).stdout(Stdio::piped()).spawn().expect("it runs");
    convert_to(&pipe).success();
    assert_eq!(reader.wait_with_output().expect("it ends").stdout, b"kernel=6.0 W0 D0\n");
    assert!(std::fs::metadata(&pipe).expect("it is there").file_type().is_fifo());
}

/// What stays in a buffer is no output.
#[test]
#[cfg(target_os = "linux")]
fn an_output_that_is_lost_is_told() {
    for args in [
        &["convert", "--to", "bytes", "W0 D0"][..],
        &["convert", "--to", "text", "W0 D0"],
        &["corpus", "dictionary"],
        &["schema", "case"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
        &["hunt", "--help"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let output = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
            .args(args)
            .stdout(full)
            .output()
            .expect("started");
        let e = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {e}");
        assert!(e.contains("the standard output cannot be written"), "{args:?}: {e}");
    }
}

/// The arguments that make each command read this file.
fn readers(file: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["replay", file],
        vec!["convert", file],
        vec!["convert", "--to", "bytes", file],
        vec!["shrink", file],
        vec!["exhaust", file],
        vec!["outcomes", file],
        vec!["sample", file],
        vec!["report", "finding", file],
        vec!["replay", "--impl-file", file, S1],
        vec!["explain", "--impl-file", file],
        vec!["diff", "v3", "--impl-file", file],
        vec!["conform", file],
        vec!["merge", file],
        vec!["target", "codec", file],
        vec!["corpus", "stats", file],
        vec!["nightly", "--out", "/nonexistent/night", "--chunks", "1", "--policy", file],
        vec!["nightly", "--out", "/nonexistent/night", "--chunks", "1", "--previous", file],
        vec!["distinguish", "v2", "v3", "--ops", "1", "--actors", "1", "--journal", file],
        vec!["lift", file, "--kernel", "6.1"],
        vec!["lift", "nonexistent.c", "--kernel", "6.1", "--table", file],
        vec!["lift", "nonexistent.c", "--kernel", "6.1", "--config", file],
        vec!["check", file, "--tree", "."],
    ]
}

/// Whatever a file holds, a command says what it expected and ends.
#[test]
fn no_file_makes_a_command_panic_or_read_for_ever() {
    let folder = tempfile::tempdir().expect("a folder");
    let contents: [(&str, Vec<u8>); 7] = [
        ("empty", Vec::new()),
        ("binary", (0..=255).cycle().take(5000).collect()),
        ("line", vec![b'W'; 2 << 20]),
        ("nested.json", [b"{\"a\":".repeat(5000), b"1".to_vec()].concat()),
        ("list.json", b"[1, 2, {\"format\": 1}]".to_vec()),
        ("null.json", b"null".to_vec()),
        ("numbers.json", br#"{"format":1,"shard":{"index":18446744073709551615,"of":18446744073709551615},"tables":[],"work":""}"#.to_vec()),
    ];
    for (name, content) in contents {
        let file = path(folder.path(), name);
        for args in readers(&file) {
            std::fs::write(&file, &content).expect("a file");
            let assert = lostwrite(&args);
            let code = assert.get_output().status.code();
            let e = complained(&assert);
            // Bytes that are no case are what `target` counts, and an empty journal is a new one.
            let fine = args[0] == "target" || name == "empty" && args[0] == "distinguish";
            assert!(code == Some(2) || fine && code == Some(0), "{args:?}: {code:?} {e}");
            assert!(!e.contains("panicked"), "{args:?}: {e}");
        }
    }
    let inside = path(folder.path(), "folder");
    std::fs::create_dir(&inside).expect("a folder");
    for args in readers(&inside).into_iter().filter(|a| !["corpus", "target"].contains(&a[0])) {
        let e = complained(&lostwrite(&args).code(2));
        assert!(e.contains("folder") && !e.contains("panicked"), "{args:?}: {e}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_without_an_end_is_an_error() {
    for args in readers("/dev/zero") {
        let began = Instant::now();
        let assert = lostwrite(&args);
        let e = complained(&assert);
        assert!(began.elapsed() < Duration::from_secs(60), "{args:?}");
        assert_eq!(assert.get_output().status.code(), Some(2), "{args:?}: {e}");
        assert!(e.contains("larger than") || e.contains("no regular file"), "{args:?}: {e}");
    }
}

/// Short lines are much in memory.
#[test]
fn a_file_has_so_many_cases_and_not_more() {
    let (_folder, file) = written("many.case", "W0\n".repeat((1 << 18) + 1));
    let e = complained(&lostwrite(&["convert", &file]).code(2).stdout(""));
    assert!(e.contains("line 262145") && e.contains("expected at most 262144 cases"), "{e}");
}

/// A pipe is a file too.
#[test]
#[cfg(unix)]
fn a_case_can_come_through_a_pipe() {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("lostwrite"))
        .args(["convert", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"W0 D0\n").expect("written");
    assert_eq!(child.wait_with_output().expect("it ends").stdout, b"kernel=6.0 W0 D0\n");
}

#[test]
fn numbers_have_bounds() {
    const MOST: &str = "18446744073709551615";
    for args in [
        &["hunt", "--from", MOST][..],
        &["hunt", "--executions", MOST],
        &["sample", "--seeds", MOST, S1],
        &["sample", "--seeds", "0", S1],
        &["sample", "--executions", MOST, S1],
        &["exhaust", "--threads", "20000", S1],
        &["exhaust", "--threads", MOST, S1],
        &["exhaust", "--budget", MOST, S1],
        &["exhaust", "--memory", "99999999999999999999", S1],
        &["outcomes", "--budget", "0", S1],
        &["matrix", "--samples", MOST],
        &["mutants", "--samples", MOST],
        &["bench", "--seeds", MOST],
        &["bench", "--time", MOST],
        &["bench", "--subject", "v1", "--budget", MOST],
        &["shrink", "--statistics", "--cases", MOST],
        &["shrink", "--executions", MOST, S1],
        &["corpus", "generate", "/nonexistent/folder", "--cases", MOST],
        &["nightly", "--out", "/nonexistent/night", "--chunks", MOST],
        &["nightly", "--out", "/nonexistent/night", "--time", "999999999999999h"],
        &["nightly", "--out", "/nonexistent/night", "--threads", "20000"],
        &["--threads", "20000"],
        &["--time", "1e300"],
        &["distinguish", "v2", "v3", "--ops", "200"],
        &["distinguish", "v2", "v3", "--shard", "0/18446744073709551615"],
        &["ablate", "v3", "--step", MOST],
    ] {
        let began = Instant::now();
        let e = complained(&lostwrite(args).code(2).stdout(""));
        assert!(began.elapsed() < Duration::from_secs(20), "{args:?}");
        assert!(["expected", "is not in ", "too large"].iter().any(|word| e.contains(word)), "{args:?}: {e}");
    }
    // The last that there is.
    lostwrite(&["hunt", "--impl", "v3", "--from", "1000000000000000", "--executions", "3"]).success();
    lostwrite(&["hunt", "--impl", "v3", "--executions", "0"]).success();
    lostwrite(&["exhaust", "--impl", "v3", "--threads", "3", "--budget", "4294967295", "W0"]).success();
}

/// Parts of a matrix with something else in every place: told with the place, and no panic.
#[test]
fn broken_parts_are_told_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let part = |n: u32| {
        let args = [
            "matrix",
            "--impl",
            "v3",
            "--hardware",
            "hw0",
            "--budget",
            "20",
            "--samples",
            "0",
            "--format",
            "json",
        ];
        let shard = format!("{n}/2");
        let value = printed(&lostwrite(&[&args[..], &["--shard", &shard]].concat()));
        serde_json::from_str::<serde_json::Value>(&value).expect("JSON")
    };
    let write = |name: &str, value: &serde_json::Value| {
        std::fs::write(folder.path().join(name), value.to_string()).expect("a file");
        path(folder.path(), name)
    };
    let (first, second) = (part(1), part(2));
    let good = [write("1.json", &first), write("2.json", &second)];
    let whole = lostwrite(&["merge", &good[0], &good[1]]);
    assert!(printed(&whole).contains("\"tables\""));
    let places = [
        "",
        "/format",
        "/shard",
        "/shard/of",
        "/shard/index",
        "/work",
        "/tables",
        "/tables/0",
        "/tables/0/hardware",
        "/tables/0/reached",
        "/tables/0/rows",
        "/tables/0/rows/0",
        "/tables/0/rows/0/impl",
        "/tables/0/rows/0/cells",
        "/tables/0/rows/0/cells/0",
    ];
    for place in places {
        for value in ["null", "\"x\"", "[\"x\"]", "{}", "18446744073709551615", "[]"] {
            let mut broken = first.clone();
            let spot = broken.pointer_mut(place).unwrap_or_else(|| panic!("no {place}"));
            *spot = serde_json::from_str(value).expect("JSON");
            if broken == first {
                continue;
            }
            let bad = write("bad.json", &broken);
            for args in [["merge", &bad, &good[1]], ["merge", &good[1], &bad]] {
                let assert = lostwrite(&args);
                let e = complained(&assert);
                let code = assert.get_output().status.code();
                // A cell of this part may be empty, and another text is a text.
                let means_something = place.ends_with("cells/0") && value == "null"
                    || place.ends_with("reached") && value.starts_with('[');
                assert!(code == Some(2) || means_something, "{place} {value}: {code:?} {e}");
                assert!(!e.contains("panicked"), "{place} {value}: {e}");
            }
        }
    }
    let mut broken = first.clone();
    broken["tables"] = serde_json::json!(["x"]);
    let bad = write("bad.json", &broken);
    let e = complained(&lostwrite(&["merge", &bad, &good[1]]).code(2));
    assert!(e.contains("bad.json: $.tables[0].hardware: expected the name of a CPU, found null"), "{e}");
}

/// Whether a text has something that would not stay where it is printed.
fn is_odd(text: &str) -> bool {
    text.contains(|c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c))
}

#[test]
fn what_would_move_a_cursor_is_shown_escaped() {
    const ODD: &str = "\u{1b}]0;title\u{7}\u{202e}";
    let (_case, case) = written("odd.case", format!("W0 {ODD}X\n"));
    let (_expect, expect) = written("expect.case", format!("expect: v3{ODD}=ok\nW0 D0\n"));
    let (_version, version) = own_version("own.json", &[("\"title\": \"", "\"title\": \"\u{202e}\u{200b}")]);
    let (_policy, policy) = written("policy.toml", format!("format = 1\n[rules]\n\"{ODD}\" = 1\n"));
    let (folder, _) = written("x", "");
    let named = path(folder.path(), &format!("{ODD}.case"));
    std::fs::write(&named, "W0 Y0\n").expect("a file");
    let mail = ["report", "finding", "--as-is", "--impl-file", &version, "--impl", "mine"];
    let html = path(folder.path(), "page.html");
    let night = path(folder.path(), "night");
    let odd_argument = format!("--nothing{ODD}");
    for args in [
        &["replay", &case][..],
        &["replay", &expect],
        &["replay", &named],
        &["explain", "--impl-file", &version],
        &["explain", "--impl-file", &version, "--format", "json"],
        &["list", "--impl-file", &version],
        &["matrix", "--impl-file", &version, "--budget", "10", "--samples", "0"],
        &[&mail[..], &["--format", "mail", S1]].concat(),
        &["nightly", "--out", &night, "--policy", &policy],
        &["replay", ODD],
        &["replay", "--impl", ODD, S1],
        &[&odd_argument],
        &["hunt", "--kernel", ODD],
    ] {
        let assert = lostwrite(args);
        let (out, e) = (printed(&assert), complained(&assert));
        assert!(!is_odd(&out) && !is_odd(&e), "{args:?}: {out:?} {e:?}");
    }
    let e = complained(&lostwrite(&["replay", &case]).code(2));
    assert!(e.contains(r"\u001b]0;title\u0007\u202e"), "{e}");
    // Of a version that loses, in files.
    let (_losing, losing) = own_version("losing.json", &[]);
    let json = printed(&lostwrite(&["explain", "pre-fix", "--format", "json"]).success());
    let title = json
        .replace("\"name\": \"pre-fix\"", "\"name\": \"own\"")
        .replace("\"title\": \"", "\"title\": \"\u{202e}");
    std::fs::write(&losing, title).expect("a file");
    for format in ["text", "mail", "html", "svg", "json", "sarif"] {
        let args =
            ["report", "finding", "--as-is", "--impl-file", &losing, "--format", format, "--out", &html, S1];
        lostwrite(&args).success();
        let text = std::fs::read_to_string(&html).expect("text");
        assert!(!is_odd(&text), "{format}: {text:?}");
        let shows_title = !matches!(format, "svg" | "sarif");
        assert!(!shows_title || text.contains("\\u202e"), "{format}: {text}");
    }
}

/// A mail has lines, whatever script a name is in, and the line that runs it names what was given.
#[test]
fn a_mail_keeps_its_lines_and_its_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = printed(&lostwrite(&["explain", "pre-fix", "--format", "json"]).success());
    let file = path(folder.path(), "für's ä.json");
    std::fs::write(&file, json.replace("\"name\": \"pre-fix\"", "\"name\": \"für-6.1\"")).expect("a file");
    let args = ["report", "finding", "--as-is", "--impl-file", &file, "--impl", "für-6.1", "--format", "mail", S1];
    let mail = printed(&lostwrite(&args).success());
    let plain = printed(&lostwrite(&[&FOUND[..], &["--format", "mail", S1]].concat()).success());
    assert!(mail.starts_with("Subject: mm/migrate_device: fur-6.1: "), "{mail}");
    assert!(mail.lines().count() + 3 >= plain.lines().count(), "{mail}");
    let (head, command) = mail.trim_end().rsplit_once("\n    cargo run --release -- ").expect("a command");
    // The name as it is stands there once, and the header says how it is written.
    let foreign: Vec<_> = head.lines().filter(|l| !l.is_ascii()).collect();
    assert_eq!(foreign, ["Names are spelled in ASCII above. As it is: für-6.1"]);
    assert!(head.lines().all(|l| l.len() <= 100), "{head}");
    let header = mail.split("\n\n").next().unwrap_or_default();
    assert!(header.contains("\nContent-Type: text/plain; charset=UTF-8"), "{header}");
    assert!(plain.is_ascii() && !plain.contains("Content-Type") && !plain.contains("spelled"), "{plain}");
    assert!(command.contains(&format!("--impl-file '{}'", file.replace('\'', r"'\''"))), "{command}");
    // As a shell takes it apart.
    let words = shlex::split(command).expect("words");
    let replayed = lostwrite(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(printed(&replayed).contains("WRONG VALUE"), "{command}");
}

#[test]
fn a_matrix_is_not_written_over_something_else() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("index.html"), "mine").expect("a file");
    let out = folder.path().display().to_string();
    let e = complained(
        &lostwrite(&["report", "matrix", "--impl", "v3", "--budget", "10", "--samples", "0", "--out", &out])
            .code(2),
    );
    assert!(e.contains("'index.html'") && e.contains("expected a new or an empty folder"), "{e}");
    assert_eq!(std::fs::read_to_string(folder.path().join("index.html")).expect("text"), "mine");
    let new = path(folder.path(), "new");
    let args = ["report", "matrix", "--impl", "v3", "--budget", "10", "--samples", "0", "--out", &new];
    for _ in 0..2 {
        assert_ne!(lostwrite(&args).get_output().status.code(), Some(2));
    }
}
