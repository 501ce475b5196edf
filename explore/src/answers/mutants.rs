//! Do the judges catch every small mistake in a listing?
//!
//! Each [edit](impls::edits) of a version's listing is a mutant. It is caught by the first of these that says
//! something which the original gives no cause for:
//!
//! 1. with one CPU, the programs that are made for it, the sequences recorded on real kernels, and generated
//!    ones: the judges, and the differential (one CPU interleaves in one way only, so that loads and places
//!    must be those of the original);
//! 2. executions drawn as a hunt draws them, for an original that is believed correct, or of which nothing is
//!    expected and nothing found;
//! 3. all interleavings of the programs that are made for it (`programs.case`, `mutants.case`): a kind of
//!    finding that the original does not show, or a judge that is silent where it is not on the original.
//!
//! A step that the model cannot carry out counts only if nothing else does: a kernel has no such alarm.

use crate::answers::cell::Effort;
use crate::answers::cell::{Verdict, verdict};
use crate::exhaust::{Answer, Exhaust, exhaust};
use crate::schedulers::case_at;
use corpus::Case;
use impls::{Edit, Scenario, Version, edits};
use model::{Config, Profile};
use oracle::guard::{guarded, quietly};
use oracle::{
    Comparison, Finding, History, Judge, Judges, Memory, Outcome, Rule, compare, execute, outcome, replay, trace,
};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Who caught a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catcher {
    /// A judge.
    Judge(Judge),
    /// The comparison with the original.
    Differential,
    /// Nobody but the model, which cannot carry the step out.
    Impossible,
}

impl Catcher {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Catcher::Judge(judge) => judge.name(),
            Catcher::Differential => "differential",
            Catcher::Impossible => "structural (impossible step)",
        }
    }
}

/// How a mutant was caught.
#[derive(Clone, Debug)]
pub struct Catch {
    /// By whom.
    pub by: Catcher,
    /// What was found, if it was a judge.
    pub finding: Option<Finding>,
    /// On which case; without a schedule if it was one of all.
    pub case: Case,
}

/// A mutant and what became of it.
#[derive(Clone, Debug)]
pub struct MutantReport {
    /// The mutant's name.
    pub name: String,
    /// What the table of survivors calls it.
    pub key: String,
    /// How it was caught; `None` if it survived.
    pub caught: Option<Catch>,
    /// Whether all programs were exhausted, as far as they were tried.
    pub exhausted: bool,
}

/// A version's mutants.
#[derive(Clone, Debug)]
pub struct MutantsReport {
    /// The version.
    pub version: &'static Version,
    /// The kernel around it.
    pub kernel: Profile,
    /// What the version itself shows on the cases and programs that its mutants are judged on, without the
    /// edits. Of one that is known to lose this is what it is known for.
    pub shows: BTreeSet<(Verdict, Option<Scenario>)>,
    /// Its mutants, in the order of [`edits`].
    pub mutants: Vec<MutantReport>,
}

impl MutantsReport {
    /// How many were caught.
    #[must_use]
    pub fn caught(&self) -> usize {
        self.mutants.iter().filter(|m| m.caught.is_some()).count()
    }
}

/// How many mutants the versions have.
#[must_use]
pub fn count_mutants(versions: &[&'static Version]) -> usize {
    versions.iter().map(|v| edits(v).len()).sum()
}

/// Runs every mutant of the versions on all cores, and reports each to `progress` when it is done.
pub fn mutants(versions: &[&'static Version], effort: Effort, progress: impl Fn() + Sync) -> Vec<MutantsReport> {
    let originals: Vec<Original> = versions.par_iter().map(|version| Original::of(version, effort)).collect();
    let all: Vec<(&Original, Edit)> =
        originals.iter().flat_map(|o| edits(o.version).into_iter().map(move |e| (o, e))).collect();
    let reports: Vec<MutantReport> = all
        .into_par_iter()
        .map(|(original, edit)| {
            let report = quietly(|| original.run(edit));
            progress();
            report
        })
        .collect();
    let mut reports = reports.into_iter();
    let of = |original: &Original| MutantsReport {
        version: original.version,
        kernel: original.kernel,
        shows: original.shows.clone(),
        mutants: reports.by_ref().take(edits(original.version).len()).collect(),
    };
    originals.iter().map(of).collect()
}

/// Which kinds of finding all interleavings of a program show; the impossible is kept apart.
type Kinds = BTreeSet<(Judge, Option<Scenario>)>;
/// The same as they are told.
type Shows = BTreeSet<(Verdict, Option<Scenario>)>;

/// A version as it is, to compare with.
struct Original {
    version: &'static Version,
    kernel: Profile,
    effort: Effort,
    /// Cases with one CPU, and what becomes of them.
    sequential: Vec<(Case, Outcome, Judges)>,
    /// Programs of several actors, and what they show; `None` where there are too many states.
    programs: Vec<(Case, Option<Kinds>)>,
    /// What it shows on all of these.
    shows: Shows,
}

/// Any number: the same executions every time.
const SEED: u64 = 1;

impl Original {
    fn of(version: &'static Version, effort: Effort) -> Original {
        let kernel = version.kernel;
        let programs = corpus::scenario_programs().into_iter().chain(corpus::mutant_programs()).map(|e| e.case);
        let generated = (0..effort.samples).map(|index| first_alone(case_at(SEED, index).0));
        let cases = programs.chain(corpus::ground_truth_sequences()).chain(generated);
        let cases = cases.map(|c| c.on(kernel, c.surface()));
        let (sequential, programs): (Vec<_>, Vec<_>) = cases.partition(Case::is_sequential);
        let mut shows = Shows::new();
        let sequential = sequential.into_iter().map(|case| {
            let (outcome, judges, _) = outcome(version, &case);
            if !judges.is_silent() && case.config.keeps_contract() {
                let scenario = trace(version, &case).scenario();
                shows.extend(
                    judges.iter().map(|f| (verdict(&f), scenario.filter(|_| f.judge() == Judge::LastWrite))),
                );
            }
            (case, outcome, judges)
        });
        let sequential = sequential.collect();
        let programs = programs.into_iter().map(|case| {
            let found = kinds(version, &case, effort);
            if case.config.keeps_contract() {
                shows.extend(found.shows);
            }
            (case, found.kinds)
        });
        let programs = programs.collect();
        Original { version, kernel, effort, sequential, programs, shows }
    }

    /// Whether whatever a judge says of a mutant is the edit's doing.
    fn is_silent(&self) -> bool {
        match self.version.has_expectations() {
            true => self.version.is_believed_correct(),
            false => self.shows.is_empty(),
        }
    }

    fn run(&self, edit: Edit) -> MutantReport {
        let mutant = edit.of(self.version);
        let mut impossible = None;
        let mut exhausted = true;
        let caught = self
            .sequential(&mutant, &mut impossible)
            .or_else(|| self.sampled(&mutant, &mut impossible))
            .or_else(|| self.interleaved(&mutant, &mut impossible, &mut exhausted))
            .or(impossible);
        MutantReport { name: edit.name, key: edit.key, caught, exhausted }
    }

    /// A judge on any of the cases comes before a difference on an earlier one: it says what is wrong.
    fn sequential(&self, mutant: &Version, impossible: &mut Option<Catch>) -> Option<Catch> {
        let mut differs = None;
        let judged = self.sequential.iter().find_map(|(case, theirs, silent)| {
            let judges = match guarded(|| outcome(mutant, case)) {
                Some((ours, judges, _)) => {
                    if differs.is_none() && diverge(case, theirs, &ours) {
                        differs = Some(difference(case));
                    }
                    judges
                }
                None => {
                    impossible.get_or_insert_with(|| cannot(case));
                    let mut judges = Judges::default();
                    guarded(|| replay(mutant, case, &mut judges));
                    judges
                }
            };
            news(&judges, silent).map(|finding| caught(finding, case))
        });
        judged.or(differs)
    }

    fn sampled(&self, mutant: &Version, impossible: &mut Option<Catch>) -> Option<Catch> {
        if !self.is_silent() {
            return None;
        }
        (0..self.effort.samples).find_map(|index| {
            let (case, mut sampler) = case_at(SEED, index);
            let case = case.on(self.kernel, case.surface());
            let mut judged = |version: &Version, record: bool| {
                let mut judges = Judges::default();
                sampler.restart(record);
                let ended = guarded(|| execute(version, &case.config, &case.programs, &mut sampler, &mut judges))
                    .is_some();
                let case = Case { schedule: sampler.schedule().clone(), ..case.clone() };
                (judges, ended, case)
            };
            let (judges, ended, _) = judged(mutant, false);
            if ended && judges.is_silent() {
                return None;
            }
            let (silent, ..) = judged(self.version, false);
            let (judges, ended, case) = judged(mutant, true);
            if !ended {
                impossible.get_or_insert_with(|| cannot(&case));
            }
            news(&judges, &silent).map(|finding| caught(finding, &case))
        })
    }

    fn interleaved(
        &self,
        mutant: &Version,
        impossible: &mut Option<Catch>,
        exhausted: &mut bool,
    ) -> Option<Catch> {
        self.programs.iter().find_map(|(program, theirs)| {
            let Some(theirs) = theirs else {
                *exhausted = false;
                return None;
            };
            let catch = if theirs.is_empty() {
                self.anything(mutant, program, impossible, exhausted)
            } else {
                self.another_kind(mutant, program, theirs, impossible, exhausted)
            };
            catch.filter(|c| c.by != Catcher::Impossible)
        })
    }

    /// Where the original shows nothing, anything will do, and the past does not matter.
    fn anything(
        &self,
        mutant: &Version,
        program: &Case,
        impossible: &mut Option<Catch>,
        exhausted: &mut bool,
    ) -> Option<Catch> {
        let mut cannot_go_on = false;
        let found = exhaust::<()>(mutant, program, self.effort.budget, |finding, ()| {
            cannot_go_on |= is_impossible(finding);
            if is_impossible(finding) { Answer::Ignore } else { Answer::Stop }
        });
        if cannot_go_on {
            impossible.get_or_insert_with(|| cannot(program));
        }
        *exhausted &= !matches!(found, Exhaust::Budget { .. });
        match found {
            Exhaust::Found { finding, case, .. } => Some(caught(finding, &case)),
            _ => None,
        }
    }

    fn another_kind(
        &self,
        mutant: &Version,
        program: &Case,
        theirs: &Kinds,
        impossible: &mut Option<Catch>,
        exhausted: &mut bool,
    ) -> Option<Catch> {
        let ours = kinds(mutant, program, self.effort);
        if ours.impossible {
            impossible.get_or_insert_with(|| cannot(program));
        }
        let Some(kinds) = ours.kinds else {
            *exhausted = false;
            return None;
        };
        let Some(news) = kinds.difference(theirs).next() else {
            // Which scenario a loss is of depends on the steps before it, so that an edit may rename it:
            // silent is who says nothing.
            let gone = theirs.iter().any(|(judge, _)| kinds.iter().all(|(other, _)| other != judge));
            return gone.then(|| difference(program));
        };
        let found = exhaust::<History>(mutant, program, self.effort.budget, |finding, past| {
            if kind(finding, past) == Some(*news) { Answer::Stop } else { Answer::Ignore }
        });
        match found {
            Exhaust::Found { finding, case, .. } => Some(caught(finding, &case)),
            _ => None,
        }
    }
}

/// Whether two outcomes differ. Every edit of a version does the same about a large folio, unlike another
/// version.
fn diverge(case: &Case, theirs: &Outcome, ours: &Outcome) -> bool {
    let case = Case { config: Config { large: 0, ..case.config }, ..case.clone() };
    compare(&case, theirs, ours) == Comparison::Diverge
}

/// The case with its first actor and no other.
fn first_alone(case: Case) -> Case {
    let ops = case.programs.of(0);
    Case::sequential(case.config, ops)
}

/// What a judge says of one and not of the other.
fn news(judges: &Judges, original: &Judges) -> Option<Finding> {
    judges.iter().find(|f| original.of(f.judge()).is_none())
}

fn caught(finding: Finding, case: &Case) -> Catch {
    Catch { by: Catcher::Judge(finding.judge()), finding: Some(finding), case: case.clone() }
}

fn difference(case: &Case) -> Catch {
    Catch { by: Catcher::Differential, finding: None, case: case.clone() }
}

fn cannot(case: &Case) -> Catch {
    Catch { by: Catcher::Impossible, finding: None, case: case.clone() }
}

fn is_impossible(finding: &Finding) -> bool {
    matches!(finding, Finding::Broken { rule: Rule::Impossible, .. })
}

fn kind(finding: &Finding, past: &History) -> Option<(Judge, Option<Scenario>)> {
    (!is_impossible(finding)).then(|| (finding.judge(), Memory::scenario(past, finding)))
}

/// What all interleavings of a program show.
struct Found {
    /// `None` if there are too many.
    kinds: Option<Kinds>,
    /// As far as was looked.
    shows: Shows,
    impossible: bool,
}

/// Without regard to the past first: there are fewer states, and mostly there is nothing to tell apart.
fn kinds(version: &Version, program: &Case, effort: Effort) -> Found {
    let found = exhaust::<()>(version, program, effort.budget, |_, ()| Answer::Stop);
    if let Exhaust::Exhausted { .. } = found {
        return Found { kinds: Some(Kinds::new()), shows: Shows::new(), impossible: false };
    }
    let (mut kinds, mut shows) = (Kinds::new(), Shows::new());
    let mut impossible = false;
    let found = exhaust::<History>(version, program, effort.budget, |finding, past| {
        impossible |= is_impossible(finding);
        if let Some((judge, scenario)) = kind(finding, past) {
            kinds.insert((judge, scenario));
            shows.insert((verdict(finding), scenario));
        }
        Answer::Ignore
    });
    Found { kinds: matches!(found, Exhaust::Exhausted { .. }).then_some(kinds), shows, impossible }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort { budget: 300_000, samples: 300 };

    /// Whatever is caught is caught because of the edit: a listing without one never is.
    #[test]
    fn a_version_is_not_caught_against_itself() {
        for version in impls::registry() {
            let name = "same: nothing".to_owned();
            let same = Edit { key: name.clone(), name, function: 0, listing: version.listing().to_vec() };
            let report = Original::of(version, EFFORT).run(same);
            assert!(report.caught.is_none() && report.exhausted, "{}: {report:?}", version.name);
        }
    }
}
