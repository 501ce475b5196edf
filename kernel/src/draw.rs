//! Random sequences of operations that user space can do, and all short ones.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::fmt::Write as _;

/// Which operations a sequence is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Its name.
    pub name: &'static str,
    /// Operations on a page, each with its weight.
    paged: &'static [(&'static str, u32)],
    /// Operations on none, with a weight for all of them.
    others: &'static [&'static str],
    /// Out of a hundred.
    other: u32,
    /// Whether the last thing is that the child reads.
    child: bool,
}

const BASE: &[(&str, u32)] = &[("R", 20), ("W", 22), ("P", 20), ("D", 22), ("S", 5), ("I", 6), ("U", 5)];
const LAZY: &[(&str, u32)] =
    &[("R", 16), ("W", 20), ("P", 18), ("D", 18), ("S", 4), ("I", 5), ("U", 5), ("F", 12), ("Z", 2)];
const FORK: &[(&str, u32)] =
    &[("R", 12), ("W", 16), ("P", 14), ("D", 14), ("S", 4), ("I", 4), ("U", 4), ("CR", 10), ("CW", 10), ("CP", 6)];
const FORKLAZY: &[(&str, u32)] = &[
    ("R", 10),
    ("W", 14),
    ("P", 12),
    ("D", 12),
    ("S", 4),
    ("I", 4),
    ("U", 4),
    ("F", 10),
    ("Z", 3),
    ("CR", 9),
    ("CW", 9),
    ("CP", 5),
];
const DEVICE: &[(&str, u32)] =
    &[("R", 12), ("W", 16), ("P", 16), ("D", 16), ("S", 5), ("X", 8), ("DR", 10), ("DW", 12), ("I", 3), ("U", 3)];
const PROTECT: &[(&str, u32)] =
    &[("R", 14), ("W", 18), ("P", 16), ("D", 14), ("S", 4), ("M", 14), ("L", 10), ("F", 4), ("I", 3), ("U", 3)];

const EVERYTHING: &[(&str, u32)] = &[
    ("R", 10),
    ("W", 14),
    ("P", 12),
    ("D", 12),
    ("S", 4),
    ("I", 4),
    ("U", 4),
    ("F", 6),
    ("Z", 3),
    ("M", 6),
    ("L", 5),
    ("X", 4),
    ("DR", 4),
    ("DW", 5),
    ("CR", 5),
    ("CW", 5),
    ("CP", 4),
];

/// The mixes: eight as in the recordings, and one of everything but reclaim.
pub const MIXES: [Mix; 9] = [
    Mix { name: "base", paged: BASE, others: &[], other: 0, child: false },
    Mix { name: "lazy", paged: LAZY, others: &[], other: 0, child: false },
    Mix { name: "fork", paged: FORK, others: &["K+", "K-"], other: 14, child: true },
    Mix { name: "forklazy", paged: FORKLAZY, others: &["K+", "K-"], other: 14, child: true },
    Mix { name: "dev", paged: DEVICE, others: &[], other: 0, child: false },
    Mix { name: "prot", paged: PROTECT, others: &[], other: 0, child: false },
    Mix { name: "full", paged: BASE, others: &["Q1", "Q2", "Q0"], other: 12, child: false },
    Mix { name: "reclaim", paged: LAZY, others: &["G0"], other: 14, child: false },
    Mix { name: "mix", paged: EVERYTHING, others: &["K+", "K-", "DD0", "Q1", "Q2", "Q0"], other: 16, child: true },
];

/// A mix by its name.
#[must_use]
pub fn mix(name: &str) -> Option<&'static Mix> {
    MIXES.iter().find(|mix| mix.name == name)
}

/// The longest sequence that is drawn, without what it ends with.
const LONGEST: u32 = 18;

impl Mix {
    /// Draws a sequence: of a mix, a seed and a number always the same. It ends with what shows a loss: each
    /// page is paged out and read.
    #[must_use]
    pub fn sequence(&self, seed: u64, number: u64) -> String {
        // Another seed for each mix, else the sequences of all have the same lengths and pages.
        let own = self.name.bytes().fold(seed, |hash, byte| hash.rotate_left(7) ^ u64::from(byte));
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(own);
        // Streams apart from each other, whatever the number.
        let mut rng =
            Xoshiro256PlusPlus::seed_from_u64(rng.random::<u64>() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let pages = if rng.random_ratio(1, 3) { 2 } else { 1 };
        let length = rng.random_range(3..=LONGEST);
        let mut out = String::new();
        let mut child = false;
        for at in 0..length {
            if rng.random_range(0..100) < self.other && !self.others.is_empty() {
                let word = self.others[rng.random_range(0..self.others.len())];
                child = match word {
                    "K+" => self.child,
                    "K-" => false,
                    _ => child,
                };
                write!(out, "{word} ").expect("a text grows");
                continue;
            }
            let page = rng.random_range(0..pages);
            // Most sequences begin with a page that is there.
            let word = if at == 0 && rng.random_ratio(9, 10) { "W" } else { self.draw(&mut rng, child) };
            write!(out, "{word}{page} ").expect("a text grows");
        }
        let all = |letters: &str| (0..pages).map(|n| format!("{letters}{n}")).collect::<Vec<_>>().join(" ");
        let mut last = format!("{} {}", all("P"), all("R"));
        if child {
            write!(last, " {}", all("CR")).expect("a text grows");
        }
        out + &last
    }

    /// An operation on a page; the child's only while there is one.
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, child: bool) -> &'static str {
        let possible = || self.paged.iter().filter(|(word, _)| child || !word.starts_with('C'));
        let mut n = rng.random_range(0..possible().map(|(_, weight)| weight).sum());
        for (word, weight) in possible() {
            if n < *weight {
                return word;
            }
            n -= weight;
        }
        unreachable!("below the sum of the weights")
    }
}

/// The operations that the agent can do: letters, and whether a page or a number follows.
const POSSIBLE: [(&str, bool); 22] = [
    ("R", true),
    ("W", true),
    ("P", true),
    ("D", true),
    ("DD", true),
    ("S", true),
    ("I", true),
    ("U", true),
    ("F", true),
    ("Z", true),
    ("G", true),
    ("Q", true),
    ("K+", false),
    ("K-", false),
    ("CR", true),
    ("CW", true),
    ("CP", true),
    ("M", true),
    ("L", true),
    ("X", true),
    ("DR", true),
    ("DW", true),
];

/// Reads a sequence of operations, such as `W0 P0 R0`.
///
/// # Errors
/// If a word is no operation that user space can do.
pub fn sequence(text: &str) -> Result<String, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    for word in &words {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = &word[letters.len()..];
        let possible = POSSIBLE.iter().find(|(known, _)| *known == letters);
        let fine = possible.is_some_and(|(_, paged)| match number.parse::<u8>() {
            Ok(n) => *paged && number == n.to_string() && (n < 3 || letters == "Q"),
            Err(_) => !*paged && number.is_empty(),
        });
        if !fine {
            let known =
                POSSIBLE.map(|(letters, paged)| if paged { format!("{letters}0") } else { letters.to_owned() });
            return Err(format!("'{word}' is nothing that user space can do; expected {}", known.join(", ")));
        }
    }
    match words.len() {
        1..=LONGEST_OF_ALL => Ok(words.join(" ")),
        n => Err(format!("expected 1 to {LONGEST_OF_ALL} operations, found {n}")),
    }
}

/// What a program of the model holds.
const LONGEST_OF_ALL: usize = 32;

/// Every sequence `W0 X1 .. Xn P0 R0` of the operations of an alphabet, on page 0; the shorter ones too.
///
/// # Errors
/// If a word of the alphabet is no operation that user space can do.
pub fn every(alphabet: &str, length: u32) -> Result<Vec<String>, String> {
    let paged = |letters: &str| POSSIBLE.iter().any(|(known, paged)| *known == letters && *paged);
    let word = |letters: &str| sequence(&if paged(letters) { format!("{letters}0") } else { letters.to_owned() });
    let words = alphabet.split_whitespace().map(word).collect::<Result<Vec<_>, _>>()?;
    if words.is_empty() {
        return Err("an alphabet without operations; expected some, such as 'R W P D'".to_owned());
    }
    let counts: Option<Vec<usize>> = (1..=length).map(|length| words.len().checked_pow(length)).collect();
    let sum = |counts: &Vec<usize>| counts.iter().try_fold(0usize, |sum, n| sum.checked_add(*n));
    let counts = counts
        .filter(|counts| sum(counts).is_some_and(|sum| sum <= MOST))
        .ok_or_else(|| format!("more than {MOST} sequences; expected a smaller alphabet, or shorter ones"))?;
    let of = |length: usize, mut n: usize| {
        let mut out = "W0".to_owned();
        for _ in 0..length {
            write!(out, " {}", words[n % words.len()]).expect("a text grows");
            n /= words.len();
        }
        out + " P0 R0"
    };
    let lengths = counts.into_iter().zip(1..);
    Ok(lengths.flat_map(|(count, length)| (0..count).map(move |n| of(length, n))).collect())
}

/// More than anybody waits for.
const MOST: usize = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_drawn_again_and_shows_a_loss() {
        for mix in &MIXES {
            for number in 0..200 {
                let sequence = mix.sequence(7, number);
                assert_eq!(sequence, mix.sequence(7, number));
                assert!(sequence.contains("P0 ") && sequence.contains("R0"), "{}: {sequence}", mix.name);
                assert!(sequence.split(' ').count() <= 32, "{}: {sequence}", mix.name);
            }
        }
        let short = every("R K+", 2).expect("six");
        assert_eq!(short.len(), 6);
        assert!(short.contains(&"W0 R0 P0 R0".to_owned()) && short.contains(&"W0 K+ R0 P0 R0".to_owned()));
        assert!(every("R IP", 2).is_err() && every("R W P D S I U F Z", 9).is_err());
        assert_eq!(sequence(" W0  K+ Q12 "), Ok("W0 K+ Q12".to_owned()));
        for wrong in ["", "W", "W3", "K+0", "IP0", "Y0", "W00000000000000000000"] {
            assert!(sequence(wrong).is_err(), "{wrong}");
        }
        let distinct: std::collections::BTreeSet<_> = (0..200).map(|n| MIXES[0].sequence(7, n)).collect();
        assert!(distinct.len() > 150, "{}", distinct.len());
    }
}
