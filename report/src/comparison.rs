//! What `distinguish` and `ablate` ask, as a value: it goes into the journal and into results, and what one
//! job has written another can go on with, or join, only if both ask the same.

use corpus::{Case, Environment};
use explore::answers::distinguish::{Answers, Job, Record, Rival, Shard};
use explore::programs::{Alphabet, Bounds, Runs};
use impls::{Body, Version, kernel};
use model::{ActorKind, Assumptions, Code, Config, OpKind, Profile, listing};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The number of the form of journals and results.
pub const FORMAT: u32 = 1;

/// More programs than a question is asked of: they are counted before the work begins.
pub const MOST_PROGRAMS: usize = 20_000_000;

/// A question about a version and its rivals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// [`FORMAT`].
    pub format: u32,
    /// Whether the rivals are the version without one step each; else there is one, another version.
    pub ablates: bool,
    /// The version, and the other one if there is one.
    pub versions: Vec<String>,
    /// Of an ablation: only these steps; all if there are none.
    pub steps: Vec<usize>,
    /// A hash of the listings.
    pub listings: String,
    /// Which programs, with the defaults filled in.
    #[serde(flatten)]
    pub limits: Limits,
    /// How many programs there are.
    pub programs: u64,
}

/// The versions of a question.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The version.
    pub base: &'static Version,
    /// Its rivals.
    pub rivals: Vec<Rival>,
}

impl Comparison {
    /// A version and another one.
    #[must_use]
    pub fn pair(base: &'static Version, other: &Version) -> Comparison {
        Comparison { base, rivals: vec![Rival { version: other.clone(), from_step: None }] }
    }

    /// A version, and itself without each of these steps of its listing; without each one if none is named.
    ///
    /// # Errors
    /// With the steps that there are.
    pub fn ablation(base: &'static Version, steps: &[usize]) -> Result<Comparison, String> {
        let numbered =
            |edit: impls::Edit| Some((edit.place().strip_prefix("drop ")?.parse::<usize>().ok()?, edit));
        let drops: Vec<_> = impls::edits(base).into_iter().filter_map(numbered).collect();
        if let Some(unknown) = steps.iter().find(|s| drops.iter().all(|(number, _)| number != *s)) {
            return Err(format!(
                "{} has no step {unknown}; expected a number from 1 to {}",
                base.name,
                drops.len()
            ));
        }
        let wanted = drops.into_iter().filter(|(number, _)| steps.is_empty() || steps.contains(number));
        let rivals = wanted.map(|(number, edit)| Rival { version: edit.of(base), from_step: Some(number) });
        Ok(Comparison { base, rivals: rivals.collect() })
    }

    /// A hash of the listings.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint([self.base].into_iter().chain(self.rivals.iter().map(|r| &r.version)))
    }

    /// The operations that run what differs between the versions, in a release.
    fn alphabet(&self, release: Profile) -> Alphabet {
        let same = |name: &str, rival: &Version| {
            let steps = |v: &Version| v.body(name, release).map(|b| b.function.body.clone());
            steps(self.base) == steps(rival)
        };
        let differs = |body: &&Arc<Body>| self.rivals.iter().any(|r| !same(body.function.name, &r.version));
        let code = |version: &Version| -> Option<Code> {
            let bodies: Vec<_> = version.functions().iter().filter(differs).cloned().collect();
            kernel::link(release, &bodies, Assumptions::ALL).ok()
        };
        let codes: Vec<Code> =
            [self.base].into_iter().chain(self.rivals.iter().map(|r| &r.version)).filter_map(code).collect();
        Alphabet::of(&codes)
    }

    /// Whether one of the versions splits large folios, so that these are of interest.
    fn splits(&self) -> bool {
        let splits = |v: &Version| {
            let steps = v.functions().iter().flat_map(|b| listing::steps(&b.function.body)).collect::<Vec<_>>();
            steps.contains(&model::Action::SplitFolio.into())
        };
        splits(self.base) || self.rivals.iter().any(|r| splits(&r.version))
    }
}

/// A hash of the listings of versions: a name says nothing of what a file of one's own holds.
#[must_use]
pub fn fingerprint<'a>(versions: impl IntoIterator<Item = &'a Version>) -> String {
    let listings: Vec<String> = versions
        .into_iter()
        .map(|v| {
            let functions = v.functions().iter().map(|b| {
                [b.function.name.to_owned()]
                    .into_iter()
                    .chain(listing::lines(&b.function.body))
                    .collect::<Vec<_>>()
            });
            let lines = functions.flatten().collect::<Vec<_>>().join("\n");
            format!("{}\n{:?}{}\n{lines}", v.name, v.migration_entry, v.without())
        })
        .collect();
    night::name(&listings.join("\n\n"))
}

/// What is asked for beside the versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// At most so many operations.
    pub ops: usize,
    /// At most so many actors.
    pub actors: usize,
    /// On so many pages.
    pub pages: usize,
    /// What CPUs do, in letters; the default if there are none.
    pub alphabet: Vec<String>,
    /// Actors that are no CPUs.
    pub others: Vec<String>,
    /// The machines to start from, as the options of a case; the default if there are none.
    pub starts: Vec<String>,
    /// How many states a program may have on a version.
    pub budget: usize,
}

/// An empty page table, and a page that a fork has left mapped read-only.
pub const STARTS: [&str; 2] = ["", "shared=0"];
/// The same for versions that split: a page of a large folio, alone and behind a small page.
pub const LARGE_STARTS: [&str; 2] = ["large=0", "shared=0 large=1"];

impl Question {
    /// Puts the question about versions within limits, in an environment.
    ///
    /// # Errors
    /// With what was found and what was expected.
    pub fn new(
        subject: &Comparison,
        ablates: bool,
        limits: &Limits,
        environment: &Environment,
    ) -> Result<(Question, Bounds), String> {
        let splits = subject.splits();
        let or = |given: &[String], default: &[&str], more: &[&str]| -> Vec<String> {
            let more = if splits { more } else { &[] };
            let default = || default.iter().chain(more).map(|s| (*s).to_owned()).collect();
            if given.is_empty() { default() } else { given.to_vec() }
        };
        let environment =
            Environment { kernel: environment.kernel.or(Some(subject.base.kernel)), ..environment.clone() };
        let all = subject.alphabet(environment.kernel.unwrap_or_default());
        let letters: Vec<_> = all.usual.iter().map(|kind| kind.letters()).collect();
        let ranges: &[&str] = if all.runs.cpus.contains(&OpKind::MigrateRange) { &["DD"] } else { &[] };
        let alphabet = or(&limits.alphabet, &letters, ranges);
        let starts = or(&limits.starts, &STARTS, &LARGE_STARTS)
            .iter()
            .map(|text| Ok(canonical(&environment.of(&start(text)?))))
            .collect::<Result<Vec<_>, String>>()?;
        let mut versions = vec![subject.base.name.to_owned()];
        if !ablates {
            versions.extend(subject.rivals.iter().map(|r| r.version.name.to_owned()));
        }
        let mut question = Question {
            format: FORMAT,
            ablates,
            versions,
            steps: if ablates { subject.rivals.iter().filter_map(|r| r.from_step).collect() } else { Vec::new() },
            listings: subject.fingerprint(),
            limits: Limits { alphabet, starts, ..limits.clone() },
            programs: 0,
        };
        let bounds = question.bounds(all.runs)?;
        question.programs = bounds.programs().take(MOST_PROGRAMS + 1).count() as u64;
        if question.programs > MOST_PROGRAMS as u64 {
            return Err(format!(
                "more than {MOST_PROGRAMS} programs within these bounds, which nobody comes to the end of; expected fewer operations, \
                 actors or pages, or a smaller --alphabet"
            ));
        }
        Ok((question, bounds))
    }

    /// The programs that it is about: those in which somebody `runs` what differs.
    ///
    /// # Errors
    /// With what was found and what was expected.
    pub fn bounds(&self, runs: Runs) -> Result<Bounds, String> {
        Ok(Bounds {
            runs,
            ops: self.limits.ops,
            actors: self.limits.actors,
            pages: self.limits.pages,
            alphabet: self.limits.alphabet.iter().map(|l| letter(l)).collect::<Result<_, _>>()?,
            others: self.limits.others.iter().map(|o| other(o)).collect::<Result<_, _>>()?,
            starts: self
                .limits
                .starts
                .iter()
                .map(|s| Ok(start(s)?.config))
                .collect::<Result<Vec<Config>, String>>()?,
        })
    }

    /// `up to 4 operations on 2 actors`.
    #[must_use]
    pub fn size_text(&self) -> String {
        let s = |n: usize| if n == 1 { "" } else { "s" };
        format!(
            "up to {} operation{} on {} actor{}",
            self.limits.ops,
            s(self.limits.ops),
            self.limits.actors,
            s(self.limits.actors)
        )
    }

    /// The bounds, for people.
    #[must_use]
    pub fn bounds_text(&self) -> String {
        let starts: Vec<_> = self.limits.starts.iter().map(|s| format!("'{s}'")).collect();
        let others = if self.limits.others.is_empty() {
            String::new()
        } else {
            format!(", {}", self.limits.others.join(", "))
        };
        format!(
            "programs of {} ({} page{}): {}{others}; starting from {}",
            self.size_text(),
            self.limits.pages,
            if self.limits.pages == 1 { "" } else { "s" },
            self.limits.alphabet.join(" "),
            starts.join(", ")
        )
    }

    /// The job that does a part of it.
    #[must_use]
    pub fn job<'a>(&self, subject: &'a Comparison, bounds: &'a Bounds, shard: Shard) -> Job<'a> {
        Job { base: subject.base, rivals: &subject.rivals, bounds, budget: self.limits.budget, shard }
    }

    /// What records say, of so many shards.
    #[must_use]
    pub fn answers(&self, rivals: usize, of: u64, records: &[(Shard, Record)]) -> Answers {
        Answers::of(rivals, self.programs, of, records)
    }
}

/// What a job has done, for `merge`. Its number is that of the question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The question.
    pub question: Question,
    /// Which part.
    pub shard: Shard,
    /// What it found.
    pub records: Vec<Record>,
}

/// A line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// What the journal is about: the first line.
    Question {
        /// The question.
        question: Question,
        /// Which part.
        shard: Shard,
    },
    /// A chunk is done.
    Chunk(Record),
}

/// The options of a case as a case.
fn start(options: &str) -> Result<Case, String> {
    let expected = format!("expected the options of a case, such as 'shared=0 swap=disk', found '{options}'");
    let case: Case = format!("{options} R0").parse().map_err(|e| format!("{expected}: {e}"))?;
    // Anything else than options would be operations before the one that stands for a program.
    if case.programs.actors == 1 && case.programs.of(0).len() == 1 { Ok(case) } else { Err(expected) }
}

/// The options of a case as they are printed.
fn canonical(case: &Case) -> String {
    let text = case.to_string();
    text.strip_suffix(" R0").unwrap_or(&text).to_owned()
}

fn letter(letters: &str) -> Result<OpKind, String> {
    OpKind::ALL.into_iter().find(|k| k.letters() == letters && *k != OpKind::SwapMax).ok_or_else(|| {
        let known: Vec<_> =
            OpKind::ALL.into_iter().filter(|k| *k != OpKind::SwapMax).map(OpKind::letters).collect();
        format!("unknown operation '{letters}'; expected letters such as {}", known.join(" "))
    })
}

fn other(name: &str) -> Result<ActorKind, String> {
    match name {
        "kswapd" => Ok(ActorKind::Kswapd),
        "dma" => Ok(ActorKind::Dma),
        _ => Err(format!("unknown actor '{name}'; expected kswapd or dma")),
    }
}
