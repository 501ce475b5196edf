//! What a patch or a commit changes in a kernel tree: each C file before and after.

use crate::commands::input;
use crate::commands::lift::no_release;
use corpus::read::WRITTEN;
use kernel::image::release_in;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A file that a change touches, with its path in the tree.
pub struct Changed {
    pub path: String,
    pub before: String,
    pub after: String,
}

/// A change, and the release of the tree that it belongs to.
pub struct Change {
    /// The subject of the commit or of the mail, if it has one.
    pub subject: Option<String>,
    pub release: String,
    pub files: Vec<Changed>,
}

/// The change that a patch makes to a tree, in which nothing is written.
pub fn of_patch(patch: &str, tree: &str, given: Option<&str>) -> Result<Change, String> {
    let root = folder(tree)?;
    let bytes = WRITTEN
        .read(Path::new(patch))
        .map_err(|e| input::unreadable(Path::new(patch), &e, "a patch, as git format-patch makes it"))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // git says which files, and applies it to copies of them.
    let copy = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    git(copy.path(), &["init", "--quiet"])?;
    let whole = copy.path().join("the.patch");
    std::fs::write(&whole, &bytes).map_err(|e| e.to_string())?;
    let apply = ["apply", "--whitespace=nowarn", "--recount"];
    let counts = git(copy.path(), &[&apply[..], &["--numstat", "-z", "the.patch"]].concat()).map_err(|e| {
        format!("{patch}: git cannot read it as a patch: {e}; expected what git format-patch or diff -u makes")
    })?;
    let mut copied = Vec::new();
    let mut crlf = false;
    let renamed = renames(&text);
    for (_, to) in touched(&counts) {
        let from = renamed.get(to).copied().unwrap_or(to);
        if let Some(path) = [from, to].into_iter().find(|path| !is_inside(path)) {
            return Err(format!("{patch}: {path} is outside the tree; expected paths such as a/mm/memory.c"));
        }
        let before = read(&root.join(from))?;
        let there = copy.path().join(from);
        std::fs::create_dir_all(there.parent().unwrap_or(copy.path())).map_err(|e| e.to_string())?;
        if let Some(before) = &before {
            crlf |= before.contains("\r\n");
            std::fs::write(&there, before).map_err(|e| format!("{}: {e}", there.display()))?;
        }
        copied.push((to, before.unwrap_or_default()));
    }
    // A mailer has ended the lines in another way than the tree.
    if !crlf && text.contains("\r\n") {
        std::fs::write(&whole, text.replace("\r\n", "\n")).map_err(|e| e.to_string())?;
    }
    git(copy.path(), &[&apply[..], &["the.patch"]].concat())
        .map_err(|e| format!("{patch} does not apply to {tree}: {e}"))?;
    let files = copied.into_iter().filter(|(path, _)| path.ends_with(".c")).map(|(path, before)| {
        let after = read(&copy.path().join(path))?.unwrap_or_default();
        Ok(Changed { path: path.to_owned(), before, after })
    });
    let makefile = read(&root.join("Makefile"))?;
    Ok(Change {
        subject: subject_of_mail(&text),
        release: release(tree, given, makefile.as_deref().unwrap_or_default())?,
        files: files.collect::<Result<_, String>>()?,
    })
}

/// The change that a commit makes, against its first parent.
pub fn of_commit(tree: &str, revision: &str, given: Option<&str>) -> Result<Change, String> {
    let root = folder(tree)?;
    let commit = git(&root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
        .map_err(|_| format!("{tree}: there is no commit '{revision}', and no file of that name; expected a patch, a C file, a listing or a commit"))?;
    let commit = commit.trim();
    let parent = format!("{commit}^1");
    git(&root, &["rev-parse", "--verify", "--quiet", &parent])
        .map_err(|_| format!("{tree}: {revision} has no parent to compare it with; expected a later commit"))?;
    let names = git(&root, &["diff", "--numstat", "-z", "--find-renames", &parent, commit])?;
    let show = |at: &str, path: &str| git(&root, &["show", &format!("{at}:{path}")]).unwrap_or_default();
    let files = touched(&names).into_iter().filter(|(_, to)| to.ends_with(".c")).map(|(from, to)| Changed {
        path: to.to_owned(),
        before: show(&parent, from),
        after: show(commit, to),
    });
    let makefile = show(commit, "Makefile");
    Ok(Change {
        subject: git(&root, &["log", "-1", "--format=%s", commit]).ok().map(|s| s.trim().to_owned()),
        release: release(tree, given, &makefile)?,
        files: files.collect(),
    })
}

fn folder(tree: &str) -> Result<std::path::PathBuf, String> {
    let root = Path::new(tree);
    if root.is_dir() {
        Ok(root.to_owned())
    } else {
        Err(format!("--tree {tree}: expected the folder of a kernel's sources, found none"))
    }
}

/// The files that `git ... --numstat -z` names, each as it was called before and after.
fn touched(counts: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let mut parts = counts.split('\0');
    while let Some(part) = parts.next() {
        match part.splitn(3, '\t').nth(2) {
            // Of a file that is renamed the two names follow.
            Some("") => out.extend(parts.next().zip(parts.next())),
            Some(path) => out.push((path, path)),
            None => {}
        }
    }
    out
}

/// The files that a patch renames: by the new name the old one. `git apply --numstat` has the new one alone.
fn renames(patch: &str) -> BTreeMap<&str, &str> {
    let lines: Vec<&str> = patch.lines().map(|line| line.trim_end_matches('\r')).collect();
    let pairs = lines
        .windows(2)
        .filter_map(|pair| Some((pair[1].strip_prefix("rename to ")?, pair[0].strip_prefix("rename from ")?)));
    pairs.collect()
}

/// A path below the folder that it is taken from.
fn is_inside(path: &str) -> bool {
    let parts = Path::new(path).components();
    parts.into_iter().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// The text of a file; `None` if there is none.
fn read(path: &Path) -> Result<Option<String>, String> {
    match WRITTEN.read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

/// What git prints, in a folder, without what a user has set up.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let out = Command::new("git")
        .current_dir(folder)
        .args(["-c", "core.autocrlf=false", "-c", "core.hooksPath=/dev/null"])
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .output()
        .map_err(|e| format!("git cannot be run: {e}; install it"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    // The error, not what it warns of before.
    let error = said.lines().find(|line| line.starts_with("error:") || line.starts_with("fatal:"));
    Err(error.or_else(|| said.lines().find(|line| !line.is_empty())).unwrap_or("git failed").to_owned())
}

/// The release that was given, or that the Makefile of a tree says.
fn release(tree: &str, given: Option<&str>, makefile: &str) -> Result<String, String> {
    given.map(str::to_owned).or_else(|| release_in(makefile)).ok_or_else(|| no_release(tree))
}

/// The subject of a mail, without what git and mailing lists put before it.
fn subject_of_mail(text: &str) -> Option<String> {
    let mut lines = text.lines().take_while(|line| !line.starts_with("diff ") && !line.starts_with("--- "));
    let mut subject = lines.find_map(|line| line.strip_prefix("Subject: "))?.to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        subject += &format!(" {}", line.trim());
    }
    while let Some(rest) = subject.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        subject = rest.1.trim_start().to_owned();
    }
    Some(subject)
}
