//! The bodies of the fuzz targets: what an engine, a plain test and a replay do with an input.

mod canary;
pub mod environment;

pub use canary::Canary;

use crate::{Witness, finding_text};
use corpus::{Case, bytes};
use explore::answers::losses::Loss;
use explore::answers::outcomes::Ending;
use explore::exhaust::{Answer, Exhaust, exhaust};
use explore::released::{at_home, is_its_own, its_own, losses_around};
use impls::Version;
use oracle::{Comparison, End, Outcome};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are of no known version, or the target does not take the case; engines should not keep them.
    Rejected,
    /// Nothing unexpected.
    Fine,
    /// Something unexpected: the report to print before crashing.
    Alarm(String),
}

impl Verdict {
    /// Prints an alarm and ends the process: engines keep the input of a process that aborts. Returns any
    /// other verdict.
    #[must_use]
    pub fn or_abort(self) -> Verdict {
        if let Verdict::Alarm(report) = &self {
            eprintln!("{report}");
            std::process::abort()
        }
        self
    }
}

/// A fuzz target, as an engine or a plain run knows it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of the binary in `fuzz/`.
    pub name: &'static str,
    /// What it raises its alarm on.
    pub about: &'static str,
    /// What it does with an input. `rediscover` asks who the subject is, `differential` and `programs` which
    /// versions to run.
    pub body: fn(&Canary, &[&'static Version], &[u8]) -> Verdict,
}

/// All targets.
pub const ALL: [Target; 4] = [
    Target {
        name: "differential",
        about: "a judge speaks of a version believed correct or of one's own, or two of these diverge",
        body: |_, versions, input| differential_bytes_on(versions, input),
    },
    Target {
        name: "rediscover",
        about: "the subject, which is known to lose, loses",
        body: |subject, _, input| rediscover_bytes(subject, input),
    },
    Target {
        name: "programs",
        about: "some interleaving of the programs is flagged on a version believed correct or on one's own, or two of these can end \
                differently",
        body: |_, versions, input| programs_bytes_on(versions, input),
    },
    Target {
        name: "codec",
        about: "text, JSON and bytes do not hold the same case",
        body: |_, _, input| codec_bytes(input),
    },
];

/// Runs a case on versions and raises an alarm for what no correct version does: a flag on a version that is
/// believed correct or of which nothing is known, or two such versions that diverge. Versions that are known
/// to lose are left out.
#[must_use]
pub fn differential(versions: &[&'static Version], case: &Case) -> Option<String> {
    let mut first: Option<(&'static Version, Outcome)> = None;
    for version in versions.iter().filter(|v| v.should_be_silent_on(&case.config)) {
        let home = at_home(version, case);
        let (outcome, judges, summary) = oracle::outcome(version, &home);
        let own = its_own(version, &home, &judges);
        if own.iter().any(|finding| is_its_own(version, &home, &finding)) {
            return Some(report(version, &home));
        }
        if summary.end != End::Complete {
            return Some(format!("{} does not come to an end\n\n{}", version.name, report(version, &home)));
        }
        // Another release, or what the release loses, is no difference between versions.
        if home.config.profile != case.config.profile || !judges.is_silent() {
            continue;
        }
        match &first {
            None => first = Some((version, outcome)),
            Some((other, theirs)) => {
                if oracle::compare(case, theirs, &outcome) == Comparison::Diverge {
                    return Some(format!(
                        "{} and {} diverge\n\n{}\n{}",
                        other.name,
                        version.name,
                        report(other, case),
                        report(version, case)
                    ));
                }
            }
        }
    }
    None
}

/// The versions that the `differential` target compares.
#[must_use]
pub fn correct() -> &'static [&'static Version] {
    static CORRECT: LazyLock<Vec<&'static Version>> =
        LazyLock::new(|| impls::registry().iter().filter(|v| v.is_believed_correct()).collect());
    &CORRECT
}

/// The body of the `differential` target: every version in the registry that is believed correct.
#[must_use]
pub fn differential_bytes(input: &[u8]) -> Verdict {
    differential_bytes_on(correct(), input)
}

/// The same with a choice of versions.
#[must_use]
pub fn differential_bytes_on(versions: &[&'static Version], input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    differential(versions, &case).map_or(Verdict::Fine, Verdict::Alarm)
}

/// The body of the `rediscover` target: a loss of a version that is known to lose is an alarm too.
#[must_use]
pub fn rediscover_bytes(subject: &Canary, input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    match subject.lost(&case) {
        Some(case) => Verdict::Alarm(report(subject.version, &case)),
        None => Verdict::Fine,
    }
}

/// How many states a program may have on each version in the `programs` target: what takes a tenth of a
/// second or so, all versions together.
pub const PROGRAM_STATES: usize = 5_000;

/// The body of the `programs` target: all interleavings of a case's programs, whatever its schedule, on every
/// version in the registry that is believed correct. Programs with too many states are rejected, so that an
/// engine keeps to small ones.
#[must_use]
pub fn programs_bytes(input: &[u8]) -> Verdict {
    programs_bytes_on(correct(), input)
}

/// The same with a choice of versions.
#[must_use]
pub fn programs_bytes_on(versions: &[&'static Version], input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    programs(versions, &case, PROGRAM_STATES)
}

/// The same for a case, and with a choice of how many states are too many.
#[must_use]
pub fn programs(versions: &[&'static Version], case: &Case, states: usize) -> Verdict {
    let case = Case { schedule: corpus::Schedule::default(), ..case.clone() };
    let mut first: Option<(&'static Version, BTreeSet<Ending>)> = None;
    for version in versions.iter().filter(|v| v.should_be_silent_on(&case.config)) {
        let home = at_home(version, &case).into_owned();
        let found = explore::answers::losses::losses(version, &home, states);
        let (Ok(found), Some(around)) = (found, losses_around(version, &home, states)) else {
            return Verdict::Rejected;
        };
        if let Some(loss) = found.losses.difference(&around).next() {
            let shown =
                exhaust::<()>(version, &home, usize::MAX, |finding, ()| match Loss::of(finding) == *loss {
                    true => Answer::Shortest,
                    false => Answer::Ignore,
                });
            let case = if let Exhaust::Found { case, .. } = shown { *case } else { home };
            return Verdict::Alarm(format!("{}: {loss}\n\n{}", version.name, report(version, &case)));
        }
        if home.config.profile != case.config.profile || !around.is_empty() {
            continue;
        }
        let Ok(outcomes) = explore::answers::outcomes::outcomes(version, &case, states) else {
            return Verdict::Rejected;
        };
        let endings: BTreeSet<Ending> = outcomes.rows.into_keys().collect();
        match &first {
            None => first = Some((version, endings)),
            Some((other, theirs))
                if *theirs != endings && oracle::comparable(&case, other.assumed().and(version.assumed())) =>
            {
                let names = format!("{} {}", other.argument(), version.argument());
                return Verdict::Alarm(format!(
                    "{} and {} can end differently: lostwrite outcomes {names} '{case}'\n",
                    other.name, version.name
                ));
            }
            Some(_) => {}
        }
    }
    Verdict::Fine
}

/// The body of the `codec` target: the three forms of a case hold the same value.
#[must_use]
pub fn codec_bytes(input: &[u8]) -> Verdict {
    let Ok(case) = bytes::decode(input) else { return Verdict::Rejected };
    let alarm = |what: String| Verdict::Alarm(format!("{what}\ncase: {case}\n"));
    let canonical = bytes::encode(&case);
    if bytes::decode(&canonical).as_ref() != Ok(&case) {
        return alarm("bytes do not decode to what was encoded".to_owned());
    }
    match case.to_string().parse::<Case>() {
        Ok(same) if same == case => {}
        other => return alarm(format!("the text form reads back as {other:?}")),
    }
    match corpus::json::from_json(&corpus::json::to_json(&case)) {
        Ok(same) if same == case => Verdict::Fine,
        other => alarm(format!("the JSON form reads back as {other:?}")),
    }
}

/// The timeline of a case on a version, and beside it a version that does not show the same.
#[must_use]
pub fn report(version: &'static Version, case: &Case) -> String {
    finding_text(&Witness::of(version, case, None))
}
