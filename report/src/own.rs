//! Versions of which nothing is expected, those from files and mutants: what was found on them is said in
//! words.

use explore::answers::cell::Verdict;
use impls::{Scenario, Standing, Version};
use std::collections::BTreeSet;

/// What was found on a version: of which kind, and of a loss in which scenario.
pub type FoundOn = BTreeSet<(Verdict, Option<Scenario>)>;

/// What a version loses, or within which bounds nothing was found, in a sentence.
#[must_use]
pub fn found_on(version: &Version, found: &FoundOn, within: &str) -> String {
    let kinds = [
        (Verdict::Wrong { stale: false }, "loses a store"),
        (Verdict::Wrong { stale: true }, "loads stale data"),
        (Verdict::Broken, "breaks a structural rule"),
        (Verdict::Dropped, "loses a dirty bit"),
    ];
    let parts: Vec<String> = kinds
        .into_iter()
        .filter_map(|(verdict, words)| {
            let scenarios: Vec<_> = found.iter().filter(|(v, _)| *v == verdict).map(|(_, s)| *s).collect();
            let names: Vec<_> = scenarios.iter().flatten().map(|s| s.name()).collect();
            // What was revoked is told once more by the judge who sees it without a load.
            let elsewhere = scenarios.contains(&None) && verdict == Verdict::Wrong { stale: false };
            let at = match (names.is_empty(), elsewhere) {
                (true, _) => String::new(),
                (false, false) => format!(" in {}", names.join(", ")),
                (false, true) => format!(" in {} and in a way that is no known scenario", names.join(", ")),
            };
            (!scenarios.is_empty()).then(|| format!("{words}{at}"))
        })
        .collect();
    match parts.is_empty() {
        true => format!("{}: nothing found within {within}{}", version.name, version.under()),
        false => format!("{} {}{} (nothing was expected of it)", version.name, parts.join("; "), version.under()),
    }
}

/// The word for programs.
#[must_use]
pub const fn standing(version: &Version) -> &'static str {
    match version.standing {
        Standing::BuiltIn { .. } => "built-in",
        Standing::Mutant => "mutant",
        Standing::Own => "own",
    }
}

/// What it is judged without, for programs.
#[must_use]
pub fn off(version: &Version) -> Vec<&'static str> {
    version.assumed().off().map(model::Assumption::id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_named_with_its_scenarios_and_nothing_is_bounded() {
        let mine = Version { name: "mine", standing: Standing::Own, ..impls::registry()[0].clone() };
        let said =
            |found: &[(Verdict, Option<Scenario>)]| found_on(&mine, &found.iter().copied().collect(), "10 states");
        let (lost, stale) = (Verdict::Wrong { stale: false }, Verdict::Wrong { stale: true });
        assert_eq!(said(&[]), "mine: nothing found within 10 states");
        let found = [
            (lost, Some(Scenario::SampledDirty)),
            (lost, Some(Scenario::SwapcacheDirty)),
            (stale, Some(Scenario::StaleLoad)),
        ];
        let words = "mine loses a store in swapcache-dirty, sampled-dirty; loads stale data in stale-load (nothing was expected of it)";
        assert_eq!(said(&found), words);
        let words = "mine loses a store in swapcache-dirty and in a way that is no known scenario; breaks a structural rule \
                     (nothing was expected of it)";
        assert_eq!(said(&[(lost, Some(Scenario::SwapcacheDirty)), (lost, None), (Verdict::Broken, None)]), words);
    }
}
