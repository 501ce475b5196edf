//! What `rediscover` looks for: which version, which loss, in which surroundings.

use crate::known::Known;
use crate::lookup;
use corpus::{Case, Environment};
use impls::{Scenario, Version};
use oracle::{Judge, trace};

/// A version that is known to lose, and what counts as its loss.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The version.
    pub version: &'static Version,
    /// Only a loss of this class counts; any if not given.
    pub scenario: Option<Scenario>,
    /// What surrounds the operation, whatever a case says.
    pub environment: Environment,
}

impl Canary {
    /// Any loss of a version, each case in its own surroundings.
    #[must_use]
    pub fn any(version: &'static Version) -> Canary {
        Canary { version, scenario: None, environment: Environment::default() }
    }

    /// The subject that `setting` describes, asked for `SUBJECT`, `SCENARIO`, `KERNEL` and `HARDWARE`;
    /// pre-fix and any loss if it has nothing to say.
    ///
    /// # Errors
    /// With the setting, what was found and what is known.
    pub fn from_settings(setting: impl Fn(&str) -> Option<String>, known: &Known) -> Result<Canary, String> {
        fn find<T>(
            name: &str,
            value: Option<String>,
            by_name: impl Fn(&str) -> Result<T, String>,
        ) -> Result<Option<T>, String> {
            value.map(|value| by_name(&value).map_err(|e| format!("{name}: {e}"))).transpose()
        }
        let subject = setting("SUBJECT").unwrap_or_else(|| "pre-fix".to_owned());
        Ok(Canary {
            version: known.find(&subject).map_err(|e| format!("SUBJECT: {e}"))?,
            scenario: find("SCENARIO", setting("SCENARIO"), lookup::scenario)?,
            environment: Environment {
                kernel: find("KERNEL", setting("KERNEL"), lookup::kernel)?,
                surface: find("HARDWARE", setting("HARDWARE"), lookup::surface)?,
                knobs: Vec::new(),
            },
        })
    }

    /// The case as the subject runs it, if that shows the loss.
    #[must_use]
    pub fn lost(&self, case: &Case) -> Option<Case> {
        let case = if self.environment.is_empty() { case.clone() } else { self.environment.of(case) };
        let mut judges = oracle::Judges::default();
        oracle::replay(self.version, &case, &mut judges);
        judges.of(Judge::LastWrite)?;
        let counts = self.scenario.is_none_or(|scenario| trace(self.version, &case).scenario() == Some(scenario));
        counts.then_some(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &[(&str, &str)]) -> Result<Canary, String> {
        let setting = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Canary::from_settings(setting, &Known::default())
    }

    #[test]
    fn a_loss_counts_if_it_is_of_the_class() {
        let s1: Case = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
        let lost = |settings: &[(&str, &str)]| of(settings).expect("a subject").lost(&s1).is_some();
        assert!(lost(&[]));
        assert!(lost(&[("SCENARIO", "swapcache-dirty")]));
        assert!(!lost(&[("SCENARIO", "sampled-dirty")]));
        assert!(!lost(&[("SUBJECT", "v3")]));
    }

    #[test]
    fn the_surroundings_replace_those_of_the_case() {
        let subject = of(&[("KERNEL", "6.1"), ("HARDWARE", "sw-dirty")]).expect("a subject");
        let s1: Case = "kernel=6.0 W0 P0 R0 W0 D0 P0 R0".parse().expect("a case");
        let shown = subject.lost(&s1).expect("a loss");
        assert_eq!(shown.to_string(), "kernel=6.1 hw=sw-dirty W0 P0 R0 W0 D0 P0 R0");
    }

    #[test]
    fn what_is_not_known_is_said_with_what_is() {
        for (name, known) in
            [("SUBJECT", "pre-fix"), ("SCENARIO", "stale-store"), ("KERNEL", "6.1.192"), ("HARDWARE", "w7")]
        {
            let error = of(&[(name, "nonsense")]).expect_err("no such thing");
            assert!(error.starts_with(name) && error.contains("nonsense") && error.contains(known), "{error}");
        }
    }
}
