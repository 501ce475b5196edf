//! Historical bugs: each is found at its own operation, and the kernel as shipped is silent on the same programs.

use corpus::Case;
use explore::exhaust::{Answer, Exhaust, exhaust};
use impls::{Bug, Subject, Version, bugs};
use model::Assumption;
use std::sync::Arc;

const BUDGET: usize = 400_000;

fn case(bug: &Bug) -> Case {
    bug.shows.parse().unwrap_or_else(|e| panic!("{}: {e}", bug.version.name))
}

/// Some judge speaks in some interleaving.
fn flagged(version: &Version, case: &Case) -> bool {
    let found = exhaust::<()>(version, case, BUDGET, |_, _| Answer::Stop);
    match found {
        Exhaust::Found { .. } => true,
        Exhaust::Exhausted { .. } => false,
        other => panic!("{}: {other:?}", version.name),
    }
}

/// What judges excuse unless told not to, and which assumption that is.
const EXCUSED: [(&str, Assumption); 1] = [("pinned-pages-go-to-swap", Assumption::ExclusiveUntracked)];

#[test]
fn every_bug_is_found_and_the_kernel_as_shipped_is_silent() {
    assert!(bugs().len() >= 10);
    for bug in bugs() {
        let case = case(bug);
        let excused = EXCUSED.iter().find(|(name, _)| *name == bug.version.name);
        assert_eq!(flagged(&bug.version, &case), excused.is_none(), "{}: {}", bug.version.name, bug.shows);
        if let Some((_, assumption)) = excused {
            let strict = bug.version.assuming(bug.version.assumed().without(*assumption));
            assert!(flagged(&strict, &case), "{} without the excuse: {}", bug.version.name, bug.shows);
        }
        let shipped = Subject::new(Vec::new()).expect("a kernel links");
        let shipped = Version { name: "shipped", subject: Arc::new(shipped), ..bug.version.clone() };
        assert!(!flagged(&shipped, &case), "as shipped: {}", bug.shows);
    }
}

/// A bug replaces what was wrong, and a body that is as the kernel has it is no part of it.
#[test]
fn every_function_of_a_bug_differs_from_the_kernels() {
    for bug in bugs() {
        for body in bug.version.functions() {
            let name = body.function.name;
            let shipped = impls::kernel::body(name, bug.version.kernel).expect("a function of the kernel");
            assert_ne!(shipped.function.body, body.function.body, "{}: {name}", bug.version.name);
        }
        assert_eq!(case(bug).config.profile, bug.version.kernel, "{}", bug.version.name);
    }
}
