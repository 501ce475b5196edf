//! What an engine's process is told: environment variables, since engines keep the command line for themselves.

use crate::Subject;
use crate::targets::correct;
use impls::Version;
use std::sync::LazyLock;

/// What `rediscover` looks for: `LOSTWRITE_SUBJECT`, `LOSTWRITE_SCENARIO`, `LOSTWRITE_KERNEL` and `LOSTWRITE_HARDWARE`
/// say, or else any loss of pre-fix. The process ends with 2 if one of them names what does not exist.
pub static SUBJECT: LazyLock<Subject> = LazyLock::new(|| {
    let setting = |name: &str| std::env::var(format!("LOSTWRITE_{name}")).ok();
    Subject::from_settings(setting).unwrap_or_else(|unknown| stop(&unknown))
});

/// The versions that `differential` runs: those that `LOSTWRITE_IMPLS` names, with commas between them, else every version that is
/// believed correct. The process ends with 2 if there is no such version.
pub static VERSIONS: LazyLock<Vec<&'static Version>> = LazyLock::new(|| match std::env::var("LOSTWRITE_IMPLS") {
    Ok(names) => {
        let find = |name| impls::find(name).unwrap_or_else(|unknown| stop(&format!("IMPLS: {unknown}")));
        names.split(',').map(find).collect()
    }
    Err(_) => correct().to_vec(),
});

fn stop(setting: &str) -> ! {
    eprintln!("LOSTWRITE_{setting}");
    std::process::exit(2)
}
