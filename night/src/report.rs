//! The report of a night: what was done, what was found, and whether it is red.

use super::families::FamiliesReport;
use super::policy::{Canary, Colour, Kind};
use super::{Compared, Night, Record};
use impls::Scenario;
use oracle::Goal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of the report's form; it changes when a field changes its meaning or goes away.
pub const REPORT_FORMAT: u32 = 1;

/// How far a night has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It goes on, or was killed.
    Running,
    /// Somebody asked it to stop.
    Interrupted,
    /// It came to its end.
    Complete,
}

impl Status {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Interrupted => "interrupted",
            Status::Complete => "complete",
        }
    }
}

/// What a lane has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneReport {
    /// Its name.
    pub lane: String,
    /// Chunks that are done.
    pub chunks: u64,
    /// Executions, each on every version; of the small programs, programs.
    pub executions: u64,
    /// Of the small programs: how many were exhausted on every version.
    pub exhausted: u64,
    /// Of the small programs: states.
    pub states: u64,
}

/// What came of a version of which nothing is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnReport {
    /// The version.
    pub version: String,
    /// How to name it on the command line.
    pub argument: String,
    /// How often a judge flagged it where the contract is kept.
    pub flags: u64,
}

/// What became of a canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryState {
    /// Found within its budget.
    Found,
    /// Found, but after more executions than its budget.
    Late,
    /// The budget was spent, and it was not found.
    Missed,
    /// The budget was not spent.
    Undecided,
}

impl CanaryState {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            CanaryState::Found => "found",
            CanaryState::Late => "late",
            CanaryState::Missed => "missed",
            CanaryState::Undecided => "undecided",
        }
    }
}

/// A canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryReport {
    /// Which one.
    #[serde(flatten)]
    pub canary: Canary,
    /// What became of it.
    pub state: CanaryState,
    /// The number of the first execution of the lane that lost so, from 1.
    pub found_at: Option<u64>,
    /// How many executions of the lane did.
    pub times: u64,
    /// How many executions of the lane were run.
    pub executions: u64,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingReport {
    /// What is known of it.
    #[serde(flatten)]
    pub record: Record,
    /// What kind of finding it is.
    pub kind: Kind,
    /// How bad it is.
    pub colour: Colour,
    /// How many cases that were kept whole shrank to it.
    pub times: u64,
    /// On which CPUs.
    pub on: Vec<String>,
    /// It comes from the night before, whose case was replayed, and was not found again.
    pub replayed: bool,
}

/// How often a class of findings came up in a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossReport {
    /// The lane.
    pub lane: String,
    /// The version.
    pub version: String,
    /// The judge.
    pub judge: String,
    /// The scenario of a wrong load, if it is of a known one.
    pub scenario: Option<Scenario>,
    /// The CPU.
    pub hardware: String,
    /// In how many executions.
    pub executions: u64,
    /// The number of the first, from 1.
    pub first: u64,
}

/// How often a goal was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalReport {
    /// The goal.
    pub goal: String,
    /// In how many executions.
    pub executions: u64,
}

/// A loss that the table requires and that a night cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcusedReport {
    /// The version.
    pub version: String,
    /// The scenario.
    pub scenario: Scenario,
    /// The CPU.
    pub hardware: String,
    /// Why.
    pub reason: String,
}

/// The report of a night.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_FORMAT`].
    pub format: u32,
    /// How far it has come.
    pub status: Status,
    /// Whether anything is red.
    pub red: bool,
    /// What is, a line each.
    pub reasons: Vec<String>,
    /// What somebody should read, a line each.
    pub notes: Vec<String>,
    /// The seed of the numbered executions.
    pub seed: u64,
    /// The time that it took, all sessions together.
    pub seconds: f64,
    /// How often it was begun or gone on with.
    pub sessions: u64,
    /// The versions, each of which ran every case.
    pub versions: Vec<String>,
    /// Those of them that are believed correct.
    pub believed_correct: Vec<String>,
    /// Flags on those, where the contract is kept.
    pub alarms: u64,
    /// The versions of which nothing is expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<OwnReport>,
    /// The lanes.
    pub lanes: Vec<LaneReport>,
    /// The canaries.
    pub canaries: Vec<CanaryReport>,
    /// The families of historical bugs; missing until the night is over, and if the policy leaves them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub families: Option<FamiliesReport>,
    /// Losses that are required and no canaries.
    pub not_canaries: Vec<ExcusedReport>,
    /// The findings, the gravest first; of those that are known, a few of each class.
    pub findings: Vec<FindingReport>,
    /// Known findings with other timelines, which are in the journal only.
    pub more_known: u64,
    /// The night before, if there is one.
    pub compared: Option<Compared>,
    /// How often each class came up.
    pub losses: Vec<LossReport>,
    /// What was reached.
    pub goals: Vec<GoalReport>,
}

/// Known findings of a class that a report holds.
const EACH: usize = 3;

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// With what was found, and what was expected.
    pub fn read(text: &str) -> Result<Report, String> {
        let expected = format!("expected a report of a night, of format {REPORT_FORMAT}");
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|e| format!("{expected}, found no JSON: {e}"))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format == u64::from(REPORT_FORMAT) => {}
            Some(format) => return Err(format!("{expected}, found format {format}")),
            None => return Err(format!("{expected}, found JSON without a format")),
        }
        let mut report: Report = serde_path_to_error::deserialize(value)
            .map_err(|e| format!("{expected}, found $.{}: {}", e.path(), e.inner()))?;
        for (n, finding) in report.findings.iter_mut().enumerate() {
            let checked = finding.record.clone().checked().map_err(|e| format!("$.findings[{n}].{e}"))?;
            finding.record = checked;
        }
        for (n, record) in report.compared.iter_mut().flat_map(|c| &mut c.gone).enumerate() {
            *record = record.clone().checked().map_err(|e| format!("$.compared.gone[{n}].{e}"))?;
        }
        Ok(report)
    }

    /// The finding of a key.
    #[must_use]
    pub fn finding(&self, key: &str) -> Option<&FindingReport> {
        self.findings.iter().find(|f| f.record.key == key)
    }
}

impl Night {
    /// The report of what is known so far.
    #[must_use]
    pub fn report(&self, status: Status) -> Report {
        let mut reasons = Vec::new();
        let mut notes = Vec::new();
        let mut tell = |colour: Colour, what: String| match colour {
            Colour::Red => reasons.push(what),
            Colour::Note => notes.push(what),
            Colour::Known => {}
        };
        let all = self.all_findings();
        let mut by_kind = BTreeMap::<(Colour, Kind), usize>::new();
        for finding in &all {
            *by_kind.entry((finding.colour, finding.kind)).or_default() += 1;
        }
        for ((colour, kind), n) in by_kind {
            tell(colour, format!("{n} finding{} of kind {}", if n == 1 { "" } else { "s" }, kind.word()));
        }
        let rules = self.policy.rules();
        let canaries = self.canaries();
        let of = |state: &[CanaryState]| {
            let names: Vec<_> = canaries.iter().filter(|c| state.contains(&c.state)).map(name).collect();
            names
        };
        let missed = of(&[CanaryState::Missed, CanaryState::Late]);
        if !missed.is_empty() {
            let missed = missed.join(", ");
            tell(rules.missed_canary, format!("the fuzzer lost its teeth: not found within the budget: {missed}"));
        }
        let undecided = of(&[CanaryState::Undecided]);
        if !undecided.is_empty() {
            let n = undecided.len();
            tell(
                rules.undecided_canary,
                format!("not decided: {n} canaries whose budget was not spent: {}", undecided.join(", ")),
            );
        }
        // They are the same whenever one looks, and take longer than a report may before the end.
        let families = self.policy.families().filter(|_| status == Status::Complete);
        let families = families.map(|states| self.families.get_or_init(|| FamiliesReport::of(states)).clone());
        for what in families.iter().flat_map(|families| &families.unexpected) {
            tell(rules.missed_canary, format!("a historical bug is not as expected: {what}"));
        }
        for what in self.policy.unwatched(&self.plan.versions) {
            tell(rules.unwatched_loss, what);
        }
        for what in &self.complaints {
            tell(rules.damaged_file, what.clone());
        }
        if status == Status::Complete && self.sofar.done.is_empty() {
            reasons.push("nothing was run: the time was too short for a single chunk".to_owned());
        }
        let compared = self.previous.as_ref().map(|previous| {
            let keys: Vec<&str> = all.iter().filter(|f| !f.replayed).map(|f| f.record.key.as_str()).collect();
            previous.compare(&keys)
        });
        let (findings, more_known) = few(all);
        Report {
            format: REPORT_FORMAT,
            status,
            red: !reasons.is_empty(),
            reasons,
            notes,
            seed: self.plan.seed,
            seconds: self.used().as_millis() as f64 / 1000.0,
            sessions: self.sessions + 1,
            versions: self.plan.versions.iter().map(|v| v.name.to_owned()).collect(),
            believed_correct: self
                .plan
                .versions
                .iter()
                .filter(|v| v.is_believed_correct())
                .map(|v| v.name.to_owned())
                .collect(),
            alarms: self.sofar.alarms,
            own: self.own(),
            lanes: self.lanes(),
            canaries,
            families,
            not_canaries: self
                .policy
                .excused(&self.plan.versions)
                .into_iter()
                .map(|(version, scenario, hardware, reason)| ExcusedReport { version, scenario, hardware, reason })
                .collect(),
            findings,
            more_known,
            compared,
            losses: self.losses(),
            goals: self.goals(),
        }
    }

    fn own(&self) -> Vec<OwnReport> {
        let of = |v: &&'static impls::Version| OwnReport {
            version: v.name.to_owned(),
            argument: v.argument(),
            flags: self.sofar.own.get(v.name).copied().unwrap_or(0),
        };
        self.plan.versions.iter().filter(|v| !v.has_expectations()).map(of).collect()
    }

    /// Tonight's findings, and those of the night before that are still there; the gravest first.
    fn all_findings(&self) -> Vec<FindingReport> {
        let mut all: Vec<FindingReport> = self
            .sofar
            .findings
            .values()
            .map(|entry| {
                let (kind, colour) = self.policy.judge(&entry.record, &self.plan.versions);
                let on = entry.hardware.iter().cloned().collect();
                FindingReport {
                    record: entry.record.clone(),
                    kind,
                    colour,
                    times: entry.times,
                    on,
                    replayed: false,
                }
            })
            .collect();
        let before = self.previous.iter().flat_map(|p| p.report.findings.iter().zip(&p.still));
        for (finding, still) in before {
            if *still && !self.sofar.findings.contains_key(&finding.record.key) {
                let mut finding = finding.clone();
                // What is believed may have changed since.
                let version = self.plan.versions.iter().find(|v| v.name == finding.record.version);
                let believed = version.is_some_and(|v| v.is_believed_correct());
                finding.record.alarm = believed && finding.record.contract;
                finding.record.own = version.filter(|v| !v.has_expectations()).map(|v| v.argument());
                let (kind, colour) = self.policy.judge(&finding.record, &self.plan.versions);
                all.push(FindingReport { kind, colour, times: 0, replayed: true, ..finding });
            }
        }
        all.sort_by(|a, b| {
            let order = |f: &FindingReport| {
                let Record { version, judge, scenario, step, key, .. } = f.record.clone();
                (f.colour, f.kind, version, judge, scenario, step, key)
            };
            order(a).cmp(&order(b))
        });
        all
    }

    fn lanes(&self) -> Vec<LaneReport> {
        let of = |lane: &super::LaneSize| {
            let name = lane.name.name();
            let (chunks, executions, exhausted, states) = self.sofar.lanes.get(name).copied().unwrap_or_default();
            LaneReport { lane: name.to_owned(), chunks, executions, exhausted, states }
        };
        self.plan.lanes.iter().map(of).collect()
    }

    fn canaries(&self) -> Vec<CanaryReport> {
        let of = |canary: Canary| {
            let lane = canary.lane.name();
            let size = self.plan.lanes.iter().find(|l| l.name == canary.lane).map_or(1, |l| l.size);
            let key = (
                lane.to_owned(),
                canary.version.clone(),
                oracle::Judge::LastWrite.name().to_owned(),
                Some(canary.scenario),
                canary.hardware.clone(),
            );
            let tally = self.sofar.counts.get(&key);
            let executions = self.sofar.covered(lane, size);
            let found_at = tally.map(|t| t.first + 1);
            let state = match found_at {
                Some(at) if at <= canary.budget => CanaryState::Found,
                // An earlier one may be in a chunk that is not done yet.
                _ if executions < canary.budget => CanaryState::Undecided,
                Some(_) => CanaryState::Late,
                None => CanaryState::Missed,
            };
            CanaryReport { state, found_at, times: tally.map_or(0, |t| t.n), executions, canary }
        };
        self.policy.canaries(&self.plan.versions).into_iter().map(of).collect()
    }

    fn losses(&self) -> Vec<LossReport> {
        let of = |((lane, version, judge, scenario, hardware), tally): (
            &super::night::TallyKey,
            &super::night::Tally,
        )| {
            LossReport {
                lane: lane.clone(),
                version: version.clone(),
                judge: judge.clone(),
                scenario: *scenario,
                hardware: hardware.clone(),
                executions: tally.n,
                first: tally.first + 1,
            }
        };
        self.sofar.counts.iter().map(of).collect()
    }

    fn goals(&self) -> Vec<GoalReport> {
        let of = |(n, goal): (usize, &Goal)| GoalReport {
            goal: goal.text().to_owned(),
            executions: self.sofar.goals.get(n).copied().unwrap_or(0),
        };
        Goal::ALL.iter().enumerate().map(of).collect()
    }
}

/// A canary in words.
fn name(report: &CanaryReport) -> String {
    let Canary { version, scenario, hardware, .. } = &report.canary;
    format!("{version} {scenario} on {hardware}")
}

/// All that is not known, and the shortest of each known class; and how many are left out.
fn few(all: Vec<FindingReport>) -> (Vec<FindingReport>, u64) {
    let mut given = BTreeMap::<(String, Option<String>, Option<Scenario>), usize>::new();
    let before = all.len();
    let kept: Vec<_> = all
        .into_iter()
        .filter(|f| {
            let Record { version, judge, scenario, .. } = &f.record;
            let n = given.entry((version.clone(), judge.clone(), *scenario)).or_default();
            *n += usize::from(f.colour == Colour::Known);
            f.colour != Colour::Known || *n <= EACH
        })
        .collect();
    let left_out = before - kept.len();
    (kept, left_out as u64)
}
