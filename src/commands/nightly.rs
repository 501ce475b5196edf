//! `lostwrite nightly`.

use super::interrupt::{INTERRUPTED, STOP, listen};
use super::lift::lift_tree;
use super::{FINE, MOST_THREADS, Outcome, input, terminal, unexpected};
use corpus::read::WRITTEN;
use indicatif::ProgressBar;
use night::{
    Colour, DEFAULT_POLICY, FILES, Files, FindingReport, LedgerError, Limits as NightLimits, Night, NightOptions,
    Policy, Previous, Report, Status, read_seeds,
};
use report::escape::shown;
use report::{Level, Witness, night_html, night_junit, night_text, sarif_log};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The nightly job: every version on every CPU, by several searches at once, with losses that must be found.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite nightly --time 1h --out nights/today --previous nights/yesterday\n\n\
    What is in the folder survives being killed and a full disk: the same command goes on from there.\n\n\
    With your own version beside the built-in ones: --impl-file mine.listing; a finding on it makes the night red.\n\n\
    Exit codes: 0 green; 1 red: a finding or a canary that the policy calls red; 2 bad arguments or files, or something that \
    cannot be written; 130 interrupted before it came to its end, and nothing red so far. docs/nightly.md says the rest.")]
pub struct Args {
    /// How long, all sessions together, as 1h or 90min; 1h if neither this nor --chunks is given
    #[arg(long, value_parser = time)]
    time: Option<Duration>,
    /// How many chunks of work: the same findings every time, with the same --seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    chunks: Option<u64>,
    /// The night's folder: its journal, its reports, its findings and the cases for the next night
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    files: input::Files,
    /// The sources of a kernel: its functions are lifted and run as a version of their own; one that does not
    /// lift is a note with its line
    #[arg(long, value_name = "FOLDER")]
    tree: Option<String>,
    /// The night before: its folder, or its report; if not given, DIR/previous if that exists
    #[arg(long, value_name = "DIR|FILE")]
    previous: Option<PathBuf>,
    /// A folder of cases beside those of the night before; may be repeated
    #[arg(long, value_name = "DIR")]
    corpus: Vec<PathBuf>,
    /// What must be found, what makes the night red, and how much each search gets
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The seed of a new night; another one each night if not given
    #[arg(long)]
    seed: Option<u64>,
    /// How many threads to use; all cores if not given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
    /// Put aside the night that the folder holds, and begin anew
    #[arg(long)]
    again: bool,
}

/// The time if no other limit is given.
const HOUR: Duration = Duration::from_secs(3600);
/// Reports are written this often while the night runs.
const REPORTS: Duration = Duration::from_secs(60);
/// Where no terminal shows the bar, a line comes this often.
const LINES: Duration = Duration::from_secs(60);

/// No job takes longer: a slip of the hand is told before the night begins.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// How long to run, in the words of humantime.
fn time(text: &str) -> Result<Duration, String> {
    let expected = "expected a time such as 1h or 90min, of at most 366 days";
    match humantime::parse_duration(text) {
        Ok(time) if time <= LONGEST => Ok(time),
        Ok(_) => Err(format!("this is longer than a year; {expected}")),
        Err(e) => Err(format!("{e}; {expected}")),
    }
}

/// Runs a night, or goes on with one.
pub fn run(args: &Args) -> Outcome {
    let limits =
        NightLimits { time: args.time.or_else(|| args.chunks.is_none().then_some(HOUR)), chunks: args.chunks };
    let mut known = args.files.known()?;
    let unlifted = args.tree.as_deref().map(|tree| lift_tree(tree, &mut known)).transpose()?.unwrap_or_default();
    unlifted.iter().for_each(|why| note!("lostwrite: note: {why}"));
    let versions = input::history(&known);
    let policy = match &args.policy {
        None => Policy::read(DEFAULT_POLICY, &versions),
        Some(path) => WRITTEN
            .text(path)
            .map_err(|e| {
                format!(
                    "{}: the policy cannot be read: {e}; expected a file such as night/nightly-policy.toml",
                    path.display()
                )
            })
            .and_then(|text| Policy::read(&text, &versions).map_err(|e| format!("{}: {e}", path.display()))),
    }?;
    let before = args.previous.clone().or_else(|| Some(args.out.join("previous")).filter(|p| p.exists()));
    let previous = before.as_deref().map(|path| Previous::read(path, &versions)).transpose()?;
    let options = NightOptions {
        folder: args.out.clone(),
        versions,
        seed: args.seed.unwrap_or_else(|| RandomState::new().hash_one(0)),
        insist: args.seed.is_some(),
        again: args.again,
        seeds: seeds(args, before.as_deref())?,
    };
    let mut night = Night::open(options, policy, previous).map_err(|e| e.to_string())?;
    let mut writer = Writer {
        folder: args.out.clone(),
        files: night.files.clone(),
        written: BTreeMap::new(),
        notes: unlifted.clone(),
    };
    if night.sessions > 0 {
        if night.is_over(&limits) {
            let report = writer.write(&night, Status::Complete)?;
            print!("{}", summary(&report, &unlifted));
            note!(
                "lostwrite: {}: this night is over ({} chunks, {}), and nothing more was run; --again begins anew, a longer --time \
                 goes on, another --out is another night",
                args.out.display(),
                night.sofar.done.len(),
                humantime::format_duration(Duration::from_secs(night.before.as_secs()))
            );
            return Ok(exit(&report));
        }
        note!(
            "lostwrite: {}: going on after {} chunks and {}, seed {}",
            args.out.display(),
            night.sofar.done.len(),
            humantime::format_duration(Duration::from_secs(night.before.as_secs())),
            night.plan.seed
        );
    }
    listen()?;
    let threads = match args.threads {
        Some(n) => n.into(),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let mut progress = Progress::new(&limits);
    let mut written = Instant::now();
    let over = night.run(&limits, threads, &STOP, |night| {
        progress.show(night, &limits);
        if written.elapsed() >= REPORTS {
            writer.write(night, Status::Running)?;
            written = Instant::now();
        }
        Ok::<(), Failed>(())
    });
    progress.bar.finish_and_clear();
    let over = over.map_err(|e| e.0)?;
    let report = writer.write(&night, if over { Status::Complete } else { Status::Interrupted })?;
    print!("{}", summary(&report, &unlifted));
    Ok(exit(&report))
}

/// The summary, and what of a tree is not in the night.
fn summary(report: &Report, notes: &[String]) -> String {
    let notes = notes.iter().map(|note| format!("note: {note}\n"));
    night_text(report) + &notes.collect::<String>()
}

/// The message for exit code 2.
struct Failed(String);

impl From<LedgerError> for Failed {
    fn from(e: LedgerError) -> Failed {
        Failed(e.to_string())
    }
}

impl From<String> for Failed {
    fn from(e: String) -> Failed {
        Failed(e)
    }
}

fn exit(report: &Report) -> ExitCode {
    match (report.red, report.status) {
        (true, _) => unexpected(),
        (false, Status::Complete) => FINE,
        (false, _) => ExitCode::from(INTERRUPTED),
    }
}

/// The cases that the night before has left, and those of the folders that were named.
fn seeds(args: &Args, before: Option<&Path>) -> Result<(Vec<String>, Vec<String>), String> {
    let of_before = before.filter(|p| p.is_dir()).map(|p| p.join("corpus")).filter(|p| p.is_dir());
    let (mut cases, mut complaints) = (Vec::new(), Vec::new());
    for folder in of_before.iter().chain(&args.corpus) {
        let (more, bad) = read_seeds(folder)?;
        cases.extend(more);
        complaints.extend(bad);
    }
    Ok((cases, complaints))
}

struct Progress {
    bar: ProgressBar,
    said: Instant,
}

impl Progress {
    fn new(limits: &NightLimits) -> Progress {
        let length = limits.time.map_or(limits.chunks, |t| Some(t.as_secs()));
        let bar = terminal::bar(length.unwrap_or(0), "{elapsed_precise} {bar:30} {msg}");
        Progress { bar, said: Instant::now() }
    }

    fn show(&mut self, night: &Night, limits: &NightLimits) {
        let chunks = night.sofar.done.len() as u64;
        let at = limits.time.map_or(chunks, |_| night.used().as_secs());
        self.bar.set_position(at);
        let line = || {
            let executions: u64 = night.sofar.lanes.values().map(|(_, executions, ..)| executions).sum();
            format!(
                "{chunks} chunks, {executions} executions on each version, {} findings, {} flags on correct versions",
                night.sofar.findings.len(),
                night.sofar.alarms
            )
        };
        if !self.bar.is_hidden() {
            self.bar.set_message(line());
        } else if self.said.elapsed() >= LINES {
            self.said = Instant::now();
            note!("{}: {}", humantime::format_duration(Duration::from_secs(night.used().as_secs())), line());
        }
    }
}

/// Writes the reports of a night into its folder, each as a whole, and only what has changed. Removes what it
/// has written itself and nothing else.
struct Writer {
    folder: PathBuf,
    files: Files,
    written: BTreeMap<PathBuf, u64>,
    /// What of a tree does not lift.
    notes: Vec<String>,
}

impl Writer {
    fn write(&mut self, night: &Night, status: Status) -> Result<Report, String> {
        let report = night.report(status);
        let json = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
        let reports = [
            ("report.json", json + "\n", "the report"),
            (
                "findings.sarif",
                format!("{:#}\n", findings_sarif(&report, night)),
                "the findings for code scanning",
            ),
            ("junit.xml", night_junit(&report)?, "the report for CI"),
            ("report.html", night_html(&report, &night.plan.versions), "the report as a page"),
            ("summary.txt", summary(&report, &self.notes), "the summary"),
        ];
        let (findings, cases) = (findings(&report, night), cases(&report, night));
        let all = findings.iter().chain(&cases).map(|(name, text)| (name.as_str(), text.as_str()));
        for (name, text) in all.chain(reports.iter().map(|(name, text, _)| (*name, text.as_str()))) {
            self.files.add(name, &shown(text));
        }
        self.list()?;
        self.folder("findings", &findings, "a finding")?;
        self.folder("corpus", &cases, "a case for the next night")?;
        for (name, text, what) in &reports {
            self.file(name, text, what)?;
        }
        self.list()?;
        Ok(report)
    }

    /// Makes a folder hold these case files, and none that this night has written and that are out of date.
    fn folder(&mut self, name: &str, files: &BTreeMap<String, String>, what: &str) -> Result<(), String> {
        let folder = self.folder.join(name);
        // What is written there must not end up elsewhere.
        if folder.is_symlink() {
            return Err(format!(
                "{}: expected a folder of the night, found a link; move it away",
                folder.display()
            ));
        }
        std::fs::create_dir_all(&folder).map_err(|e| failed(&folder, "the folder", &e))?;
        for (file, content) in files {
            self.file(file, content, what)?;
        }
        for old in self.files.others(name, files) {
            let path = self.folder.join(&old);
            self.files.remove(&self.folder, &old).map_err(|e| failed(&path, "a file that is out of date", &e))?;
            self.written.remove(&path);
        }
        Ok(())
    }

    /// Writes the list of what is this night's.
    fn list(&mut self) -> Result<(), String> {
        let list = self.files.to_json();
        self.file(FILES, &list, "the list of the night's files")
    }

    fn file(&mut self, name: &str, content: &str, what: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        let sum = sum_of(content);
        if self.written.get(&path) == Some(&sum) {
            return Ok(());
        }
        if path.is_symlink() {
            return Err(format!("{}: expected a file of the night, found a link; move it away", path.display()));
        }
        super::output::write(&path, shown(content).as_bytes()).map_err(|e| failed(&path, what, &e))?;
        self.written.insert(path, sum);
        Ok(())
    }
}

/// Each finding as a case file with its timeline.
fn findings(report: &Report, night: &Night) -> BTreeMap<String, String> {
    let file = |finding: &FindingReport| {
        let version = night.plan.versions.iter().find(|v| v.name == finding.record.version);
        (format!("findings/{}.case", finding.record.key), report::finding_file(finding, version.copied()))
    };
    report.findings.iter().map(file).collect()
}

/// The cases for the next night.
fn cases(report: &Report, night: &Night) -> BTreeMap<String, String> {
    let found = report.findings.iter().map(|f| f.record.case.as_str());
    let cases = night.sofar.cases().into_iter().chain(found).filter(|case| !case.is_empty());
    cases.map(|case| (format!("corpus/{}.case", night::name(case)), format!("{case}\n"))).collect()
}

/// Every finding that is a version's, its level by its colour.
fn findings_sarif(report: &Report, night: &Night) -> serde_json::Value {
    let of = |finding: &FindingReport| {
        let version = night.plan.versions.iter().find(|v| v.name == finding.record.version)?;
        let level = match finding.colour {
            Colour::Red => Level::Error,
            Colour::Note => Level::Warning,
            Colour::Known => Level::Note,
        };
        Some((Witness::alone(version, &finding.record.case.parse().ok()?, finding.record.by()), level))
    };
    let findings: Vec<_> = report.findings.iter().filter(|f| f.record.what == "flag").filter_map(of).collect();
    sarif_log(&findings.iter().map(|(witness, level)| (witness, *level)).collect::<Vec<_>>())
}

/// Of no meaning outside this run.
fn sum_of(content: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

fn failed(path: &Path, what: &str, e: &std::io::Error) -> String {
    format!(
        "{}: {what} cannot be written: {e}. The journal is safe: make room, then run the same command again, and the night goes on \
         from there",
        path.display()
    )
}
