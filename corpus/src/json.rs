//! The JSON form, for programs. Operations and schedule entries are written as in the text form.
//!
//! ```json
//! {"format":1,"options":{"kernel":"6.0","swap":"disk"},"actors":[{"kind":"cpu","ops":["W0","D0"]}],"schedule":["0*3","w"]}
//! ```

use crate::Case;
use crate::text::{self, TextError};
use model::{ActorKind, Config, Programs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonCase {
    /// [`FORMAT`]; what was written before there was a number has none.
    #[serde(default)]
    format: Option<u32>,
    /// Options by name, as in the text form. `kernel` comes first whatever the order.
    #[serde(default)]
    options: BTreeMap<String, String>,
    actors: Vec<JsonActor>,
    #[serde(default)]
    schedule: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonActor {
    kind: JsonKind,
    ops: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum JsonKind {
    Cpu,
    Kswapd,
    Dma,
}

/// The number of the form; it changes when a field changes its meaning or goes away.
pub const FORMAT: u32 = 1;

/// Why a JSON text is not a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub what: String,
}

/// What is wrong, without the place, which has fields of its own.
fn syntax(e: &serde_json::Error) -> String {
    let text = e.to_string();
    let what = text.rfind(" at line ").map_or(text.as_str(), |at| &text[..at]);
    if what.contains("expected") {
        what.to_owned()
    } else {
        format!(r#"{what}; expected a case such as {{"actors":[{{"kind":"cpu","ops":["W0"]}}]}}"#)
    }
}

/// Writes a case as one line of JSON.
#[must_use]
pub fn to_json(case: &Case) -> String {
    let p = &case.programs;
    let value = JsonCase {
        format: Some(FORMAT),
        options: text::options(&case.config).into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        actors: (0..p.actors as usize)
            .map(|a| JsonActor {
                kind: match p.kinds[a] {
                    ActorKind::Cpu => JsonKind::Cpu,
                    ActorKind::Kswapd => JsonKind::Kswapd,
                    ActorKind::Dma => JsonKind::Dma,
                },
                ops: p.of(a).iter().map(ToString::to_string).collect(),
            })
            .collect(),
        schedule: text::written(&case.schedule),
    };
    serde_json::to_string(&value).expect("strings and lists always serialise")
}

/// Reads a case from JSON.
///
/// # Errors
/// With the place and what was expected there. A wrong operation, option or schedule entry is placed by
/// searching for its text.
pub fn from_json(json: &str) -> Result<Case, JsonError> {
    let value: JsonCase = serde_json::from_str(json).map_err(|e| JsonError {
        line: e.line(),
        column: e.column().max(1),
        what: syntax(&e),
    })?;
    let placed_after = |key: &str, word: &str, e: &TextError| {
        let quoted = |w: &str| format!("\"{w}\"");
        let from = json.find(&quoted(key)).unwrap_or(0);
        let skip = if key == word { 0 } else { key.len() };
        let at = json[from + skip..].find(&quoted(word)).map_or(from, |i| from + skip + i) + 1;
        let before = &json[..at.min(json.len())];
        JsonError {
            line: before.matches('\n').count() + 1,
            column: at - before.rfind('\n').map_or(0, |i| i + 1) + 1,
            what: e.what.clone(),
        }
    };
    let placed = |word: &str, e: &TextError| placed_after(word, word, e);
    if let Some(format) = value.format.filter(|f| *f != FORMAT) {
        let what =
            format!("expected a case of format {FORMAT}, found format {format}; a newer lostwrite may read it");
        return Err(placed("format", &TextError::new(1, 1, what)));
    }
    let mut config = Config::of(model::Profile::default());
    let mut options: Vec<_> = value.options.iter().collect();
    options.sort_by_key(|(key, _)| key.as_str() != "kernel");
    for (key, v) in options {
        text::set_option(&mut config, key, v, 1, 1).map_err(|e| {
            let unknown = e.what.starts_with("unknown option");
            placed_after(key, if unknown { key } else { v }, &e)
        })?;
    }
    let mut programs = Programs::default();
    if value.actors.is_empty() || value.actors.len() > model::ACTORS {
        let e =
            TextError::new(1, 1, format!("expected 1 to {} actors, found {}", model::ACTORS, value.actors.len()));
        return Err(placed("actors", &e));
    }
    programs.actors = value.actors.len() as u8;
    for (a, actor) in value.actors.iter().enumerate() {
        programs.kinds[a] = match actor.kind {
            JsonKind::Cpu => ActorKind::Cpu,
            JsonKind::Kswapd => ActorKind::Kswapd,
            JsonKind::Dma => ActorKind::Dma,
        };
        for op in &actor.ops {
            let parsed = text::op(op, 1, 1).map_err(|e| placed(op, &e))?;
            text::add(&mut programs, a, parsed, 1, 1).map_err(|e| placed(op, &e))?;
        }
    }
    text::check_kinds(&programs, 1, 1).map_err(|e| placed("kind", &e))?;
    let schedule = text::entries(&value.schedule, &programs).map_err(|(entry, e)| placed(entry, &e))?;
    Ok(Case { config, programs, schedule })
}
