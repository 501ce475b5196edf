//! What is said of a version of one's own, against the release that it is made of.
//!
//! A version is a kernel with functions replaced, and the rest of that kernel may lose something by itself.
//! Of a version of one's own only that counts which a step of its own functions is at fault for, or which the
//! release does not show. It is run in the release that it belongs to unless somebody asks for another one:
//! what its functions rely on may not hold elsewhere. Nothing of this concerns built-in versions, whose rows
//! in the table of expected verdicts are about the function that they replace, in any release.

use crate::answers::losses::{Loss, losses};
use crate::exhaust::{Answer, Exhaust, Options, exhaust_with};
use crate::schedulers::{Recorder, SamplerKind, rng_for};
use corpus::{Case, Environment};
use impls::{Version, released};
use oracle::guard::{guarded, quietly};
use oracle::{Finding, Judge, Judges, by_place, execute, replay, trace_of};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The case as a version runs it: one of one's own in its own release, any other as it is.
#[must_use]
pub fn at_home<'a>(version: &Version, case: &'a Case) -> Cow<'a, Case> {
    if version.is_built_in() || version.kernel == case.config.profile {
        return Cow::Borrowed(case);
    }
    Cow::Owned(Environment { kernel: Some(version.kernel), ..Environment::default() }.of(case))
}

/// The release around a version, judged as the version is.
fn around(version: &Version, case: &Case) -> Version {
    judged_as(version, released(case.config.profile))
}

/// What a version is compared with, judged as the version is: where it takes part in a window that is
/// otherwise excused, the same holds for the other side.
#[must_use]
pub fn judged_as(version: &Version, other: &Version) -> Version {
    other.assuming(version.code(version.kernel).assumed())
}

/// Of what judges say of a version's execution, that for which the release is not at fault: all of it for a
/// built-in version. The case has the schedule of the execution.
///
/// The release is replayed to the same places. An execution that it cannot follow may leave something that is
/// no fault of the version's; [`is_its_own`] looks more closely.
#[must_use]
pub fn its_own(version: &Version, case: &Case, judges: &Judges) -> Judges {
    if version.is_built_in() || judges.is_silent() {
        return *judges;
    }
    let mut theirs = None;
    judges.among(|judge| {
        is_at_fault(version, case, judge)
            || theirs.get_or_insert_with(|| replayed(version, case)).of(judge).is_none()
    })
}

/// Whether the step at fault is one of the version's own functions.
fn is_at_fault(version: &Version, case: &Case, judge: Judge) -> bool {
    trace_of(version, case, Some(judge)).at_fault.is_some_and(|at| at.subject_step.is_some())
}

/// What judges say of the release where it comes to the same places.
fn replayed(version: &Version, case: &Case) -> Judges {
    let mut judges = Judges::default();
    let case = by_place(version, case);
    let around = around(version, &case);
    quietly(|| guarded(|| replay(&around, &case, &mut judges)));
    judges
}

/// Whether a finding on a version of one's own is its own: a step of its functions is at fault, or no
/// interleaving of the programs shows the same on the release. True of a built-in version.
#[must_use]
pub fn is_its_own(version: &Version, case: &Case, finding: &Finding) -> bool {
    version.is_built_in()
        || is_at_fault(version, case, finding.judge())
        || (replayed(version, case).of(finding.judge()).is_none() && !shows(version, case, &Loss::of(finding)))
}

/// States that the release's programs may have, and executions that are drawn where they have more.
const STATES: usize = 100_000;
const DRAWN: u64 = 1_000;

/// Whether the release can lose the same in the programs of a case.
fn shows(version: &Version, case: &Case, loss: &Loss) -> bool {
    let around = around(version, case);
    let options = Options { budget: STATES, threads: 1, ..Options::default() };
    let answer = |f: &Finding, (): &()| if Loss::of(f) == *loss { Answer::Stop } else { Answer::Ignore };
    match quietly(|| exhaust_with(&around, case, &options, answer).0) {
        Exhaust::Exhausted { .. } => false,
        Exhaust::Found { .. } => true,
        Exhaust::Budget { .. } => (0..DRAWN).any(|n| {
            let mut rng = rng_for(0, n);
            let kind = SamplerKind::draw(&mut rng);
            let (mut sampler, mut judges) = (Recorder::new(kind, rng), Judges::default());
            quietly(|| guarded(|| execute(&around, &case.config, &case.programs, &mut sampler, &mut judges)));
            judges.iter().any(|f| Loss::of(&f) == *loss)
        }),
    }
}

/// What the release can lose in the programs of a case, for a version of one's own; nothing for a built-in
/// one.
/// `None` if the programs have more than `budget` states.
#[must_use]
pub fn losses_around(version: &Version, case: &Case, budget: usize) -> Option<BTreeSet<Loss>> {
    if version.is_built_in() {
        return Some(BTreeSet::new());
    }
    losses(&around(version, case), case, budget).ok().map(|found| found.losses)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function as its release has it, as one's own.
    fn unedited(function: &str) -> Version {
        impls::subject(function).expect("there is such a function")
    }

    fn judged(version: &Version, case: &Case) -> Judges {
        let mut judges = Judges::default();
        replay(version, case, &mut judges);
        judges
    }

    #[test]
    fn what_the_release_does_is_not_held_against_a_function_of_ones_own() {
        let case: Case = "kernel=5.18 cpu0: W0 Z0 W0 | cpu1: D0 | schedule: 0*6 1".parse().expect("a case");
        let reuse = unedited("wp_page_reuse@5.18");
        let judges = judged(&reuse, &case);
        assert!(!judges.is_silent(), "5.18 loses here");
        assert!(its_own(&reuse, &case, &judges).is_silent());
        for finding in judges.iter() {
            assert!(!is_its_own(&reuse, &case, &finding));
        }
        // The function that is at fault is not excused.
        let collect = unedited("migrate_vma_collect_pmd@5.18");
        let judges = judged(&collect, &case);
        assert!(!its_own(&collect, &case, &judges).is_silent());
        assert!(judges.iter().any(|f| is_its_own(&collect, &case, &f)));
        // A built-in version answers for everything.
        let built_in = impls::find("5.18").expect("registered");
        let judges = judged(built_in, &case);
        assert_eq!(its_own(built_in, &case, &judges), judges);
    }

    /// Reclaim's window is not excused where reclaim is under comparison: for the release beside it neither.
    #[test]
    fn an_unedited_function_of_reclaim_loses_what_its_release_does() {
        let case: Case = "kernel=6.1 cpu0: F0 R0 | cpu1: W0 | kswapd: P0".parse().expect("a case");
        let unmap = unedited("try_to_unmap_one@6.1");
        let own = losses(&unmap, &case, 200_000).expect("not too large").losses;
        let release = released(unmap.kernel);
        let theirs = |version: &Version| losses(version, &case, 200_000).expect("not too large").losses;
        assert!(!own.is_empty() && theirs(release).is_empty(), "{own:?}");
        assert_eq!(theirs(&judged_as(&unmap, release)), own);
    }

    #[test]
    fn a_version_of_ones_own_runs_in_its_own_release() {
        let case: Case = "kernel=5.18 hw=w7 large=1 W0 P0 R0".parse().expect("a case");
        let home = at_home(&unedited("zap_pte_range@6.1"), &case).to_string();
        assert_eq!(home, "kernel=6.1 hw=w7 large=1 W0 P0 R0");
        assert_eq!(*at_home(impls::find("v3").expect("registered"), &case), case);
    }
}
