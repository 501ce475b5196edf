//! `lostwrite exhaust`.

use super::{FINE, Outcome, input, unexpected};
use explore::{Answer, Exhaust, exhaust};
use lostwrite::report::{Detail, Table, timeline};
use oracle::{Finding, History, Judge, trace};

/// All interleavings of a case's programs, whatever its schedule: what is found, or how many states were silent.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite exhaust --impl v1 --impl v3 'cpu0: W0 F0 I0 D0 | cpu1: W0'\n\n\
    Exits with 1 if a version that is believed correct is flagged, or if the budget was used up.")]
pub struct Args {
    /// A file of cases (text, JSON or bytes), or a case
    case: String,
    /// Run on this version instead of the four of the thread; may be repeated
    #[arg(long = "impl", value_name = "VERSION")]
    versions: Vec<String>,
    #[command(flatten)]
    files: input::Files,
    #[command(flatten)]
    around: input::Around,
    /// Give up after this many states; about 500 bytes of memory each
    #[arg(long, default_value_t = 4_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    budget: u32,
    /// Only what these judges say counts (last-write, revoked, clean-means-equal, structural); may be repeated
    #[arg(long = "judge", value_name = "JUDGE")]
    judges: Vec<String>,
    /// Print the timeline of each finding
    #[arg(long)]
    timeline: bool,
}

/// Explores and prints a line per version.
pub fn run(args: &Args) -> Outcome {
    let versions = input::versions_or_thread(&args.versions, &args.files)?;
    let judges = args.judges.iter().map(|name| judge(name)).collect::<Result<Vec<_>, _>>()?;
    let environment = args.around.environment()?;
    let mut fine = true;
    for entry in input::cases(&args.case)?.entries {
        let case = if environment.is_empty() { entry.case } else { environment.of(&entry.case) };
        println!("{case}");
        let mut table = Table::new(["version", "result", "states", "transitions"]);
        let mut timelines = String::new();
        for version in &versions {
            let wanted = |finding: &Finding, _: &History| {
                let counts = judges.is_empty() || judges.contains(&finding.judge());
                if counts { Answer::Shortest } else { Answer::Ignore }
            };
            let (result, states, transitions) = match exhaust(version, &case, args.budget as usize, wanted) {
                Exhaust::Exhausted { states, transitions, .. } => ("silent".to_owned(), states, transitions),
                Exhaust::Budget { states, transitions, .. } => {
                    fine = false;
                    ("NOT EXHAUSTED".to_owned(), states, transitions)
                }
                Exhaust::Found { finding, scenario, case, states, transitions, .. } => {
                    fine &= !version.is_correct_on(&case.config);
                    if args.timeline {
                        let trace = trace(version, &case);
                        timelines.push_str(&timeline(version, &case, &trace, Detail::Telling));
                        timelines.push('\n');
                    } else {
                        timelines.push_str(&format!("replay: lostwrite replay {} '{case}'\n", version.argument()));
                    }
                    (found(&finding, scenario), states, transitions)
                }
            };
            table.row([version.name.to_owned(), result, states.to_string(), transitions.to_string()]);
        }
        println!("{table}\n{timelines}");
    }
    Ok(if fine { FINE } else { unexpected() })
}

fn found(finding: &Finding, scenario: Option<impls::Scenario>) -> String {
    let class = scenario.map_or(String::new(), |s| format!(" ({})", s.name()));
    format!("{}{class}: {finding}", finding.judge().name())
}

fn judge(name: &str) -> Result<Judge, String> {
    Judge::ALL.into_iter().find(|j| j.name() == name).ok_or_else(|| {
        let names: Vec<_> = Judge::ALL.into_iter().map(Judge::name).collect();
        format!("unknown judge '{name}'; known are {}", names.join(", "))
    })
}
