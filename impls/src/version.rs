//! What the registry knows of a version.

use crate::Scenario;
use crate::expected::{PERFECT, Row};
use crate::kernel::{self, Body};
use crate::shell::option;
use model::listing::Node;
use model::{Assumptions, Code, Config, LinkError, MigrationEntryBits, Profile};
use std::sync::{Arc, OnceLock};

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

/// What is known of a version before it runs, and so what a finding on it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is built in: `expected.tsv` has its rows.
    BuiltIn {
        /// Believed never to lose a write: any flag on it is an alarm.
        correct: bool,
    },
    /// A fault was put into some version on purpose. Nothing is expected of it.
    Mutant,
    /// It was read from a file. Nothing is known of it, and nothing expected.
    Own,
}

/// A kernel with functions replaced.
#[derive(Clone, Debug)]
pub struct Version {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The release whose environment it belongs to.
    pub kernel: Profile,
    /// One of the four versions of the thread of August 2022.
    pub in_thread: bool,
    /// What is known of it.
    pub standing: Standing,
    /// A knob of the environment that this version (a mutant) turns, whatever the case says.
    pub migration_entry: Option<MigrationEntryBits>,
    /// The file that it, or the version that it is a mutant of, was read from.
    pub file: Option<&'static str>,
    /// The functions that it replaces.
    pub subject: Arc<Subject>,
}

/// The functions under comparison, and the kernels that have them.
#[derive(Debug)]
pub struct Subject {
    functions: Vec<Arc<Body>>,
    assumed: Assumptions,
    /// Each release with those functions, linked when it is first needed.
    codes: [OnceLock<Code>; Profile::ALL.len()],
}

impl Subject {
    /// Functions that replace a release's own.
    ///
    /// # Errors
    /// If they do not link with some release.
    pub fn new(functions: Vec<Arc<Body>>) -> Result<Subject, LinkError> {
        Subject::assuming(functions, Assumptions::ALL)
    }

    /// The same under some assumptions only.
    ///
    /// # Errors
    /// If they do not link with some release.
    pub fn assuming(functions: Vec<Arc<Body>>, assumed: Assumptions) -> Result<Subject, LinkError> {
        let codes = <[OnceLock<Code>; Profile::ALL.len()]>::default();
        for release in Profile::ALL {
            let code = kernel::link(release, &functions, assumed)?;
            // The one that is needed first, and in most work the only one.
            if release == Profile::default() {
                codes[release as usize].get_or_init(|| code);
            }
        }
        Ok(Subject { functions, assumed, codes })
    }
}

impl Version {
    /// A version with functions of its own. It is built in, belongs to 6.0 and is no part of the thread unless
    /// told otherwise.
    ///
    /// # Errors
    /// If the functions do not link with some release.
    pub fn new(
        name: &'static str,
        title: &'static str,
        provenance: Provenance,
        functions: Vec<Arc<Body>>,
    ) -> Result<Version, LinkError> {
        Ok(Version {
            name,
            title,
            provenance,
            kernel: Profile::V6_0,
            in_thread: false,
            standing: Standing::BuiltIn { correct: true },
            migration_entry: None,
            file: None,
            subject: Arc::new(Subject::new(functions)?),
        })
    }

    /// The same version with one body of its functions edited.
    ///
    /// # Errors
    /// If it does not link with some release.
    pub fn edited(&self, function: usize, body: Vec<Node>) -> Result<Version, LinkError> {
        let mut functions = self.functions().to_vec();
        functions[function] = Arc::new(functions[function].with(body));
        Ok(Version { subject: Arc::new(Subject::assuming(functions, self.assumed())?), ..self.clone() })
    }

    /// The same version, judged under some assumptions only.
    ///
    /// # Panics
    /// Never: that it links was tried when it was made.
    #[must_use]
    pub fn assuming(&self, assumed: Assumptions) -> Version {
        let subject = Subject::assuming(self.functions().to_vec(), assumed);
        let subject = subject.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        Version { subject: Arc::new(subject), ..self.clone() }
    }

    /// What judges are told to excuse of the kernel around its functions.
    #[must_use]
    pub fn assumed(&self) -> Assumptions {
        self.subject.assumed
    }

    /// The functions that it replaces.
    #[must_use]
    pub fn functions(&self) -> &[Arc<Body>] {
        &self.subject.functions
    }

    /// What the first function that it replaces does.
    #[must_use]
    pub fn listing(&self) -> &[Node] {
        self.functions().first().map_or(&[], |b| &b.function.body)
    }

    /// Where a step of one of its functions stands: the file, and the line in it; in C if it was lifted from
    /// there. `None` for a step of a mutant's, which stands in no file.
    #[must_use]
    pub fn place(&self, function: &str, step: usize) -> Option<(&'static str, usize)> {
        let body = self.functions().iter().find(|b| b.function.name == function)?;
        body.source.as_ref()?.places.get(step.checked_sub(1)?).copied()
    }

    /// The code of a release with this version's functions in it.
    ///
    /// # Panics
    /// Never: that it links was tried when it was made.
    #[must_use]
    pub fn code(&self, release: Profile) -> &Code {
        let link = || {
            let code = kernel::link(release, self.functions(), self.assumed());
            code.unwrap_or_else(|e| panic!("{}: {e}", self.name))
        };
        self.subject.codes[release as usize].get_or_init(link)
    }

    /// The body of a function as this version runs it in a release.
    #[must_use]
    pub fn body(&self, function: &str, release: Profile) -> Option<&Arc<Body>> {
        let own = self.functions().iter().find(|b| b.function.name == function);
        own.or_else(|| kernel::body(function, release))
    }

    /// How to name it on the command line again, and what it is judged without.
    #[must_use]
    pub fn argument(&self) -> String {
        let name = option("impl", self.name);
        let named = match (self.file, self.standing) {
            (None, _) => name,
            (Some(file), Standing::Mutant) => format!("{name} {}", option("impl-file", file)),
            (Some(file), _) => option("impl-file", file),
        };
        format!("{named}{}", self.without())
    }

    /// What it is judged without, as options of the command line, each behind a space; nothing by default.
    #[must_use]
    pub fn without(&self) -> String {
        self.assumed().off().map(|a| format!(" --no-assume {}", a.id())).collect()
    }

    /// The words behind what was found on it: `under --no-assume ID`, with a space before; nothing by default.
    #[must_use]
    pub fn under(&self) -> String {
        let without = self.without();
        if without.is_empty() { without } else { format!(" under{without}") }
    }

    /// One of the versions that come with lostwrite, which are about one function, in any release.
    #[must_use]
    pub const fn is_built_in(&self) -> bool {
        matches!(self.standing, Standing::BuiltIn { .. })
    }

    /// Believed never to lose a write.
    #[must_use]
    pub const fn is_believed_correct(&self) -> bool {
        matches!(self.standing, Standing::BuiltIn { correct: true })
    }

    /// Whether something is expected of it: whatever a judge says of any other version is news, and is said
    /// as such. Nothing is expected of anybody whom judges do not excuse as they used to.
    #[must_use]
    pub fn has_expectations(&self) -> bool {
        self.is_built_in() && self.assumed() == Assumptions::ALL
    }

    /// The row of the table of expected verdicts for a hardware; `None` if there is none, or nothing is
    /// expected of the version.
    #[must_use]
    pub fn row(&self, hardware: &str) -> Option<&'static Row> {
        let of = |row: &&Row| row.version == self.name && row.hardware == hardware;
        crate::expected_rows().iter().find(of).filter(|_| self.has_expectations())
    }

    /// What is expected in a scenario on a hardware; `None` if the question does not arise, or nothing is
    /// expected.
    #[must_use]
    pub fn expects_on(&self, scenario: Scenario, hardware: &str) -> Option<Loss> {
        self.row(hardware)?.cells[scenario as usize]
    }

    /// Whether it must be able to lose in a scenario on perfect hardware.
    #[must_use]
    pub fn must_lose(&self, scenario: Scenario) -> bool {
        self.expects_on(scenario, PERFECT) == Some(Loss::Required)
    }

    /// Whether any flag on this version in such a surrounding is an alarm: it is believed correct, and the
    /// machine around it keeps what it relies on.
    #[must_use]
    pub const fn is_correct_on(&self, config: &Config) -> bool {
        self.is_believed_correct() && config.keeps_contract()
    }

    /// Whether any flag on this version in such a surrounding is worth an alarm: it is believed correct, or
    /// nothing is known of it.
    #[must_use]
    pub fn should_be_silent_on(&self, config: &Config) -> bool {
        (self.is_believed_correct() || !self.has_expectations()) && config.keeps_contract()
    }

    /// The configuration that this version runs with in a case: it may turn a knob by itself.
    #[must_use]
    pub fn config(&self, case: &Config) -> Config {
        let mut config = *case;
        config.knobs.migration_entry = self.migration_entry.unwrap_or(config.knobs.migration_entry);
        config
    }
}
