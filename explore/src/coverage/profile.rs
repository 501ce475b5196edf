//! What a case covers on all versions.

use super::feature::{Feature, Said, Spoken};
use super::observer::Coverage;
use super::steps::{Steps, fnv};
use corpus::Case;
use hashbrown::HashSet;
use impls::Version;
use model::Profile as Release;
use oracle::guard::{guarded, quietly};
use oracle::{Finding, Judge, Judges, Rule, replay, trace};
use rustc_hash::FxBuildHasher;
use std::collections::BTreeSet;

/// The features of a case, on all versions together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// In order, each once.
    pub features: Vec<Feature>,
    /// What was said of each version, in the order of the registry.
    pub said: Vec<Said>,
}

/// Runs cases on every version of the registry and collects what they cover.
pub struct Profiler {
    /// Each version with the names of its steps, release by release.
    versions: Vec<(&'static Version, Vec<Steps>)>,
}

impl Default for Profiler {
    fn default() -> Profiler {
        let steps = |v: &Version| Release::ALL.map(|release| Steps::of(v.code(release))).to_vec();
        Profiler { versions: impls::registry().iter().map(|v| (v, steps(v))).collect() }
    }
}

impl Profiler {
    /// Runs a case.
    #[must_use]
    pub fn profile(&self, case: &Case) -> Profile {
        let mut features = HashSet::<Feature, FxBuildHasher>::default();
        let mut said = Vec::new();
        for (n, (version, steps)) in self.versions.iter().enumerate() {
            let says = match judged(version, &steps[case.config.profile as usize], case, &mut features) {
                Some(judges) => Self::said(version, case, &judges),
                None => {
                    let impossible = Spoken::Broken(Rule::Impossible);
                    features.insert(Feature::Spoken(impossible));
                    Said::Other(impossible)
                }
            };
            features.insert(Feature::Verdict { version: n as u8, said: says });
            said.push(says);
        }
        let together: Vec<_> = said.iter().map(Said::to_string).collect();
        features.insert(Feature::Verdicts(fnv(together.join("|").as_bytes()) as u32));
        let mut features: Vec<_> = features.into_iter().collect();
        features.sort_unstable();
        Profile { features, said }
    }

    fn said(version: &Version, case: &Case, judges: &Judges) -> Said {
        match judges.of(Judge::LastWrite) {
            Some(Finding::WrongValue { .. }) => {
                trace(version, case).scenario().map_or(Said::LostSomehow, Said::Lost)
            }
            _ => judges.iter().next().map_or(Said::Nothing, |finding| Said::Other(Spoken::from(&finding))),
        }
    }

    /// The features of steps, judges' rules and goals that can be reached at all as far as anyone knows;
    /// which pairs can, nobody knows.
    #[must_use]
    pub fn reachable(&self) -> BTreeSet<Feature> {
        let of = |version: &'static Version, steps: &Vec<Steps>| {
            let releases = Release::ALL.into_iter().zip(steps.clone());
            releases.flat_map(|(release, steps)| steps.can_take(version.code(release))).collect::<BTreeSet<_>>()
        };
        let steps = self.versions.iter().flat_map(|(version, steps)| of(version, steps));
        let steps = steps.map(|(step, ok)| Feature::Step { step, ok });
        let goals = oracle::Goal::ALL.iter().map(|goal| Feature::Goal(*goal));
        steps.chain(goals).chain(Spoken::all().map(Feature::Spoken)).collect()
    }
}

/// Runs a case on a version; `None` if the version asks for what the model cannot do, as on a CPU that breaks
/// the contract.
fn judged(
    version: &Version,
    steps: &Steps,
    case: &Case,
    features: &mut HashSet<Feature, FxBuildHasher>,
) -> Option<Judges> {
    let mut run = || {
        let mut coverage = Coverage::new(steps, |feature| {
            features.insert(feature);
        });
        replay(version, case, &mut coverage);
        coverage.judges
    };
    if case.config.keeps_contract() { Some(run()) } else { quietly(|| guarded(run)) }
}
