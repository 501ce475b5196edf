//! What `rediscover` looks for: which version, which loss, in which surroundings.

use crate::known::Known;
use crate::lookup;
use corpus::{Case, Environment};
use explore::answers::rediscovery::{Bug, of_family, surroundings};
use impls::{Scenario, Version, families};
use oracle::{Judge, Judges, trace};

/// A version that is known to lose, and what counts as its loss.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The version.
    pub version: &'static Version,
    /// Only a loss of this class counts; any if not given.
    pub scenario: Option<Scenario>,
    /// What surrounds the operation, whatever a case says.
    pub environment: Environment,
    /// The historical bug that it is, if it is one: whatever a judge says counts that it does not say of the
    /// kernel as shipped.
    bug: Option<Bug>,
}

impl Canary {
    /// Any loss of a version, each case in its own surroundings.
    #[must_use]
    pub fn any(version: &'static Version) -> Canary {
        Canary::new(version, None, Environment::default())
    }

    /// A version, what counts as its loss, and what surrounds the operation.
    #[must_use]
    pub fn new(version: &'static Version, scenario: Option<Scenario>, environment: Environment) -> Canary {
        Canary { version, scenario, environment, bug: None }
    }

    /// A historical bug, in its own surroundings.
    #[must_use]
    pub fn historical(bug: Bug) -> Canary {
        let environment = surroundings(bug.version);
        Canary { version: bug.version, scenario: None, environment, bug: Some(bug) }
    }

    /// The subject that `setting` describes, asked for `SUBJECT`, `FAMILY`, `SCENARIO`, `KERNEL` and `HARDWARE`;
    /// pre-fix and any loss if it has nothing to say. A family is its first version that must lose, unless the
    /// subject is another one of them.
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
        if let Some(family) = setting("FAMILY") {
            return Canary::of_family(&family, setting("SUBJECT").as_deref());
        }
        let subject = setting("SUBJECT").unwrap_or_else(|| "pre-fix".to_owned());
        let version = known.find(&subject).map_err(|e| format!("SUBJECT: {e}"))?;
        let environment = Environment {
            kernel: find("KERNEL", setting("KERNEL"), lookup::kernel)?,
            surface: find("HARDWARE", setting("HARDWARE"), lookup::surface)?,
            knobs: Vec::new(),
        };
        Ok(Canary::new(version, find("SCENARIO", setting("SCENARIO"), lookup::scenario)?, environment))
    }

    /// The version of a family that must lose: the first, or the one of that name.
    ///
    /// # Errors
    /// With the setting, what was found and what is known.
    pub fn of_family(name: &str, subject: Option<&str>) -> Result<Canary, String> {
        let family = families().iter().find(|family| family.name == name).ok_or_else(|| {
            let known: Vec<_> = families().iter().map(|family| family.name).collect();
            format!("FAMILY: unknown family '{name}'; known are {}", known.join(", "))
        })?;
        let bugs = of_family(family);
        let names: Vec<_> = bugs.iter().map(|bug| bug.version.name).collect();
        let bug = bugs.into_iter().find(|bug| subject.is_none_or(|name| bug.version.name == name));
        let unknown = || {
            let found = subject.unwrap_or_default();
            format!(
                "SUBJECT: found '{found}', which is no version of {name} that loses; expected {}",
                names.join(", ")
            )
        };
        bug.map(Canary::historical).ok_or_else(unknown)
    }

    /// The case as the subject runs it, if that shows the loss.
    #[must_use]
    pub fn lost(&self, case: &Case) -> Option<Case> {
        let case = if self.environment.is_empty() { case.clone() } else { self.environment.of(case) };
        let judged = |version: &Version| {
            let mut judges = Judges::default();
            oracle::replay(version, &case, &mut judges);
            judges
        };
        let judges = judged(self.version);
        if let Some(bug) = &self.bug {
            let its_own = !judges.is_silent() && case.config.keeps_contract() && judged(&bug.shipped).is_silent();
            return its_own.then_some(case);
        }
        judges.of(Judge::LastWrite)?;
        let counts = self.scenario.is_none_or(|scenario| trace(self.version, &case).scenario() == Some(scenario));
        counts.then_some(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use explore::exhaust::{Answer, Exhaust, exhaust};

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

    /// Every family can be the subject, and each of its versions that lose; a schedule that shows the loss counts.
    #[test]
    fn a_family_is_a_subject() {
        for bug in explore::answers::rediscovery::bugs() {
            let subject = of(&[("FAMILY", bug.family.name), ("SUBJECT", bug.version.name)]).expect("a family");
            assert_eq!(subject.version.name, bug.version.name);
            let shown = exhaust::<()>(bug.version, &bug.case, 1_000_000, |_, ()| Answer::Shortest);
            let Exhaust::Found { case, .. } = shown else { panic!("{}: {}", bug.version.name, bug.case) };
            assert!(subject.lost(&case).is_some(), "{}: {case}", bug.version.name);
            assert!(Canary::historical(bug).lost(&"kernel=6.0 W0 R0".parse().expect("a case")).is_none());
        }
        let error = of(&[("FAMILY", "nonsense")]).expect_err("no such family");
        assert!(error.starts_with("FAMILY") && error.contains("swap-in-aba"), "{error}");
        let error = of(&[("FAMILY", "swap-in-aba"), ("SUBJECT", "v3")]).expect_err("another version");
        assert!(error.starts_with("SUBJECT") && error.contains("swap-in-does-not-pin-its-slot"), "{error}");
    }

    #[test]
    fn what_is_not_known_is_said_with_what_is() {
        for (name, known) in
            [("SUBJECT", "lostwrite list"), ("SCENARIO", "stale-store"), ("KERNEL", "6.1.192"), ("HARDWARE", "w7")]
        {
            let error = of(&[(name, "nonsense")]).expect_err("no such thing");
            assert!(error.starts_with(name) && error.contains("nonsense") && error.contains(known), "{error}");
        }
    }
}
