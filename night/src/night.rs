//! A night: opened or gone on with, run on all cores, written down as it goes.

use super::chunk::{self, ChunkRecord, Kept, Record};
use super::families::FamiliesReport;
use super::ledger::ANOTHER;
use super::ledger::{FORMAT, Header, Journal, Ledger};
use super::{Files, LedgerError, Plan, Policy, Previous, Seeds};
use impls::{Scenario, Version};
use oracle::Goal;
use oracle::guard::caught;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// When a night is over: at whichever comes first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After this time, all sessions together.
    pub time: Option<Duration>,
    /// After this many chunks.
    pub chunks: Option<u64>,
}

/// What a night is opened with.
#[derive(Clone, Debug)]
pub struct NightOptions {
    /// Its folder.
    pub folder: PathBuf,
    /// The versions.
    pub versions: Vec<&'static Version>,
    /// The seed, if the night is new.
    pub seed: u64,
    /// The seed was asked for: a night that was begun with another is not gone on with.
    pub insist: bool,
    /// Put aside what the folder holds, and begin anew.
    pub again: bool,
    /// Cases of earlier nights, and what was wrong with files; for a night that is new.
    pub seeds: (Vec<String>, Vec<String>),
}

/// What is known of a class of findings in a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In how many executions.
    pub n: u64,
    /// The first of them.
    pub first: u64,
}

/// A finding, and how often it came up.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The smallest case of it.
    pub record: Record,
    /// How many records have the same key.
    pub times: u64,
    /// On which CPUs.
    pub hardware: std::collections::BTreeSet<String>,
}

/// What a class is counted by: lane, version, judge, scenario, CPU.
pub(super) type TallyKey = (String, String, String, Option<Scenario>, String);

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub struct Sofar {
    /// Chunks that are done.
    pub done: HashSet<u64>,
    /// By lane: chunks, executions, exhausted programs, states; and which turns are done.
    pub lanes: BTreeMap<String, (u64, u64, u64, u64)>,
    pub(super) turns: BTreeMap<String, HashSet<u64>>,
    /// Executions that reached each goal.
    pub goals: Vec<u64>,
    /// What was counted.
    pub(super) counts: BTreeMap<TallyKey, Tally>,
    /// Flags on versions that are believed correct, where the contract is kept.
    pub alarms: u64,
    /// The same on versions of which nothing is expected, by name.
    pub own: BTreeMap<String, u64>,
    /// The findings by key.
    pub findings: BTreeMap<String, Entry>,
    /// A case for each set of goals.
    pub kept: BTreeMap<u32, String>,
    /// Chunks that could not be finished.
    pub died: u64,
}

/// Cases for the nights to come.
const KEPT: usize = 256;

impl Sofar {
    fn add(&mut self, chunk: ChunkRecord) {
        if !self.done.insert(chunk.number) {
            return;
        }
        let lane = self.lanes.entry(chunk.lane.clone()).or_default();
        lane.0 += 1;
        lane.1 += chunk.executions;
        lane.2 += chunk.exhausted;
        lane.3 = lane.3.saturating_add(chunk.states);
        self.turns.entry(chunk.lane.clone()).or_default().insert(chunk.turn);
        self.died += u64::from(chunk.died);
        self.goals.resize(Goal::ALL.len(), 0);
        for (mine, theirs) in self.goals.iter_mut().zip(&chunk.goals) {
            *mine += theirs;
        }
        for count in chunk.counts {
            self.alarms = self.alarms.saturating_add(if count.alarm { count.n } else { 0 });
            if count.own {
                let own = self.own.entry(count.version.clone()).or_default();
                *own = own.saturating_add(count.n);
            }
            let key = (chunk.lane.clone(), count.version, count.judge, count.scenario, count.hardware);
            let tally = self.counts.entry(key).or_insert(Tally { n: 0, first: count.first });
            tally.n = tally.n.saturating_add(count.n);
            tally.first = tally.first.min(count.first);
        }
        for record in chunk.records {
            self.find(record);
        }
        for Kept { goals, case } in chunk.kept {
            self.keep(goals, case);
        }
    }

    fn find(&mut self, record: Record) {
        match self.findings.get_mut(&record.key) {
            None => {
                let hardware = [record.hardware.clone()].into();
                self.findings.insert(record.key.clone(), Entry { record, times: 1, hardware });
            }
            Some(entry) => {
                entry.times += 1;
                entry.hardware.insert(record.hardware.clone());
                if rank(&record) < rank(&entry.record) {
                    entry.record = record;
                }
            }
        }
    }

    /// The shortest case of each set of goals; of the sets, those with most goals. Neither depends on the
    /// order of the chunks.
    fn keep(&mut self, goals: u32, case: String) {
        let kept = self.kept.entry(goals).or_insert_with(|| case.clone());
        if (case.len(), &case) < (kept.len(), &*kept) {
            *kept = case;
        }
    }

    /// The cases for the nights to come.
    #[must_use]
    pub fn cases(&self) -> Vec<&str> {
        let mut sets: Vec<_> = self.kept.iter().collect();
        sets.sort_by_key(|(goals, _)| (std::cmp::Reverse(goals.count_ones()), **goals));
        sets.into_iter().take(KEPT).map(|(_, case)| case.as_str()).collect()
    }

    /// How many executions of a lane were run without a gap, from the first on.
    pub(super) fn covered(&self, lane: &str, size: u64) -> u64 {
        let Some(turns) = self.turns.get(lane) else { return 0 };
        (0..).take_while(|turn| turns.contains(turn)).count() as u64 * size
    }
}

/// Where the contract is kept before where it is not, the table's surroundings before others; then the
/// shortest.
fn rank(record: &Record) -> (bool, bool, u32, usize, &str, &str, u64) {
    let Record { contract, tabulated, step, case, lane, index, .. } = record;
    (!contract, !tabulated, *step, case.len(), case, lane, *index)
}

/// A night in its folder.
#[derive(Debug)]
pub struct Night {
    ledger: Ledger,
    /// The work.
    pub plan: Plan,
    /// What it must find.
    pub policy: Policy,
    /// What is known.
    pub sofar: Sofar,
    /// The night before, if there is one.
    pub previous: Option<Previous>,
    /// The time of earlier sessions.
    pub before: Duration,
    /// How many sessions there were before this one.
    pub sessions: u64,
    /// Something worth a word: files that were damaged.
    pub complaints: Vec<String>,
    /// What earlier sessions have written into the folder.
    pub files: Files,
    /// The families of historical bugs, when they have been gone through.
    pub(super) families: OnceLock<FamiliesReport>,
}

/// Looked for this often while nothing arrives.
const TICK: Duration = Duration::from_millis(200);

impl Night {
    /// Begins a night, or goes on with the one that the folder holds.
    ///
    /// # Errors
    /// If the folder cannot be used, or holds a night that cannot be gone on with.
    pub fn open(options: NightOptions, policy: Policy, previous: Option<Previous>) -> Result<Night, LedgerError> {
        let (mut ledger, journal) = Ledger::open(&options.folder, options.again)?;
        let Journal { header, chunks, sessions, used, torn } = journal;
        let place = options.folder.display();
        if header.is_none() && !chunks.is_empty() {
            return Err(LedgerError(format!(
                "{place}: the journal holds {} chunks, but its first line, which says what the night was begun with, is damaged; \
                 expected a line of a night. --again begins anew and leaves the old journal beside it; or choose another --out",
                chunks.len()
            )));
        }
        let new = header.is_none();
        let header = header.unwrap_or_else(|| {
            let (states, samples) = policy.small();
            Header {
                format: FORMAT,
                seed: options.seed,
                lanes: policy.lanes().to_vec(),
                states,
                samples,
                versions: options.versions.iter().map(|v| v.name.to_owned()).collect(),
                seeds: options.seeds.0,
                complaints: options.seeds.1,
                fingerprint: String::new(),
            }
        });
        if header.format != FORMAT {
            return Err(LedgerError(format!(
                "{place}: the journal is of format {}; expected {FORMAT}. --again begins anew; or choose another --out",
                header.format
            )));
        }
        let plan = Plan {
            seed: header.seed,
            lanes: header.lanes.clone(),
            versions: options.versions,
            seeds: Seeds::of(&header.seeds, header.complaints.clone()),
            states: header.states,
            samples: header.samples,
        };
        let mut header = header;
        if new {
            header.fingerprint = plan.fingerprint();
        } else {
            let names: Vec<_> = plan.versions.iter().map(|v| v.name).collect();
            let other = |what: &str| {
                LedgerError(format!(
                    "{place}: the night in this folder was begun {what}, and cannot be gone on with. --again begins anew and \
                     leaves the old journal beside it; or choose another --out"
                ))
            };
            if header.versions != names {
                return Err(other(&format!("with the versions {}", header.versions.join(", "))));
            }
            if header.fingerprint != plan.fingerprint() {
                return Err(other("by a build with other listings or other cases"));
            }
            if header.lanes != policy.lanes() || (header.states, header.samples) != policy.small() {
                return Err(other("with other lanes in its policy"));
            }
            if options.insist && header.seed != options.seed {
                return Err(other(&format!("with --seed {}", header.seed)));
            }
        }
        let mut complaints = plan.seeds.complaints.clone();
        if torn > 0 {
            complaints.push(format!(
                "{torn} torn lines of the journal were left out; what they stood for is done again"
            ));
        }
        let mut sofar = Sofar::default();
        for (line, chunk) in chunks {
            let number = chunk.number;
            let bad = |what| {
                LedgerError(format!("{place}: line {line} of the journal, chunk {number}: {what}; {ANOTHER}"))
            };
            sofar.add(chunk.checked(&plan).map_err(bad)?);
        }
        ledger.begin(new.then_some(header))?;
        let files = Files::read(&options.folder);
        Ok(Night {
            ledger,
            plan,
            policy,
            sofar,
            previous,
            before: used,
            sessions,
            complaints,
            files,
            families: OnceLock::new(),
        })
    }

    /// The time used so far, all sessions together.
    #[must_use]
    pub fn used(&self) -> Duration {
        self.before + self.ledger.elapsed()
    }

    /// Whether there is nothing left to do.
    #[must_use]
    pub fn is_over(&self, limits: &Limits) -> bool {
        limits.time.is_some_and(|t| self.used() >= t)
            || limits.chunks.is_some_and(|n| (0..n).all(|i| self.sofar.done.contains(&i)))
    }

    /// Runs until the limits or until `stop`; what runs then is finished first. `each` is called after each
    /// chunk and now and then between. True if the night came to its end.
    ///
    /// # Errors
    /// If something cannot be written, or `each` fails. What was written is safe.
    pub fn run<E: From<LedgerError>>(
        &mut self,
        limits: &Limits,
        threads: usize,
        stop: &AtomicBool,
        mut each: impl FnMut(&Night) -> Result<(), E>,
    ) -> Result<bool, E> {
        let began = Instant::now();
        let left = limits.time.map(|t| t.saturating_sub(self.used()));
        let halt = AtomicBool::new(false);
        let next = AtomicU64::new(0);
        let done = self.sofar.done.clone();
        let plan = self.plan.clone();
        let over = || {
            halt.load(Ordering::Relaxed)
                || stop.load(Ordering::Relaxed)
                || left.is_some_and(|left| began.elapsed() >= left)
        };
        // The next chunk that nobody has done.
        let take = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if limits.chunks.is_some_and(|n| number >= n) {
                    return None;
                }
                if !done.contains(&number) {
                    return Some(number);
                }
            }
        };
        let (send, receive) = mpsc::channel::<ChunkRecord>();
        let result = std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                let send = send.clone();
                let (plan, over, take) = (&plan, &over, &take);
                scope.spawn(move || {
                    while !over() {
                        let Some(number) = take() else { break };
                        let chunk = plan.chunk(number);
                        // Whatever goes wrong in a chunk, the others go on, and that it went wrong is a
                        // finding.
                        let record = caught(|| chunk::run(plan, &chunk));
                        let record = record.unwrap_or_else(|words| chunk::died(&chunk, &words));
                        if send.send(record).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(send);
            let outcome = (|| -> Result<(), E> {
                loop {
                    match receive.recv_timeout(TICK) {
                        Ok(record) => {
                            self.ledger.chunk(record.clone())?;
                            self.sofar.add(record);
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => return Ok(()),
                    }
                    each(self)?;
                }
            })();
            halt.store(true, Ordering::Relaxed);
            outcome
        });
        result?;
        self.ledger.pause()?;
        Ok(self.is_over(limits))
    }
}
