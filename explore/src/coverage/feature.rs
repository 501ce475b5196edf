//! What can be covered.

use super::steps::{Step, fnv};
use impls::Scenario;
use model::{Flaw, ObjectKind};
use oracle::{Finding, Goal, Revocation, Rule};

/// Something that an execution has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// A step was taken, and succeeded or took its other way out.
    Step {
        /// Which step.
        step: Step,
        /// Whether it succeeded.
        ok: bool,
    },
    /// Two steps met on an object: one read what the other had written, or wrote over what the other had read
    /// or written, and nobody wrote in between.
    Pair {
        /// What kind of object.
        object: ObjectKind,
        /// The earlier step.
        before: Step,
        /// The later step.
        after: Step,
        /// Whether somebody else took the earlier one.
        other: bool,
    },
    /// A judge spoke.
    Spoken(Spoken),
    /// A load was judged by this set of legal values.
    Legal(u8),
    /// The page that a step worked on was newer than its backing, and this is where that was remembered.
    Rests(u8),
    /// A goal was reached.
    Goal(Goal),
    /// What the judges said of the case on a version of the registry.
    Verdict {
        /// The version's place in the registry.
        version: u8,
        /// What they said.
        said: Said,
    },
    /// What they said of all versions together, as a number: which versions the case tells apart. Two answers
    /// in four billion share one; what was said on each version is a feature of its own.
    Verdicts(u32),
}

/// What features are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Steps and their ways out.
    Steps,
    /// Pairs of steps that met on an object.
    Pairs,
    /// Rules that judges found broken.
    Judges,
    /// What judges had to consider: legal sets, and where a dirty bit rests.
    States,
    /// Non-vacuity goals.
    Goals,
    /// Verdicts by version, and of all versions together.
    Verdicts,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 6] =
        [Group::Steps, Group::Pairs, Group::Judges, Group::States, Group::Goals, Group::Verdicts];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Group::Steps => "steps",
            Group::Pairs => "pairs of steps on an object",
            Group::Judges => "judges that spoke",
            Group::States => "judge states",
            Group::Goals => "goals",
            Group::Verdicts => "verdicts",
        }
    }
}

/// What a judge says, without where and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Spoken {
    /// A load returned what was never there.
    Wrong,
    /// The same, through a translation that is gone from the page table.
    WrongAndStale,
    /// A clean page is not what its backing holds.
    CleanButNewer,
    /// A page was reached after MADV_DONTNEED had returned.
    RevokedPage,
    /// A store went through after mprotect had returned.
    RevokedStores,
    /// A structural rule is broken.
    Broken(Rule),
}

impl Spoken {
    /// The structural rules.
    const RULES: [Rule; 14] = [
        Rule::Flaw(Flaw::FreedWhileWritable),
        Rule::Flaw(Flaw::PteWithoutLock),
        Rule::Flaw(Flaw::CountUnderflow),
        Rule::Flaw(Flaw::FreedWhileLocked),
        Rule::Flaw(Flaw::NotLockOwner),
        Rule::WritableNotExclusive,
        Rule::MigrationEntryUnlocked,
        Rule::TooFewReferences,
        Rule::LeakedReference,
        Rule::Deadlock,
        Rule::Livelock,
        Rule::Impossible,
        Rule::Flaw(Flaw::RefOfNobody),
        Rule::Flaw(Flaw::FreedWhileReadable),
    ];

    /// Everything that can be said.
    pub fn all() -> impl Iterator<Item = Spoken> {
        let others = [
            Spoken::Wrong,
            Spoken::WrongAndStale,
            Spoken::CleanButNewer,
            Spoken::RevokedPage,
            Spoken::RevokedStores,
        ];
        others.into_iter().chain(Spoken::RULES.map(Spoken::Broken))
    }
}

impl From<&Finding> for Spoken {
    fn from(finding: &Finding) -> Spoken {
        match *finding {
            Finding::WrongValue { stale: false, .. } => Spoken::Wrong,
            Finding::WrongValue { stale: true, .. } => Spoken::WrongAndStale,
            Finding::CleanButNewer { .. } => Spoken::CleanButNewer,
            Finding::Revoked { what: Revocation::Page, .. } => Spoken::RevokedPage,
            Finding::Revoked { what: Revocation::Stores, .. } => Spoken::RevokedStores,
            Finding::Broken { rule, .. } => Spoken::Broken(rule),
        }
    }
}

impl std::fmt::Display for Spoken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match *self {
            Spoken::Wrong => "wrong load",
            Spoken::WrongAndStale => "wrong load through a stale translation",
            Spoken::CleanButNewer => "clean page that is newer than its backing",
            Spoken::RevokedPage => "page reached after MADV_DONTNEED returned",
            Spoken::RevokedStores => "store after mprotect returned",
            Spoken::Broken(rule) => rule.text(),
        })
    }
}

/// What the judges say of a case on a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// A loss of this scenario.
    Lost(Scenario),
    /// A loss of no known scenario.
    LostSomehow,
    /// No wrong load, but this.
    Other(Spoken),
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Said::Nothing => f.write_str("ok"),
            Said::Lost(scenario) => write!(f, "lost {}", scenario.name()),
            Said::LostSomehow => f.write_str("lost"),
            Said::Other(spoken) => write!(f, "{spoken}"),
        }
    }
}

/// What can be legal beside the last value.
pub(super) const LEGAL: [&str; 3] = ["anything", "the value before", "zero"];
/// Where a dirty bit can rest.
pub(super) const RESTS: [&str; 6] =
    ["a pte", "a migration entry", "the folio", "a register", "writeback", "a device that stores"];

fn list(f: &mut std::fmt::Formatter<'_>, names: &[&str], bits: u8, none: &str) -> std::fmt::Result {
    let set: Vec<_> =
        names.iter().enumerate().filter(|(n, _)| bits & 1 << n != 0).map(|(_, name)| *name).collect();
    f.write_str(if set.is_empty() { none.to_owned() } else { set.join(", ") }.as_str())
}

impl Feature {
    /// What it is counted by.
    #[must_use]
    pub const fn group(self) -> Group {
        match self {
            Feature::Step { .. } => Group::Steps,
            Feature::Pair { .. } => Group::Pairs,
            Feature::Spoken(_) => Group::Judges,
            Feature::Legal(_) | Feature::Rests(_) => Group::States,
            Feature::Goal(_) => Group::Goals,
            Feature::Verdict { .. } | Feature::Verdicts(_) => Group::Verdicts,
        }
    }

    /// A number that depends on the name alone, for engines that count in a table.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            // The frequent one is put together from numbers that are there already.
            Feature::Pair { object, before, after, other } => {
                let parts = [fnv(object.name().as_bytes()), before.hash(), after.hash(), u64::from(other)];
                parts
                    .into_iter()
                    .fold(0, |n: u64, part| (n.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            }
            _ => fnv(self.to_string().as_bytes()),
        }
    }
}

impl std::fmt::Display for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Feature::Step { step, ok } => write!(f, "{step}: {}", if ok { "yes" } else { "else" }),
            Feature::Pair { object, before, after, other } => {
                let who = if other { "another" } else { "itself" };
                write!(f, "{}: {after} after {before} by {who}", object.name())
            }
            Feature::Spoken(spoken) => write!(f, "{spoken}"),
            Feature::Legal(bits) => {
                f.write_str("legal beside the last value: ")?;
                list(f, &LEGAL, bits, "nothing")
            }
            Feature::Rests(bits) => {
                f.write_str("newer than the backing, known to: ")?;
                list(f, &RESTS, bits, "nobody")
            }
            Feature::Goal(goal) => f.write_str(goal.text()),
            Feature::Verdict { version, said } => {
                let name = impls::registry().get(version as usize).map_or("?", |v| v.name);
                write!(f, "{name}: {said}")
            }
            Feature::Verdicts(number) => write!(f, "verdicts {number:08x}"),
        }
    }
}
