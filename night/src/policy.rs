//! What a night must find and what it must not: rules that are data, in a file that people edit.

use super::plan::{LaneKind, LaneSize};
use impls::{Loss, Scenario, Version};
use oracle::Judge;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The policy that is used unless another is given.
pub const DEFAULT_POLICY: &str = include_str!("../nightly-policy.toml");

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// The job fails.
    Red,
    /// Somebody should read it; the job does not fail.
    Note,
    /// As expected.
    Known,
}

impl Colour {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Colour::Red => "red",
            Colour::Note => "note",
            Colour::Known => "known",
        }
    }
}

/// What kind of finding something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A judge speaks of a version that is believed correct, on a machine that keeps the contract.
    Alarm,
    /// The same of a version of which nothing is expected: one that was read from a file.
    OwnVersion,
    /// Two versions believed correct differ where they may not.
    Divergence,
    /// The model or a listing panicked.
    Panic,
    /// A loss that the table of expected verdicts forbids, in the surroundings of the table.
    UnexpectedLoss,
    /// A loss that is of no known scenario.
    UnnamedLoss,
    /// A loss that the table does not ask for, in surroundings that the table does not speak of.
    BeyondTable,
    /// A broken structural rule on a version that is known to lose.
    Broken,
    /// Anything that the table does not ask for where the CPU or the driver breaks the contract: nothing is
    /// claimed there.
    OffContract,
    /// What is expected, and its shadows: lost dirty bits and revoked pages of what is known to lose.
    Known,
}

impl Kind {
    /// Every kind, the gravest first.
    pub const ALL: [Kind; 10] = [
        Kind::Alarm,
        Kind::OwnVersion,
        Kind::Divergence,
        Kind::Panic,
        Kind::UnexpectedLoss,
        Kind::UnnamedLoss,
        Kind::BeyondTable,
        Kind::Broken,
        Kind::OffContract,
        Kind::Known,
    ];

    /// The word in policies and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Alarm => "alarm",
            Kind::OwnVersion => "own-version",
            Kind::Divergence => "divergence",
            Kind::Panic => "panic",
            Kind::UnexpectedLoss => "unexpected-loss",
            Kind::UnnamedLoss => "unnamed-loss",
            Kind::BeyondTable => "beyond-table",
            Kind::Broken => "broken",
            Kind::OffContract => "off-contract",
            Kind::Known => "known",
        }
    }
}

/// The colour of each kind, and of what is no finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rules {
    /// [`Kind::Alarm`].
    pub alarm: Colour,
    /// [`Kind::OwnVersion`].
    #[serde(default = "red")]
    pub own_version: Colour,
    /// [`Kind::Divergence`].
    pub divergence: Colour,
    /// [`Kind::Panic`].
    pub panic: Colour,
    /// [`Kind::UnexpectedLoss`].
    pub unexpected_loss: Colour,
    /// [`Kind::UnnamedLoss`].
    pub unnamed_loss: Colour,
    /// [`Kind::BeyondTable`].
    pub beyond_table: Colour,
    /// [`Kind::Broken`].
    pub broken: Colour,
    /// [`Kind::OffContract`].
    pub off_contract: Colour,
    /// A canary that was not found within its budget, or only after it.
    pub missed_canary: Colour,
    /// A canary whose budget the night has not spent.
    pub undecided_canary: Colour,
    /// A loss that the table requires, and no canary and no reason in the policy.
    pub unwatched_loss: Colour,
    /// A file of the corpus that holds no cases, or lines of the journal that were torn.
    pub damaged_file: Colour,
}

/// A loss that must be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CanaryRule {
    scenario: Scenario,
    #[serde(default = "perfect")]
    hardware: String,
    #[serde(default = "generator")]
    lane: LaneKind,
    budget: u64,
    versions: Option<Vec<String>>,
}

/// A loss that a night cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoCanary {
    scenario: Scenario,
    #[serde(default = "perfect")]
    hardware: String,
    versions: Option<Vec<String>>,
    reason: String,
}

/// Findings that are known although no table says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownRule {
    kind: Kind,
    version: Option<String>,
    judge: Option<String>,
    scenario: Option<Scenario>,
    hardware: Option<String>,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Small {
    states: usize,
    samples: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Families {
    states: usize,
}

const fn red() -> Colour {
    Colour::Red
}

fn perfect() -> String {
    impls::PERFECT.to_owned()
}

const fn generator() -> LaneKind {
    LaneKind::Generator
}

/// The policy of a night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    format: u32,
    rules: Rules,
    small: Small,
    families: Option<Families>,
    #[serde(rename = "lane")]
    lanes: Vec<LaneSize>,
    #[serde(rename = "canary", default)]
    canaries: Vec<CanaryRule>,
    #[serde(rename = "not-a-canary", default)]
    no_canaries: Vec<NoCanary>,
    #[serde(rename = "known", default)]
    known: Vec<KnownRule>,
}

/// A loss of a version that must be found within so many executions of a lane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Canary {
    /// The version.
    pub version: String,
    /// The scenario.
    pub scenario: Scenario,
    /// The CPU.
    pub hardware: String,
    /// The lane.
    pub lane: LaneKind,
    /// Executions.
    pub budget: u64,
}

/// A loss that is required and cannot be asked for: version, scenario, CPU, why.
pub(super) type Excused = (String, Scenario, String, String);

/// The number of the file's form.
const FORMAT: u32 = 1;

impl Policy {
    /// Reads a policy, and checks that everything it names exists among these versions.
    ///
    /// # Errors
    /// With what was found, and what was expected.
    pub fn read(text: &str, versions: &[&'static Version]) -> Result<Policy, String> {
        let policy: Policy = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
        policy.check(versions)?;
        Ok(policy)
    }

    fn check(&self, versions: &[&'static Version]) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("expected format = {FORMAT}, found {}", self.format));
        }
        if self.lanes.iter().all(|l| l.share == 0) {
            return Err("expected a [[lane]] with a share, found none".to_owned());
        }
        for (n, lane) in self.lanes.iter().enumerate() {
            let name = lane.name.name();
            if self.lanes[..n].iter().any(|l| l.name == lane.name) {
                return Err(format!("expected each lane once, found '{name}' twice"));
            }
            if lane.size == 0 || lane.size > 1 << 32 || lane.share > 1000 {
                return Err(format!("lane '{name}': expected a size from 1 to 2^32 and a share up to 1000"));
            }
        }
        if self.small.states > 1 << 32 || self.small.samples > 1 << 32 {
            return Err("small: expected at most 2^32 states and samples".to_owned());
        }
        if self.families().is_some_and(|states| states > 1 << 32) {
            return Err("families: expected at most 2^32 states".to_owned());
        }
        let known_versions: Vec<&str> = versions.iter().map(|v| v.name).collect();
        let hardware: Vec<&str> = corpus::surfaces().iter().map(|s| s.name).collect();
        let judges = Judge::ALL.map(Judge::name);
        let check = |place: &str, what: &str, name: Option<&String>, known: &[&str]| match name {
            Some(name) if !known.contains(&name.as_str()) => {
                Err(format!("{place}: unknown {what} '{name}'; known are {}", known.join(", ")))
            }
            _ => Ok(()),
        };
        for (n, canary) in self.canaries.iter().enumerate() {
            let place = format!("canary {} ({} on {})", n + 1, canary.scenario, canary.hardware);
            check(&place, "hardware", Some(&canary.hardware), &hardware)?;
            for name in canary.versions.iter().flatten() {
                check(&place, "version", Some(name), &known_versions)?;
            }
            if canary.budget == 0 {
                return Err(format!("{place}: expected a budget of at least one execution"));
            }
            if !self.lanes.iter().any(|l| l.name == canary.lane && l.share > 0) {
                return Err(format!(
                    "{place}: expected a [[lane]] '{}' with a share, found none",
                    canary.lane.name()
                ));
            }
        }
        for (n, not) in self.no_canaries.iter().enumerate() {
            let place = format!("not-a-canary {} ({} on {})", n + 1, not.scenario, not.hardware);
            check(&place, "hardware", Some(&not.hardware), &hardware)?;
            for name in not.versions.iter().flatten() {
                check(&place, "version", Some(name), &known_versions)?;
            }
        }
        for (n, known) in self.known.iter().enumerate() {
            let place = format!("known {}", n + 1);
            check(&place, "version", known.version.as_ref(), &known_versions)?;
            check(&place, "judge", known.judge.as_ref(), &judges)?;
            check(&place, "hardware", known.hardware.as_ref(), &hardware)?;
        }
        let mut seen = BTreeSet::new();
        for canary in self.canaries(versions) {
            if !seen.insert((canary.version.clone(), canary.scenario, canary.hardware.clone(), canary.lane)) {
                return Err(format!(
                    "expected one canary for {} {} on {} in a lane, found two",
                    canary.version, canary.scenario, canary.hardware
                ));
            }
        }
        Ok(())
    }

    /// How much each lane gets.
    #[must_use]
    pub fn lanes(&self) -> &[LaneSize] {
        &self.lanes
    }

    /// States of a small program, and executions of one that has more.
    #[must_use]
    pub const fn small(&self) -> (usize, u64) {
        (self.small.states, self.small.samples)
    }

    /// How many states a program of a family of historical bugs may have; `None` if they are left out.
    #[must_use]
    pub fn families(&self) -> Option<usize> {
        self.families.map(|families| families.states)
    }

    /// The rules.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Every canary: a rule without versions holds for all of which the table of expected verdicts requires
    /// the loss.
    #[must_use]
    pub fn canaries(&self, versions: &[&'static Version]) -> Vec<Canary> {
        let of = |rule: &CanaryRule| {
            meant(rule.versions.as_ref(), rule.scenario, &rule.hardware, versions)
                .into_iter()
                .map(|version| Canary {
                    version,
                    scenario: rule.scenario,
                    hardware: rule.hardware.clone(),
                    lane: rule.lane,
                    budget: rule.budget,
                })
                .collect::<Vec<_>>()
        };
        self.canaries.iter().flat_map(of).collect()
    }

    /// Losses that are required and no canaries, with the reason.
    pub(super) fn excused(&self, versions: &[&'static Version]) -> Vec<Excused> {
        let of = |rule: &NoCanary| {
            meant(rule.versions.as_ref(), rule.scenario, &rule.hardware, versions)
                .into_iter()
                .map(|version| (version, rule.scenario, rule.hardware.clone(), rule.reason.clone()))
                .collect::<Vec<_>>()
        };
        self.no_canaries.iter().flat_map(of).collect()
    }

    /// Losses that the table requires on perfect hardware, and that the policy does not speak of; and
    /// versions that are not believed correct and have no canary at all.
    #[must_use]
    pub fn unwatched(&self, versions: &[&'static Version]) -> Vec<String> {
        let canaries = self.canaries(versions);
        let excused = self.excused(versions);
        let mut out = Vec::new();
        let known_to_lose = |v: &&&'static Version| v.has_expectations() && !v.is_believed_correct();
        for version in versions.iter().filter(known_to_lose) {
            let losses: Vec<_> = Scenario::ALL.into_iter().filter(|s| version.must_lose(*s)).collect();
            for scenario in &losses {
                let same =
                    |v: &str, s: Scenario, h: &str| v == version.name && s == *scenario && h == impls::PERFECT;
                let watched = canaries.iter().any(|c| same(&c.version, c.scenario, &c.hardware))
                    || excused.iter().any(|(v, s, h, _)| same(v, *s, h));
                if !watched {
                    out.push(format!(
                        "{} must lose in {scenario}, and the policy has no canary for it",
                        version.name
                    ));
                }
            }
            if losses.is_empty() && !canaries.iter().any(|c| c.version == version.name) {
                out.push(format!("{} is not believed correct, and the policy has no canary for it", version.name));
            }
        }
        out
    }

    /// What kind of finding a record is, and how bad that is. The versions are those that records name.
    #[must_use]
    pub fn judge(&self, record: &super::Record, versions: &[&'static Version]) -> (Kind, Colour) {
        let kind = kind(record, versions);
        let same = |wanted: &Option<String>, found: Option<&String>| wanted.is_none() || wanted.as_ref() == found;
        let known = self.known.iter().any(|k| {
            k.kind == kind
                && same(&k.version, Some(&record.version))
                && same(&k.judge, record.judge.as_ref())
                && (k.scenario.is_none() || k.scenario == record.scenario)
                && same(&k.hardware, Some(&record.hardware))
        });
        (kind, if known { Colour::Known } else { self.colour(kind) })
    }

    /// The colour of a kind.
    #[must_use]
    pub const fn colour(&self, kind: Kind) -> Colour {
        let rules = &self.rules;
        match kind {
            Kind::Alarm => rules.alarm,
            Kind::OwnVersion => rules.own_version,
            Kind::Divergence => rules.divergence,
            Kind::Panic => rules.panic,
            Kind::UnexpectedLoss => rules.unexpected_loss,
            Kind::UnnamedLoss => rules.unnamed_loss,
            Kind::BeyondTable => rules.beyond_table,
            Kind::Broken => rules.broken,
            Kind::OffContract => rules.off_contract,
            Kind::Known => Colour::Known,
        }
    }

    /// The reasons of the findings that are known although no table says so.
    pub fn known_reasons(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|k| k.reason.as_str())
    }
}

/// The versions that a rule means: those that it names, or those of which the loss is required.
fn meant(
    named: Option<&Vec<String>>,
    scenario: Scenario,
    hardware: &str,
    versions: &[&'static Version],
) -> Vec<String> {
    let required = |version: &&&'static Version| version.expects_on(scenario, hardware) == Some(Loss::Required);
    match named {
        Some(names) => names.clone(),
        None => versions.iter().filter(required).map(|v| v.name.to_owned()).collect(),
    }
}

fn kind(record: &super::Record, versions: &[&'static Version]) -> Kind {
    let version = versions.iter().find(|v| v.name == record.version);
    let may_lose = |scenario| version.is_some_and(|v| may_lose(v, scenario, &record.hardware));
    let scenario = record.scenario;
    match (record.what.as_str(), record.judge.as_deref()) {
        ("panicked", _) => Kind::Panic,
        ("diverge", _) => Kind::Divergence,
        _ if record.alarm => Kind::Alarm,
        _ if record.own.is_some() && record.contract => Kind::OwnVersion,
        (_, Some("last-write")) if may_lose(scenario) => Kind::Known,
        _ if !record.contract => Kind::OffContract,
        (_, Some("structural")) => Kind::Broken,
        (_, Some("last-write")) if scenario.is_none() => Kind::UnnamedLoss,
        (_, Some("last-write")) if record.tabulated => Kind::UnexpectedLoss,
        (_, Some("last-write")) => Kind::BeyondTable,
        _ => Kind::Known,
    }
}

/// Whether the table of expected verdicts lets a version lose so on a CPU, with one kernel around all
/// versions or with its own.
pub(super) fn may_lose(version: &Version, scenario: Option<Scenario>, hardware: &str) -> bool {
    let Some(scenario) = scenario else { return false };
    let may =
        |hardware: &str| matches!(version.expects_on(scenario, hardware), Some(Loss::Required | Loss::Allowed));
    may(hardware) || may(&format!("{hardware}@native"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<&'static Version> {
        impls::registry().iter().collect()
    }

    fn read(text: &str) -> Result<Policy, String> {
        Policy::read(text, &all())
    }

    #[test]
    fn the_default_policy_speaks_of_every_loss_that_the_table_requires() {
        let policy = read(DEFAULT_POLICY).expect("it is well formed");
        assert_eq!(policy.unwatched(&all()), Vec::<String>::new());
        assert_eq!(policy.rules().alarm, Colour::Red);
        assert_eq!(policy.rules().missed_canary, Colour::Red);
        let canaries = policy.canaries(&all());
        for scenario in ["swapcache-dirty", "lazyfree-dirty", "stale-load", "sampled-dirty", "sampled-restore"] {
            let is = |c: &Canary| c.version == "pre-fix" && c.scenario.name() == scenario && c.hardware == "hw0";
            assert!(canaries.iter().any(is), "pre-fix {scenario}");
        }
    }

    /// The table speaks of what is built in. A version from a file is news whatever it is called, and nothing
    /// has to watch it.
    #[test]
    fn a_flag_on_a_version_from_a_file_is_of_a_kind_of_its_own() {
        let older = DEFAULT_POLICY.replacen("own-version = \"red\"\n", "", 1);
        assert_ne!(older, DEFAULT_POLICY);
        let v1 = impls::find("v1").expect("registered");
        let own: &'static Version = Box::leak(Box::new(Version { standing: impls::Standing::Own, ..v1.clone() }));
        for text in [older.as_str(), DEFAULT_POLICY] {
            let policy = read(text).expect("it is well formed");
            let record = crate::Record {
                key: "k".to_owned(),
                what: "flag".to_owned(),
                version: own.name.to_owned(),
                judge: Some(Judge::LastWrite.name().to_owned()),
                scenario: Some(Scenario::SampledDirty),
                hardware: impls::PERFECT.to_owned(),
                kernel: "6.0".to_owned(),
                contract: true,
                alarm: false,
                own: Some("--impl-file v1.json".to_owned()),
                tabulated: true,
                lane: "generator".to_owned(),
                index: 0,
                step: 1,
                message: String::new(),
                case: String::new(),
            };
            assert_eq!(policy.judge(&record, &[own]), (Kind::OwnVersion, Colour::Red));
            let built_in = crate::Record { own: None, ..record.clone() };
            assert_eq!(policy.judge(&built_in, &[v1]), (Kind::Known, Colour::Known));
            let elsewhere = crate::Record { contract: false, ..record };
            assert_eq!(policy.judge(&elsewhere, &[own]).0, Kind::OffContract);
            assert_eq!(policy.unwatched(&[own]), Vec::<String>::new());
        }
    }

    #[test]
    fn what_a_policy_names_must_exist() {
        for (from, to, said) in [
            (
                "scenario = \"swapcache-dirty\"",
                "scenario = \"S9\"",
                "unknown scenario 'S9'; known are swapcache-dirty, ",
            ),
            (
                "scenario = \"swapcache-dirty\"",
                "scenario = \"swapcache-dirty\"\nversions = [\"v9\"]",
                "unknown version 'v9'; known are pre-fix, ",
            ),
            (
                "scenario = \"swapcache-dirty\"",
                "scenario = \"swapcache-dirty\"\nhardware = \"w9\"",
                "unknown hardware 'w9'",
            ),
            ("format = 1", "format = 7", "expected format = 1, found 7"),
            ("alarm = \"red\"", "alarm = \"pink\"", "pink"),
        ] {
            let text = DEFAULT_POLICY.replacen(from, to, 1);
            assert_ne!(text, DEFAULT_POLICY, "{from}");
            let error = read(&text).expect_err(to);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_losing_version_without_a_canary_is_told() {
        let text = DEFAULT_POLICY.split("[[canary]]").next().expect("the head").to_owned();
        let unwatched = read(&text).expect("it is well formed").unwatched(&all());
        assert!(unwatched.iter().any(|w| w.starts_with("pre-fix must lose in swapcache-dirty,")), "{unwatched:?}");
    }
}
