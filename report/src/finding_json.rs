//! A finding for programs: the execution that loses, and the one beside it, step by step.

use super::changes::changes;
use super::command::replay_of;
use super::own::off;
use super::story::{cause_code, marks, symptom_code};
use super::timeline::actor_name;
use super::witness::{Side, Witness};
use corpus::{Case, json as case_json};
use impls::{Scenario, Version};
use model::{Happened, Transition, frame_name};
use oracle::{CauseKind, Diagnosis, GivenUp, Row, Trace};
use serde_json::{Value, json};

/// The number of the form; it changes when a field changes its meaning or goes away.
pub const FINDING_FORMAT: u32 = 2;

/// Who moved, in a word.
pub(super) fn who(case: &Case, transition: Transition) -> String {
    match (transition.actor(), transition.cpu()) {
        (Some(actor), _) => actor_name(case, actor),
        (_, Some(cpu)) => format!("interrupt{cpu}"),
        _ => "swap-device".to_owned(),
    }
}

/// A finding with all that is known of it: the case, both executions step by step, and which steps of them
/// correspond.
#[must_use]
pub fn finding_json(witness: &Witness) -> Value {
    let Witness { case, losing, beside, tried } = witness;
    let form: Value = serde_json::from_str(&case_json::to_json(case)).expect("a case is JSON");
    let alignment = witness.alignment();
    let pairs = alignment.iter().flat_map(|a| &a.pairs).map(|pair| {
        // Both sides begin with step 1.
        let step = |place: Option<usize>| place.map(|n| n + 1);
        json!({ "losing": step(pair.left), "beside": step(pair.right), "alike": pair.alike })
    });
    json!({
        "format": FINDING_FORMAT,
        "case": { "text": case.to_string(), "json": form },
        "replay": replay_of(losing.version, case, &losing.trace),
        "losing": side(case, losing),
        "beside": beside.as_ref().map(|other| side(case, other)),
        "alignment": pairs.collect::<Vec<_>>(),
        "first_difference": alignment.and_then(|a| a.first_difference),
        "tried": tried.as_ref().map(|tried| json!({
            "kernel": tried.kernel,
            "result": tried.result.code(),
            "text": tried.text,
            "held": tried.held.iter().map(|(cpu, function)| json!({ "cpu": cpu, "function": function })).collect::<Vec<_>>(),
        })),
    })
}

/// An execution of a version: what was found, and every step of it up to there.
fn side(case: &Case, side: &Side) -> Value {
    let (version, trace) = (side.version, &side.trace);
    let finding = trace.finding.map(|f| {
        json!({
            "judge": f.judge().name(),
            "scenario": trace.scenario().map(Scenario::name),
            "step": f.step(),
            "message": f.to_string(),
            "no_assume": off(version),
            "symptom": trace.diagnosis.map(|d| symptom_code(d.symptom)),
            "cause": trace.diagnosis.and_then(|d| cause(trace, &d)),
        })
    });
    json!({
        "version": version_value(version),
        "finding": finding,
        "marked": {
            "cause": trace.diagnosis.and_then(|d| d.cause).map(|c| c.step),
            "store": trace.diagnosis.and_then(|d| d.store),
            "data_lost": trace.diagnosis.and_then(|d| d.lost),
            "finding": trace.finding.map(|f| f.step()),
        },
        "rows": side.rows().iter().map(|row| row_value(case, trace, row)).collect::<Vec<_>>(),
    })
}

/// The step at fault, where it stands, and what it did.
fn cause(trace: &Trace, diagnosis: &Diagnosis) -> Option<Value> {
    let cause = diagnosis.cause?;
    let at = trace.at_fault;
    let (given_up, cpu, cleared) = match cause.kind {
        CauseKind::FlushOwed { given_up, cpu, cleared } => (Some(given_up), Some(cpu), Some(cleared)),
        _ => (None, None, None),
    };
    Some(json!({
        "kind": cause_code(cause.kind),
        "step": cause.step,
        "function": at.map_or("", |at| at.function),
        "text": at.map_or("", |at| at.text),
        "listing_step": at.and_then(|at| at.subject_step),
        "given_up": given_up.map(|given_up| match given_up {
            GivenUp::Lock => "lock",
            GivenUp::Gather => "gather",
            GivenUp::Call => "call",
            GivenUp::Io => "io",
            GivenUp::Frame => "frame",
            GivenUp::Map => "map",
        }),
        "cpu": cpu,
        "entry_changed": cleared,
    }))
}

fn version_value(version: &Version) -> Value {
    let p = version.provenance;
    let listing = version.functions().iter().flat_map(|body| {
        let name = body.function.name;
        let steps = model::listing::steps(&body.function.body).into_iter().enumerate();
        steps.map(move |(n, what)| {
            let line = version.place(name, n + 1).map(|(_, line)| line);
            json!({ "function": name, "listing_step": n + 1, "text": what.text(), "line": line })
        })
    });
    let file = version.functions().iter().find_map(|b| Some(b.source.as_ref()?.file));
    json!({
        "name": version.name,
        "title": version.title,
        "author": p.author,
        "date": p.date,
        "source": p.source,
        "kernel": version.kernel.name(),
        "believed_correct": version.is_believed_correct(),
        "file": file,
        "listing": listing.collect::<Vec<_>>(),
    })
}

fn row_value(case: &Case, trace: &Trace, row: &Row) -> Value {
    let actors = case.programs.actors as usize;
    let access = match row.event.happened {
        Happened::Nothing => Value::Null,
        Happened::Load { page, frame, data, .. } => {
            json!({ "kind": "load", "page": page, "frame": frame_name(frame), "data": data[..actors] })
        }
        Happened::Store { page, frame, value, .. } => {
            json!({ "kind": "store", "page": page, "frame": frame_name(frame), "value": value })
        }
    };
    json!({
        "step": row.step,
        "actor": row.event.transition.actor(),
        "who": who(case, row.event.transition),
        "drain": row.step > trace.summary.program_steps,
        "operation": row.event.op.map(|op| op.to_string()),
        "text": row.text(),
        "function": row.function,
        "listing_step": row.subject_step,
        "ok": row.event.ok,
        "access": access,
        "changes": changes(&row.before, &row.after, actors),
        "marks": marks(case, trace, row).iter().map(|mark| mark.code).collect::<Vec<_>>(),
    })
}
