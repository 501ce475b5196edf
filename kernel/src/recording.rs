//! What a guest did, in the formats of `corpus/ground-truth/`.

use crate::answers::{Answer, Answers, Seen};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The pages of a case.
const PAGES: usize = 3;

/// A sequence with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The name, with the seed of the run.
    pub name: String,
    /// The operations.
    pub ops: String,
}

/// What the program has left in a page.
#[derive(Clone, Copy, Default)]
struct Word {
    last: u64,
    /// MADV_FREE: zero is right as well, until the next store.
    or_zero: bool,
}

impl Word {
    fn allows(self, got: u64) -> bool {
        got == self.last || (self.or_zero && got == 0)
    }
}

/// The letters and the page or number of an operation.
fn parts(word: &str) -> (&str, usize) {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    (letters, word[letters.len()..].parse().unwrap_or(0))
}

/// `ok`, or the first wrong read: `LOST@step:Rp=got!=want`.
#[must_use]
pub fn verdict(ops: &str, answers: &[Answer]) -> String {
    let mut own = [Word::default(); PAGES];
    let (mut child, mut forked) = (own, false);
    let mut value = 0;
    for (step, (word, answer)) in ops.split_ascii_whitespace().zip(answers).enumerate() {
        let (letters, n) = parts(word);
        let stores = matches!(letters, "W" | "CW" | "DW");
        value += u64::from(stores);
        // One child at a time.
        match letters {
            "K+" if !forked => (child, forked) = (own, true),
            "K-" => forked = false,
            _ => {}
        }
        // A page that the child shares becomes lazyfree for it too: the model's assumption
        // `lazyfree-child-reads-zero`.
        if letters == "F" && !answer.refused {
            child[n.min(PAGES - 1)].or_zero = true;
        }
        let of = if letters.starts_with('C') { &mut child } else { &mut own };
        let page = &mut of[n.min(PAGES - 1)];
        match letters {
            "W" | "CW" | "DW" if !answer.refused => *page = Word { last: value, or_zero: false },
            "Z" | "CZ" if !answer.refused => *page = Word::default(),
            "F" | "CF" if !answer.refused => page.or_zero = true,
            _ => {}
        }
        let wrong = answer.read.filter(|got| !page.allows(*got));
        if let Some(got) = wrong {
            return format!("LOST@{}:{letters}{n}={got}!={}", step + 1, page.last);
        }
    }
    "ok".to_owned()
}

/// What was run in a guest, as verdicts (a `.tsv`) and as states after every operation (a `.jsonl`). Where the
/// states were not asked for there is no row of them.
#[must_use]
pub fn written(variant: &str, swap: &str, sequences: &[Sequence], answers: &Answers) -> (String, String) {
    // A kernel of one's own says behind its release what it is.
    let release = answers.release.split(['-', '+']).next().unwrap_or_default();
    let mut verdicts = format!("# case\tops\t{variant}-{release}-{swap}\n");
    let mut states = String::new();
    for (Sequence { name, ops }, answers) in sequences.iter().zip(&answers.cases) {
        writeln!(verdicts, "{name}\t{ops}\t{}", verdict(ops, answers)).expect("a text grows");
        let after: Option<Vec<Value>> = answers.iter().map(after).collect();
        let Some(after) = after else { continue };
        let ops: Vec<&str> = ops.split(' ').collect();
        let row = json!({
            "case": name, "kernel": variant, "release": release, "swap": swap, "ops": ops, "after": after,
        });
        writeln!(states, "{row}").expect("a text grows");
    }
    (verdicts, states)
}

fn after(answer: &Answer) -> Option<Value> {
    let mut page = state(answer.seen?);
    if let Some(others) = answer.others {
        page["others"] = others.into_iter().map(state).collect();
    }
    Some(page)
}

fn state(seen: Seen) -> Value {
    let bit = u8::from;
    match seen {
        Seen::None => json!({ "pte": "none" }),
        Seen::Swap => json!({ "pte": "swap" }),
        Seen::Device => json!({ "pte": "device" }),
        Seen::Zero => json!({
            "pte": "present", "pte_dirty": 0, "exclusive": 0, "mapcount": 0, "folio_dirty": 0, "swapcache": 0,
            "swapbacked": 0,
        }),
        Seen::Present { dirty, alone, mapped, folio_dirty, swapcache, swapbacked } => json!({
            "pte": "present", "pte_dirty": dirty.map(bit), "exclusive": bit(alone), "mapcount": mapped,
            "folio_dirty": bit(folio_dirty), "swapcache": bit(swapcache), "swapbacked": bit(swapbacked),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ops: &str, did: &str) -> String {
        let answers: Vec<Answer> = did
            .split(' ')
            .map(|word| Answer { read: word.parse().ok(), refused: word == "x", seen: None, others: None })
            .collect();
        assert_eq!(answers.len(), ops.split(' ').count());
        verdict(ops, &answers)
    }

    #[test]
    fn the_first_wrong_read_is_told() {
        assert_eq!(said("W0 P0 R0 W0 D0 P0 R0", ". . 1 . . . 2"), "ok");
        assert_eq!(said("W0 P0 R0 W0 D0 P0 R0", ". . 1 . . . 1"), "LOST@7:R0=1!=2");
        // Zero or the old value after MADV_FREE, until the next store; zero after MADV_DONTNEED.
        assert_eq!(said("W0 F0 R0 R0 W0 R0", ". . 1 0 . 0"), "LOST@6:R0=0!=2");
        assert_eq!(said("W1 Z1 R1", ". . 1"), "LOST@3:R1=1!=0");
        // A refused store takes a value and leaves none; a refused discard takes nothing.
        assert_eq!(said("W0 M0 W0 M0 W0 R0", ". . x . . 3"), "ok");
        assert_eq!(said("L0 W0 Z0 R0", ". . x 1"), "ok");
        // The child has what its parent had.
        assert_eq!(said("W0 K+ CR0 CW0 CR0 R0", ". . 1 . 2 1"), "ok");
        assert_eq!(said("W0 K+ W0 K+ CR0 K- K+ CR0", ". . . . 1 . . 2"), "ok");
        assert_eq!(said("W0 K+ CW0 R0", ". . . 2"), "LOST@4:R0=2!=1");
        assert_eq!(said("W0 K+ F0 CR0", ". . . 0"), "ok");
        assert_eq!(said("W0 K+ F0 CW0 CR0", ". . . . 0"), "LOST@5:CR0=0!=2");
    }
}
