//! `lostwrite hunt`.

use super::format::{FOR_PROGRAMS, Format};
use super::{FINE, MOST_EXECUTIONS, Outcome, input, terminal, unexpected};
use explore::hunt::{HuntOptions, HuntReport, Limit, Origin};
use impls::Version;
use oracle::{Goal, Judge};
use report::targets::report;
use report::{FORMAT, Table, found_on, off, replay_line_of, standing};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Random executions on chosen versions, as many as wanted.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite hunt --impl v2 --impl v3 --executions 100000000\n\n\
    With your own version: lostwrite hunt --impl-file mine.listing --executions 1000000\n\n\
    Exits with 1 if a version that is believed correct is flagged, or one of which nothing is expected: your own, or a mutant.")]
pub struct Args {
    #[command(flatten)]
    versions: input::Versions<input::Thread>,
    #[command(flatten)]
    around: input::Around,
    /// The seed of the numbered executions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Take random bytes as cases, schedules included, instead of the generator's
    #[arg(long)]
    bytes: bool,
    /// Start with this execution: go on where a hunt that was interrupted had come to
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=MOST_EXECUTIONS))]
    from: u64,
    /// How many executions, each on every version
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(..=MOST_EXECUTIONS))]
    executions: u64,
    /// How to print
    #[arg(long, default_value = "text", value_parser = Format::among(FOR_PROGRAMS))]
    format: Format,
}

/// Hunts and prints what was found.
pub fn run(args: &Args) -> Outcome {
    let environment = args.around.environment()?;
    let options = HuntOptions {
        versions: args.versions.all()?,
        origin: if args.bytes { Origin::Bytes } else { Origin::Generator },
        seed: args.seed,
        from: args.from,
        limit: Limit::Executions(args.executions),
        at_home: environment.kernel.is_none(),
        environment,
    };
    let result = with_progress(&options);
    if args.format == Format::Json {
        println!("{:#}", hunt_json(&options, &result));
        return Ok(exit(&result));
    }
    println!("{} executions on each of {}", result.executions, names(&options.versions));
    for (place, version) in options.versions.iter().enumerate() {
        match (result.losses.get(&place), result.flagged.get(&place)) {
            (Some(n), None) if *n > 0 => println!("{}: {n} executions lost something", version.name),
            (n, Some(flagged)) => {
                let n = n.unwrap_or(&0);
                println!("{}: {flagged} executions were flagged, {n} of them lost something", version.name);
            }
            _ => {}
        }
    }
    for (class, found) in &result.found {
        let what = match (class.judge, class.scenario) {
            (Judge::LastWrite, scenario) => scenario.map_or("?", impls::Scenario::name),
            (judge, _) => judge.name(),
        };
        let name = options.versions[class.version].name;
        println!("{name} {what}: execution {}, {} steps: {}", found.index, found.length, found.case);
    }
    goals(&result);
    let code = alarms(&result, &options.versions);
    own(&options, &result).iter().for_each(|line| println!("{line}"));
    Ok(code)
}

/// What was found on versions of which nothing is expected, with a case of each kind; or within which bounds
/// nothing was.
pub fn own(options: &HuntOptions, result: &HuntReport) -> Vec<String> {
    let mut lines = Vec::new();
    for (place, version) in options.versions.iter().enumerate().filter(|(_, v)| !v.has_expectations()) {
        let of_it = || result.found.iter().filter(|(class, _)| class.version == place);
        let found = of_it().map(|(class, found)| (found.verdict, class.scenario)).collect();
        let mut within =
            format!("{} executions from {} on, seed {}", result.executions, options.from, options.seed);
        if let Some(n) = result.off_contract.get(&place) {
            within += &format!(
                "; flagged in {n} more where the CPU or the driver breaks the contract, and every version may lose"
            );
        }
        lines.push(found_on(version, &found, &within));
        let shortest = of_it().min_by_key(|(_, found)| (found.verdict, found.length));
        lines.extend(
            shortest.map(|(class, f)| format!("replay: {}", replay_line_of(version, &f.case, class.judge))),
        );
    }
    lines
}

/// Prints how many executions reached what makes them worth running.
pub fn goals(result: &HuntReport) {
    let total = result.executions.max(1) as f64;
    let mut table = Table::new(["reached, on some version", "executions", ""]);
    for (goal, count) in Goal::ALL.iter().zip(&result.goals) {
        let share =
            if *count == 0 { "NEVER".to_owned() } else { format!("{:.2}%", 100.0 * *count as f64 / total) };
        table.row([goal.text().to_owned(), count.to_string(), share]);
    }
    println!("{table}");
}

/// Prints the flags on versions believed correct, and says how to exit.
pub fn alarms(result: &HuntReport, versions: &[&'static Version]) -> std::process::ExitCode {
    println!(
        "flags on versions believed correct: {}; executions without an end: {}",
        result.alarm_count, result.unfinished
    );
    if let Some((version, case)) = &result.first_unfinished {
        println!("the first without an end, on {}: {case}", version.name);
    }
    for alarm in &result.alarms {
        let version = versions[alarm.version];
        println!("\nALARM: {} on {}", alarm.judge.name(), version.name);
        println!("{}", report(version, &alarm.case));
    }
    exit(result)
}

fn exit(result: &HuntReport) -> std::process::ExitCode {
    if result.alarm_count == 0 && result.unfinished == 0 && result.flagged.is_empty() {
        FINE
    } else {
        unexpected()
    }
}

fn hunt_json(options: &HuntOptions, result: &HuntReport) -> Value {
    let count = |of: &BTreeMap<usize, u64>, place| of.get(&place).copied().unwrap_or(0);
    let versions = options.versions.iter().enumerate().map(|(place, v)| {
        json!({
            "version": v.name,
            "standing": standing(v),
            "no_assume": off(v),
            "losing_executions": count(&result.losses, place),
            "flagged_executions": count(&result.flagged, place),
            "off_contract_executions": count(&result.off_contract, place),
        })
    });
    let name = |place: usize| options.versions[place].name;
    let found = result.found.iter().map(|(class, found)| {
        json!({
            "version": name(class.version),
            "judge": class.judge.name(),
            "scenario": class.scenario.map(impls::Scenario::name),
            "execution": found.index,
            "steps": found.length,
            "case": found.case.to_string(),
        })
    });
    let alarms = result
        .alarms
        .iter()
        .map(|a| json!({ "version": name(a.version), "judge": a.judge.name(), "case": a.case.to_string() }));
    let goals =
        Goal::ALL.iter().zip(&result.goals).map(|(goal, n)| json!({ "goal": goal.text(), "executions": n }));
    json!({
        "format": FORMAT,
        "seed": options.seed,
        "from": options.from,
        "executions": result.executions,
        "versions": versions.collect::<Vec<_>>(),
        "found": found.collect::<Vec<_>>(),
        "alarm_count": result.alarm_count,
        "alarms": alarms.collect::<Vec<_>>(),
        "unfinished": result.unfinished,
        "goals": goals.collect::<Vec<_>>(),
    })
}

fn names(versions: &[&Version]) -> String {
    versions.iter().map(|v| v.name).collect::<Vec<_>>().join(", ")
}

/// Where no terminal shows the bar, a line comes once in this many executions.
const LINE_EVERY: u64 = 10_000_000;

/// Hunts with a progress bar on a terminal, and with a line now and then elsewhere.
pub fn with_progress(options: &HuntOptions) -> HuntReport {
    let bar = match options.limit {
        Limit::Executions(n) => terminal::bar(
            n,
            "{elapsed_precise} {bar:40} {human_pos}/{human_len} executions, {per_sec}, {eta} left",
        ),
        Limit::Time(t) => terminal::bar(t.as_millis() as u64, "{elapsed_precise} {bar:40} {msg}"),
    };
    let done = std::sync::atomic::AtomicU64::new(0);
    let result = explore::hunt::hunt(options, |n| {
        let before = done.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
        let total = before + n;
        if bar.is_hidden() && before / LINE_EVERY != total / LINE_EVERY {
            note!("{total} executions done in {:.0} s", bar.elapsed().as_secs_f64());
        }
        match options.limit {
            Limit::Executions(_) => bar.inc(n),
            Limit::Time(_) => {
                bar.set_position(bar.elapsed().as_millis() as u64);
                let rate = total as f64 / bar.elapsed().as_secs_f64();
                bar.set_message(format!("{total} executions on each version, {rate:.0}/s"));
            }
        }
    });
    bar.finish_and_clear();
    result
}
