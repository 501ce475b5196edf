//! Whether what judges excuse is what makes a change and what was before it alike: both are looked at again
//! without the assumptions.

use explore::answers::check::{CheckOptions, Checked, Flagged, check};
use impls::Version;
use model::{Assumption, Assumptions};
use report::lost_by;
use std::time::Duration;

/// The part of the time of the check that this may take, each time.
const PART: u32 = 4;

/// A sentence for each assumption without which the change shows something that was not there before it.
pub fn sentences(options: &CheckOptions, took: Duration) -> Vec<String> {
    let assumed = options.version.assumed();
    let time = took.min(options.time / PART).max(Duration::from_millis(100));
    let without = |off: &[Assumption]| -> Checked {
        let left = off.iter().fold(assumed, |all: Assumptions, a| all.without(*a));
        let judged = |version: &Version| -> &'static Version { Box::leak(Box::new(version.assuming(left))) };
        let (version, released) = (judged(options.version), judged(options.released));
        let environment = options.environment.clone();
        check(&CheckOptions { version, released, time, environment, ..*options }, &|_| {})
    };
    let on: Vec<_> = Assumption::ALL.iter().copied().filter(|a| assumed.has(*a)).collect();
    // All at once first: mostly there is nothing.
    let Some(all) = without(&on).flagged else { return Vec::new() };
    let said = |off: &[Assumption], found: &Flagged| {
        let names: Vec<_> = off.iter().map(|a| a.id()).collect();
        let options: Vec<_> = off.iter().map(|a| format!("--no-assume {}", a.id())).collect();
        format!(
            "excused by what is assumed ({}): under {} {} ({})",
            names.join(", "),
            options.join(" "),
            lost_by(found),
            found.case
        )
    };
    let alone = on.iter().filter_map(|one| {
        let off = std::slice::from_ref(one);
        without(off).flagged.map(|found| said(off, &found))
    });
    let alone: Vec<_> = alone.collect();
    if alone.is_empty() { vec![said(&on, &all)] } else { alone }
}
