//! What the registry knows of a version.

use crate::expected::PERFECT;
use model::listing::Node;
use model::{Code, Config, Knobs, MigrationEntryBits};

/// Where a version comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Who wrote it.
    pub author: &'static str,
    /// When, as year-month-day or a release.
    pub date: &'static str,
    /// The commit, or the message id of the mail.
    pub source: &'static str,
}

/// The scenarios that tell the versions apart, as `docs/scenarios.md` numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scenario {
    /// The dirty bit of a swap-cache page is dropped in a failing migration; no race.
    S1,
    /// The same for a lazyfree page (MADV_FREE), failing or succeeding; no swap involved.
    S1b,
    /// A stale read after MADV_DONTNEED returned, through an entry whose flush is still owed.
    S2a,
    /// The writing form of S2a: out of reach where a writable page is flushed at once.
    S2b,
    /// The store lands between the read and the clear of the entry.
    S3,
    /// S3 in the branch that backs off from a pinned page.
    S3r,
    /// A store through a cached entry without D, after the clear: needs hardware that does not look again.
    S4,
    /// S2a in the window that a folio split opens in the middle of the range.
    S6,
}

impl Scenario {
    /// All scenarios in order.
    pub const ALL: [Scenario; 8] = [
        Scenario::S1,
        Scenario::S1b,
        Scenario::S2a,
        Scenario::S2b,
        Scenario::S3,
        Scenario::S3r,
        Scenario::S4,
        Scenario::S6,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scenario::S1 => "S1",
            Scenario::S1b => "S1b",
            Scenario::S2a => "S2a",
            Scenario::S2b => "S2b",
            Scenario::S3 => "S3",
            Scenario::S3r => "S3r",
            Scenario::S4 => "S4",
            Scenario::S6 => "S6",
        }
    }

    /// What happens, in a line.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Scenario::S1 => "dirty bit dropped, migration fails, reclaim re-reads the old slot",
            Scenario::S1b => "dirty bit of a rewritten lazyfree page dropped, reclaim discards it",
            Scenario::S2a => "stale read after MADV_DONTNEED returned, flush still owed",
            Scenario::S2b => "lost write after MADV_DONTNEED returned, flush still owed",
            Scenario::S3 => "store between the read and the clear of the pte",
            Scenario::S3r => "store between read and clear, page pinned, old word restored",
            Scenario::S4 => "store through a cached entry without D, after the clear",
            Scenario::S6 => "stale read after MADV_DONTNEED returned, page-table lock dropped for a folio split",
        }
    }
}

/// What is expected of a version in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A load must be able to return something that the program never left there.
    Required,
    /// It must not.
    Forbidden,
    /// It may or may not.
    Allowed,
}

impl Loss {
    /// The word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Loss::Required => "required",
            Loss::Forbidden => "forbidden",
            Loss::Allowed => "allowed",
        }
    }
}

/// One version of the operation.
#[derive(Clone, Debug)]
pub struct Version {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The release whose environment it belongs to.
    pub kernel: &'static str,
    /// One of the four versions of the thread of August 2022.
    pub in_thread: bool,
    /// Believed never to lose a write: any flag on it is an alarm.
    pub correct: bool,
    /// The scenarios in which it loses on perfect hardware, as its file says. `expected.tsv` says the same, and more.
    pub loses: Vec<Scenario>,
    /// A knob of the environment that this version (a mutant) turns, whatever the case says.
    pub migration_entry: Option<MigrationEntryBits>,
    /// The file that it was read from, if it is not built in.
    pub file: Option<&'static str>,
    /// The steps.
    pub listing: Vec<Node>,
    /// The steps linked with the environment.
    pub code: Code,
}

impl Version {
    /// Links a listing with the environment. It belongs to 6.0, loses nothing and is no part of the thread unless
    /// told otherwise.
    #[must_use]
    pub fn new(name: &'static str, title: &'static str, provenance: Provenance, listing: Vec<Node>) -> Version {
        let code = Code::link(&model::environment(), &listing);
        Version {
            name,
            title,
            provenance,
            kernel: "6.0",
            in_thread: false,
            correct: true,
            loses: Vec::new(),
            migration_entry: None,
            file: None,
            listing,
            code,
        }
    }

    /// The version loses in these scenarios, and is then not believed correct.
    #[must_use]
    pub fn loses(mut self, scenarios: &[Scenario]) -> Version {
        self.loses = scenarios.to_vec();
        self.correct = scenarios.is_empty();
        self
    }

    /// The version loses in a way that no scenario of the table stands for.
    #[must_use]
    pub fn loses_elsewhere(mut self) -> Version {
        self.correct = false;
        self
    }

    /// The release whose environment the version belongs to.
    #[must_use]
    pub fn on(mut self, kernel: &'static str) -> Version {
        self.kernel = kernel;
        self
    }

    /// One of the four versions of the thread.
    #[must_use]
    pub fn of_the_thread(mut self) -> Version {
        self.in_thread = true;
        self
    }

    /// How to name it on the command line again.
    #[must_use]
    pub fn argument(&self) -> String {
        match self.file {
            None if self.name.contains(' ') => format!("--impl '{}'", self.name),
            None => format!("--impl {}", self.name),
            Some(file) if file.chars().all(|c| c.is_alphanumeric() || "/._+-".contains(c)) => {
                format!("--impl-file {file}")
            }
            Some(file) => format!("--impl-file '{}'", file.replace('\'', r"'\''")),
        }
    }

    /// What is expected in a scenario on perfect hardware. What a version cannot do it must not do.
    #[must_use]
    pub fn expects(&self, scenario: Scenario) -> Loss {
        crate::expected(self.name, scenario, PERFECT).unwrap_or(Loss::Forbidden)
    }

    /// Whether any flag on this version in such a surrounding is an alarm: it is believed correct, and the machine around it keeps what
    /// it relies on.
    #[must_use]
    pub fn is_correct_on(&self, config: &Config) -> bool {
        self.correct && config.keeps_contract()
    }

    /// The knobs that this version runs with in a case.
    #[must_use]
    pub fn knobs(&self, case: Knobs) -> Knobs {
        Knobs { migration_entry: self.migration_entry.unwrap_or(case.migration_entry), ..case }
    }
}
