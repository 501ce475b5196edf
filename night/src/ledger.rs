//! The journal of a night: one line for each thing that is over, each with a checksum, only ever appended to.
//!
//! The form of a line is that of every journal (`journal`). A finding is in the line of its chunk, so that a
//! chunk is never done without its findings.

use super::chunk::ChunkRecord;
use super::files::{may_be_there, put_aside};
use super::plan::LaneSize;
use explore::journal::{self, Lines};
use fs4::FileExt;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// The number of the journal's form.
pub(super) const FORMAT: u32 = 1;

/// What a night was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub format: u32,
    pub seed: u64,
    pub lanes: Vec<LaneSize>,
    pub states: usize,
    pub samples: u64,
    pub versions: Vec<String>,
    /// The cases of earlier nights.
    pub seeds: Vec<String>,
    /// What was wrong with files.
    pub complaints: Vec<String>,
    /// [`super::Plan::fingerprint`].
    pub fingerprint: String,
}

/// A line. Times are those of a clock that never jumps, since the session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub(super) enum Line {
    Night(Header),
    Session { session: u64 },
    Chunk { session: u64, at_ms: u64, chunk: ChunkRecord },
    Pause { session: u64, at_ms: u64 },
}

/// What a journal holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    pub header: Option<Header>,
    /// Each with the number of its line.
    pub chunks: Vec<(usize, ChunkRecord)>,
    /// How many sessions there were.
    pub sessions: u64,
    /// The time that all of them took.
    pub used: Duration,
    /// Lines without a valid sum.
    pub torn: u64,
}

/// Something about the journal, or a file beside it, that ends the job: what was to be done, where, and what
/// to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerError(
    /// In words.
    pub String,
);

impl std::fmt::Display for LedgerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LedgerError {}

/// An open journal, which nobody else can open.
#[derive(Debug)]
pub struct Ledger {
    journal: journal::Journal,
    _lock: File,
    session: u64,
    began: Instant,
    synced: Instant,
}

/// The journal's name in its folder.
pub(super) const JOURNAL: &str = "journal.jsonl";
/// The lock's.
const LOCK: &str = "lock";
/// What can be done about a line that means nothing.
pub(super) const ANOTHER: &str = "expected what this program writes; --again puts the night aside and begins anew";
/// How a night goes on.
const RESUME: &str = "run the same command again, and the night goes on from there";
/// More sessions than a night has.
const MOST_SESSIONS: u64 = 1_000_000;
/// A longer session than there is, in milliseconds: a year.
const LONGEST_MS: u64 = 366 * 24 * 3600 * 1000;
/// What is written last goes to the disk after this time at the latest.
const SYNC: Duration = Duration::from_secs(1);

impl Ledger {
    /// Opens the journal of a folder and begins a session; says what was there. `again`: what is there is put
    /// aside first.
    pub(super) fn open(folder: &Path, again: bool) -> Result<(Ledger, Journal), LedgerError> {
        let fail = |what: &str, path: &Path, e: &dyn std::fmt::Display| {
            LedgerError(format!("{}: {what}: {e}", path.display()))
        };
        expect_ours(folder)?;
        std::fs::create_dir_all(folder).map_err(|e| fail("the night's folder cannot be made", folder, &e))?;
        let lock_path = folder.join(LOCK);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(|e| fail("the lock cannot be opened", &lock_path, &e))?;
        if FileExt::try_lock(&lock).is_err() {
            return Err(LedgerError(format!(
                "{}: another night is running in this folder; wait for it, or choose another --out",
                folder.display()
            )));
        }
        let path = folder.join(JOURNAL);
        let open = || journal::Journal::open(&path, RESUME).map_err(LedgerError);
        let (mut journal, mut lines) = open()?;
        if again && !lines.is_empty() {
            drop(journal);
            put_aside(folder, JOURNAL).map_err(|e| fail("the old night cannot be put aside", folder, &e))?;
            (journal, lines) = open()?;
        }
        let sofar = read(&lines).map_err(|what| fail("the journal cannot be used", &path, &what))?;
        let now = Instant::now();
        Ok((Ledger { journal, _lock: lock, session: sofar.sessions + 1, began: now, synced: now }, sofar))
    }

    /// How long this session has taken.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn begin(&mut self, header: Option<Header>) -> Result<(), LedgerError> {
        if let Some(header) = header {
            self.line(&Line::Night(header))?;
        }
        self.line(&Line::Session { session: self.session })?;
        self.sync()
    }

    pub(super) fn chunk(&mut self, chunk: ChunkRecord) -> Result<(), LedgerError> {
        let telling = !chunk.records.is_empty();
        self.line(&Line::Chunk { session: self.session, at_ms: self.now(), chunk })?;
        if telling || self.synced.elapsed() >= SYNC { self.sync() } else { Ok(()) }
    }

    pub(super) fn pause(&mut self) -> Result<(), LedgerError> {
        self.line(&Line::Pause { session: self.session, at_ms: self.now() })?;
        self.sync()
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn line(&mut self, line: &Line) -> Result<(), LedgerError> {
        self.journal.append(line).map_err(LedgerError)
    }

    fn sync(&mut self) -> Result<(), LedgerError> {
        self.synced = Instant::now();
        self.journal.sync().map_err(LedgerError)
    }
}

/// A folder that is new or empty, or that a night has made. What else is in it stays as it is, but a folder
/// of something else is nobody's place for a night.
fn expect_ours(folder: &Path) -> Result<(), LedgerError> {
    let fail =
        |e: &std::io::Error| LedgerError(format!("{}: the night's folder cannot be read: {e}", folder.display()));
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|e| fail(&e))?,
    };
    let mut foreign = None;
    for entry in entries {
        let name = entry.map_err(|e| fail(&e))?.file_name().to_string_lossy().into_owned();
        if name == JOURNAL {
            return Ok(());
        }
        if !may_be_there(&name) {
            foreign.get_or_insert(name);
        }
    }
    match foreign {
        None => Ok(()),
        Some(name) => Err(LedgerError(format!(
            "{}: there is '{name}' in this folder, and no journal of a night; expected a new or an empty folder, or one that \
             `lostwrite nightly` has made; choose another --out",
            folder.display()
        ))),
    }
}

/// What the lines of a journal say.
fn read(lines: &Lines) -> Result<Journal, String> {
    let mut journal = Journal { torn: lines.torn, ..Journal::default() };
    let mut spans = std::collections::BTreeMap::<u64, u64>::new();
    let mut seen = std::collections::HashSet::new();
    for (n, line) in lines.read().map_err(|e| format!("{e}; {ANOTHER}"))? {
        let (session, at_ms) = match line {
            Line::Night(header) => {
                journal.header.get_or_insert(header);
                continue;
            }
            Line::Session { session } => (session, 0),
            Line::Pause { session, at_ms } => (session, at_ms),
            Line::Chunk { session, at_ms, chunk } => {
                if seen.insert(chunk.number) {
                    journal.chunks.push((n, chunk));
                }
                (session, at_ms)
            }
        };
        if session > MOST_SESSIONS || at_ms > LONGEST_MS {
            return Err(format!(
                "line {n} of the journal: expected a session that can have been, found {session}"
            ));
        }
        journal.sessions = journal.sessions.max(session);
        let span = spans.entry(session).or_default();
        *span = (*span).max(at_ms);
    }
    journal.used = Duration::from_millis(spans.values().sum());
    Ok(journal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(number: u64) -> Line {
        Line::Chunk { session: 1, at_ms: 100 * number, chunk: ChunkRecord { number, ..ChunkRecord::default() } }
    }

    /// What a journal says that holds these lines.
    fn written(lines: &[Line]) -> Result<Journal, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(JOURNAL);
        let (mut journal, _) = journal::Journal::open(&path, RESUME)?;
        lines.iter().try_for_each(|line| journal.put(line))?;
        drop(journal);
        read(&journal::Journal::open(&path, RESUME)?.1)
    }

    #[test]
    fn time_is_the_sum_over_sessions_of_the_last_that_each_wrote() {
        let lines = [
            Line::Session { session: 1 },
            Line::Chunk { session: 1, at_ms: 700, chunk: ChunkRecord::default() },
            Line::Session { session: 2 },
            Line::Pause { session: 2, at_ms: 300 },
        ];
        let journal = written(&lines).expect("whole");
        assert_eq!((journal.used, journal.sessions), (Duration::from_secs(1), 2));
    }

    #[test]
    fn a_chunk_that_was_written_twice_counts_once() {
        let journal = written(&[chunk(3), chunk(3)]).expect("whole");
        assert_eq!(journal.chunks.iter().map(|(_, c)| c.number).collect::<Vec<_>>(), [3]);
    }

    /// A sum is no signature: who can write a line can write its sum.
    #[test]
    fn a_line_with_a_valid_sum_that_means_nothing_is_an_error() {
        let e = written(&[Line::Session { session: u64::MAX }]).expect_err("no session");
        assert!(e.starts_with("line 1 of the journal: ") && e.contains("expected"), "{e}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(JOURNAL);
        journal::Journal::open(&path, RESUME).expect("new").0.put(&[1]).expect("written");
        let e = Ledger::open(folder.path(), false).expect_err("no line of a night");
        assert!(e.0.contains("line 1 of the journal: ") && e.0.contains(ANOTHER), "{e}");
        assert!(Ledger::open(folder.path(), true).is_ok(), "it is put aside all the same");
    }

    #[test]
    fn a_folder_of_something_else_is_refused_and_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("own.case"), "W0\n").expect("a file");
        let e = Ledger::open(folder.path(), false).expect_err("not a night's");
        assert!(e.0.contains("'own.case'") && e.0.contains("choose another --out"), "{e}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        // A journal of something else, too.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(JOURNAL);
        std::fs::write(&path, "dear diary\n").expect("a file");
        for again in [false, true] {
            let e = Ledger::open(folder.path(), again).expect_err("not a night's");
            assert!(e.0.contains("something else than a journal"), "{e}");
            assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "dear diary\n");
        }
    }

    #[test]
    fn a_folder_is_locked_as_long_as_its_ledger_lives() {
        let folder = std::env::temp_dir().join(format!("lostwrite-ledger-{}", std::process::id()));
        let (first, _) = Ledger::open(&folder, false).expect("a ledger");
        let error = Ledger::open(&folder, false).expect_err("locked");
        assert!(error.0.contains("another night is running"), "{error}");
        drop(first);
        assert!(Ledger::open(&folder, false).is_ok());
        std::fs::remove_dir_all(&folder).expect("it is there");
    }
}
