//! What comes back from a journal or from the report of another night. It may have been written by anybody,
//! so nothing in it is taken as it stands: a key becomes the name of a file, and a version and a case stand
//! in a line that somebody runs in a shell.

use super::chunk::{ChunkRecord, Kept, Record};
use super::plan::Plan;
use corpus::Case;
use oracle::{Goal, Judge};

/// Digits of a key.
const DIGITS: usize = 16;
/// The longest word.
const LONGEST: usize = 64;
/// More chunks than any night has.
pub(super) const MOST_CHUNKS: u64 = 1_000_000_000;

/// Whether this is a name that a night has made: hexadecimal digits, and nothing else.
#[must_use]
pub fn is_key(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name of a version, a CPU, a kernel or a lane: one word that needs no quotes.
fn word(what: &str, text: &str) -> Result<(), String> {
    let plain = |c: char| c.is_alphanumeric() || "._+-@/".contains(c);
    if (1..=LONGEST).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(format!("{what}: expected a name of letters, digits and . _ + - @ /, found {text:?}"))
}

fn one_of(what: &str, text: Option<&str>, known: &[&str]) -> Result<(), String> {
    match text {
        Some(text) if !known.contains(&text) => {
            Err(format!("{what}: expected one of {}, found {text:?}", known.join(", ")))
        }
        _ => Ok(()),
    }
}

/// A case as it is printed.
fn canonical(text: &str) -> Result<String, String> {
    let case = text.parse::<Case>().map_err(|e| format!("case: {e}"))?;
    Ok(case.to_string())
}

impl Record {
    /// The record, if everything in it is what a night writes. The case is printed anew.
    pub(super) fn checked(mut self) -> Result<Record, String> {
        if !is_key(&self.key) {
            return Err(format!("key: expected {DIGITS} hexadecimal digits, found {:?}", self.key));
        }
        one_of("what", Some(&self.what), &["flag", "diverge", "panicked"])?;
        one_of("judge", self.judge.as_deref(), &Judge::ALL.map(Judge::name))?;
        for (what, text) in [
            ("version", &self.version),
            ("hardware", &self.hardware),
            ("kernel", &self.kernel),
            ("lane", &self.lane),
        ] {
            word(what, text)?;
        }
        // A panic before there is a case has none.
        if !self.case.is_empty() {
            self.case = canonical(&self.case)?;
        }
        Ok(self)
    }
}

impl ChunkRecord {
    /// The chunk, if it is one of this plan and everything in it is what a night writes.
    pub(super) fn checked(mut self, plan: &Plan) -> Result<ChunkRecord, String> {
        if self.number >= MOST_CHUNKS {
            return Err(format!("expected a number below {MOST_CHUNKS}, found {}", self.number));
        }
        let chunk = plan.chunk(self.number);
        let size = chunk.range.end - chunk.range.start;
        if (self.lane.as_str(), self.turn) != (chunk.lane.name(), chunk.turn) {
            return Err(format!(
                "expected turn {} of lane {}, found turn {} of {:?}",
                chunk.turn,
                chunk.lane.name(),
                self.turn,
                self.lane
            ));
        }
        let reached = self.goals.len() <= Goal::ALL.len() && self.goals.iter().all(|n| *n <= size);
        if self.executions > size || self.exhausted > size || !reached {
            return Err(format!("expected at most {size} executions, found more"));
        }
        for count in &self.counts {
            word("version", &count.version)?;
            word("hardware", &count.hardware)?;
            one_of("judge", Some(&count.judge), &Judge::ALL.map(Judge::name))?;
            if !chunk.range.contains(&count.first) {
                return Err(format!("expected a first execution of {:?}, found {}", chunk.range, count.first));
            }
        }
        self.records = self.records.into_iter().map(Record::checked).collect::<Result<_, _>>()?;
        let kept = |kept: Kept| Ok::<_, String>(Kept { case: canonical(&kept.case)?, ..kept });
        self.kept = self.kept.into_iter().map(kept).collect::<Result<_, _>>()?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            own: None,
            key: "0123456789abcdef".to_owned(),
            what: "flag".to_owned(),
            version: "DH+".to_owned(),
            judge: Some("last-write".to_owned()),
            scenario: None,
            hardware: "hw0".to_owned(),
            kernel: "6.0".to_owned(),
            contract: true,
            alarm: false,
            tabulated: true,
            lane: "generator".to_owned(),
            index: 0,
            step: 1,
            message: String::new(),
            case: "kernel=6.0  W0".to_owned(),
        }
    }

    #[test]
    fn a_record_is_taken_if_every_name_in_it_is_one() {
        assert_eq!(record().checked().expect("as a night writes it").case, "kernel=6.0 W0");
        type Change = fn(&mut Record);
        let bad: [(&str, Change); 8] = [
            ("key", |r| r.key = "../../keep/own".to_owned()),
            ("key", |r| r.key = "0123456789ABCDEF".to_owned()),
            ("what", |r| r.what = "own".to_owned()),
            ("version", |r| r.version = "v1'; reboot '".to_owned()),
            ("judge", |r| r.judge = Some("me".to_owned())),
            ("hardware", |r| r.hardware = "\u{1b}[31m".to_owned()),
            ("lane", |r| r.lane = String::new()),
            ("case", |r| r.case = "Y0".to_owned()),
        ];
        for (what, change) in bad {
            let mut record = record();
            change(&mut record);
            let e = record.checked().expect_err(what);
            assert!(e.starts_with(what) && e.contains("expected"), "{e}");
        }
    }

    /// What stands behind a case is no part of it.
    #[test]
    fn a_case_is_printed_anew() {
        let mut record = record();
        record.case = "kernel=6.0 W0 # '; reboot '".to_owned();
        assert_eq!(record.checked().expect("a case").case, "kernel=6.0 W0");
    }
}
