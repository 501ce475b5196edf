//! What an engine's process is told: environment variables, since engines keep the command line for
//! themselves.

use crate::known::Known;
use crate::lookup::assumption;
use crate::targets::Canary;
use crate::targets::correct;
use corpus::read::WRITTEN;
use impls::Version;
use model::Assumption;
use std::path::Path;
use std::sync::LazyLock;

/// The versions that can be named: `LOSTWRITE_IMPL_FILES` adds files of one's own, separated as the system
/// separates the folders of PATH, and `LOSTWRITE_NO_ASSUME` is what judges are not to excuse, with commas
/// between the assumptions. The process ends with 2 if one cannot be read.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let files = std::env::var_os("LOSTWRITE_IMPL_FILES").unwrap_or_default();
    let files: Vec<_> = std::env::split_paths(&files).filter(|p| !p.as_os_str().is_empty()).collect();
    let off = std::env::var("LOSTWRITE_NO_ASSUME").unwrap_or_default();
    let off = without(&off).unwrap_or_else(|e| stop(&format!("NO_ASSUME: {e}")));
    read(&files, &off).unwrap_or_else(|e| stop(&format!("IMPL_FILES: {e}")))
});

/// Identifiers with commas between them.
fn without(off: &str) -> Result<Vec<Assumption>, String> {
    off.split(',').filter(|id| !id.is_empty()).map(assumption).collect()
}

fn read(files: &[impl AsRef<Path>], off: &[Assumption]) -> Result<Known, String> {
    let mut known = Known::without(off);
    for path in files {
        let path = path.as_ref();
        let json = WRITTEN
            .text(std::path::Path::new(path))
            .map_err(|e| format!("{}: {e}; expected {}", path.display(), crate::known::FILE))?;
        known
            .add(&path.display().to_string(), &json)?
            .iter()
            .for_each(|warning| eprintln!("lostwrite: {warning}"));
    }
    Ok(known)
}

/// What `rediscover` looks for: `LOSTWRITE_SUBJECT`, `LOSTWRITE_FAMILY`, `LOSTWRITE_SCENARIO`, `LOSTWRITE_KERNEL`
/// and `LOSTWRITE_HARDWARE` say, or else any loss of pre-fix. The process ends with 2 if one of them names what
/// does not exist.
pub static SUBJECT: LazyLock<Canary> = LazyLock::new(|| {
    let setting = |name: &str| std::env::var(format!("LOSTWRITE_{name}")).ok();
    Canary::from_settings(setting, &KNOWN).unwrap_or_else(|unknown| stop(&unknown))
});

/// The versions that `differential` and `programs` run: those that `LOSTWRITE_IMPLS` names, with commas
/// between them, else every version that is believed correct; and those of `LOSTWRITE_IMPL_FILES`. The
/// process ends with 2 if there is no such version.
pub static VERSIONS: LazyLock<Vec<&'static Version>> = LazyLock::new(|| {
    let names = std::env::var("LOSTWRITE_IMPLS").ok();
    versions(names.as_deref(), &KNOWN).unwrap_or_else(|unknown| stop(&format!("IMPLS: {unknown}")))
});

fn versions(names: Option<&str>, known: &Known) -> Result<Vec<&'static Version>, String> {
    match names {
        Some(names) => known.named(&names.split(',').map(str::to_owned).collect::<Vec<_>>()),
        None => Ok(correct().iter().map(|v| known.judged(v)).chain(known.own().iter().copied()).collect()),
    }
}

fn stop(setting: &str) -> ! {
    eprintln!("LOSTWRITE_{setting}");
    std::process::exit(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_from_a_file_runs_beside_the_others_and_can_be_the_subject() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.json");
        let pre_fix = impls::find("pre-fix").expect("registered");
        std::fs::write(&path, impls::file::to_json(&Version { name: "mine", ..pre_fix.clone() })).expect("a file");
        let known = read(&[&path], &[]).expect("it is well formed");
        let names = |of: Option<&str>| -> Vec<_> {
            versions(of, &known).expect("they exist").iter().map(|v| v.name).collect()
        };
        assert_eq!(names(Some("v2,v3")), ["v2", "v3", "mine"]);
        let all = names(None);
        assert_eq!((all.len(), all.last()), (correct().len() + 1, Some(&"mine")));
        let subject = Canary::from_settings(|n| (n == "SUBJECT").then(|| "mine".to_owned()), &known);
        assert_eq!(subject.map(|s| s.version.name), Ok("mine"));
        // It is run as what it is: a version of which nothing is known.
        let s1 = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
        let report = crate::targets::differential(&versions(None, &known).expect("they exist"), &s1);
        assert!(report.is_some_and(|r| r.starts_with("mine: ")));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let e = read(&["no/such.json"], &[]).expect_err("there is none");
        assert!(
            e.starts_with("no/such.json: ") && e.contains("expected a version or a function as a listing"),
            "{e}"
        );
    }
}
