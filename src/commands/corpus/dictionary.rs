//! `lostwrite corpus dictionary`.
//!
//! Every entry is cut from what the byte codec writes for a case, so that it means today what it says.

use super::write_or_tell;
use crate::commands::{FINE, Outcome, terminal};
use corpus::bytes::{HEADER, encode};
use corpus::{Case, KNOBS, SWAPS};
use model::{ACTORS, DEVICE_FRAMES, Hardware, OpKind, PAGES, Profile, Transition};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Write a dictionary for fuzzing engines that mutate bytes: every setting of the header, every kind of
/// operation on every CPU, and short, middling and long runs of every transition. libFuzzer and AFL read the
/// format.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite corpus dictionary target/cases.dict\n         \
    cargo fuzz run -s none differential -- -dict=target/cases.dict")]
pub struct Args {
    /// Write here instead of to the standard output
    file: Option<PathBuf>,
}

/// Writes the dictionary.
pub fn run(args: &Args) -> Outcome {
    let text = print(&entries());
    match &args.file {
        Some(path) => write_or_tell(path, text.as_bytes())?,
        None => terminal::bytes(text.as_bytes()),
    }
    Ok(FINE)
}

/// Where in an input an entry means what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Over the start of the input: the header but for the count of operations, which belongs to what
    /// follows.
    Start,
    /// Among the operation records.
    Operation,
    /// Among the schedule records.
    Schedule,
}

/// A piece of an input.
struct Entry {
    place: Place,
    /// The case that it is cut from, which has nothing else to say.
    says: Case,
    bytes: Vec<u8>,
}

impl Entry {
    /// Cuts a piece from a case in the text form.
    fn of(place: Place, text: &str) -> Entry {
        let says: Case = text.parse().expect("the text form of a case");
        let bytes = encode(&says);
        let bytes = match place {
            Place::Start => &bytes[..HEADER - 1],
            Place::Operation | Place::Schedule => &bytes[HEADER..],
        };
        Entry { place, bytes: bytes.to_vec(), says }
    }
}

/// A run of one step, of about an operation, and of as much as a record holds.
const TIMES: [usize; 3] = [1, 8, corpus::MAX_RUN as usize];

fn entries() -> Vec<Entry> {
    let mut out = Vec::new();
    for option in options() {
        out.push(Entry::of(Place::Start, &format!("{option} {}", actors(ACTORS, ""))));
    }
    for last in ["", " | kswapd:", " | dma:", " | kswapd: | dma:"] {
        for cpus in 1..=ACTORS - last.matches('|').count() {
            out.push(Entry::of(Place::Start, &actors(cpus, last)));
        }
    }
    for cpu in 0..ACTORS {
        for kind in OpKind::ALL {
            let number = if kind.takes_number() { "0" } else { "" };
            let op = format!("cpu{cpu}: {}{number}", kind.letters());
            let text = actors(ACTORS, "").replace(&format!("cpu{cpu}:"), &op);
            out.push(Entry::of(Place::Operation, &text));
        }
    }
    for who in (0..Transition::COUNT).filter_map(Transition::from_index) {
        for times in TIMES {
            let schedule = format!(" | schedule: {who}*{times}");
            out.push(Entry::of(Place::Schedule, &actors(ACTORS, &schedule)));
        }
    }
    // A default says the same whatever option it is the default of.
    let mut seen = HashSet::new();
    out.retain(|entry| seen.insert((entry.place, entry.bytes.clone())));
    out
}

/// Idle CPUs, and what stands behind them.
fn actors(cpus: usize, behind: &str) -> String {
    let cpus: Vec<_> = (0..cpus).map(|n| format!("cpu{n}:")).collect();
    cpus.join(" | ") + behind
}

/// Every option of the text form with each of its values.
fn options() -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    out.extend(Profile::ALL.iter().map(|profile| format!("kernel={}", profile.name())));
    out.extend(Hardware::ALL.iter().map(|hardware| format!("hw={}", hardware.name())));
    out.extend(SWAPS.iter().map(|(name, _)| format!("swap={name}")));
    for knob in &KNOBS {
        out.extend(knob.values.iter().map(|value| format!("{}={value}", knob.name)));
    }
    for set in 1..1_usize << PAGES {
        let pages: Vec<_> = (0..PAGES).filter(|page| set & 1 << page != 0).map(|page| page.to_string()).collect();
        out.extend(["shared", "large"].map(|option| format!("{option}={}", pages.join(","))));
    }
    out.extend((0..DEVICE_FRAMES).map(|frames| format!("device-frames={frames}")));
    out
}

/// The format of libFuzzer and AFL: a string a line. Above it stands the case that it is cut from.
fn print(entries: &[Entry]) -> String {
    let mut out = "# Pieces of lostwrite's byte form, each below the case that it is cut from.\n".to_owned();
    let mut place = None;
    for entry in entries {
        if place.replace(entry.place) != Some(entry.place) {
            out += match entry.place {
                Place::Start => "\n# At the start.\n",
                Place::Operation => "\n# Records of operations.\n",
                Place::Schedule => "\n# Records of the schedule.\n",
            };
        }
        let string: String = entry.bytes.iter().fold(String::new(), |mut string, byte| {
            write!(string, "\\x{byte:02X}").expect("strings take everything");
            string
        });
        writeln!(out, "# {}\n\"{string}\"", entry.says).expect("strings take everything");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::bytes::decode;

    /// An input with something else in every place: all settings off their defaults, full of operations and
    /// runs.
    fn input() -> Case {
        "kernel=7.3 hw=w7 swap=disk shared=0 large=1,2 device-frames=1 flush=double sticky=off \
         cpu0: W0 W1 | cpu1: R0 | cpu2: D0 K+ | cpu3: P0 | schedule: 0*3 i1 1*2"
            .parse()
            .expect("a case")
    }

    /// Puts an entry into the input where it belongs.
    fn place(entry: &Entry) -> Case {
        let mut bytes = encode(&input());
        let operations = usize::from(bytes[HEADER - 1]);
        match entry.place {
            Place::Start => bytes[..entry.bytes.len()].copy_from_slice(&entry.bytes),
            Place::Operation => {
                let end = HEADER + 2 * operations;
                bytes.splice(end..end, entry.bytes.iter().copied());
                bytes[HEADER - 1] += 1;
            }
            Place::Schedule => bytes.extend(&entry.bytes),
        }
        decode(&bytes).expect("a case")
    }

    #[test]
    fn an_entry_placed_in_an_input_decodes_to_what_it_says() {
        for entry in entries() {
            let (case, says) = (place(&entry), &entry.says);
            let mut expected = input();
            match entry.place {
                Place::Start => {
                    expected.config = says.config;
                    assert_eq!(case.programs.actors, says.programs.actors, "{says}");
                    assert_eq!(case.programs.kinds, says.programs.kinds, "{says}");
                    if case.programs.kinds == input().programs.kinds && case.programs.actors == 4 {
                        assert_eq!(case, expected, "{says}");
                    }
                    assert_eq!(case.config, says.config, "{says}");
                }
                Place::Operation => {
                    for cpu in 0..ACTORS {
                        says.programs.of(cpu).iter().for_each(|op| assert!(expected.programs.push(cpu, *op)));
                    }
                    assert_eq!(case, expected, "{says}");
                }
                Place::Schedule => {
                    for run in says.schedule.runs() {
                        assert!(expected.schedule.push(run.who, run.times.into()));
                    }
                    assert_eq!(case, expected, "{says}");
                }
            }
            let silent = entry.place != Place::Start && case == input();
            assert!(!silent, "{says} changes nothing");
        }
    }

    /// What the codec can write in one record or setting, an entry writes.
    #[test]
    fn nothing_of_the_byte_form_is_missing() {
        let entries = entries();
        let some = |what: &str, test: &dyn Fn(&Case) -> bool| {
            assert!(entries.iter().any(|entry| test(&entry.says)), "no entry for {what}");
        };
        for kind in OpKind::ALL {
            for cpu in 0..ACTORS {
                some(kind.letters(), &|case| case.programs.of(cpu).iter().any(|op| op.kind == kind));
            }
        }
        for profile in Profile::ALL {
            some(profile.name(), &|case| case.config.profile == profile);
        }
        for hardware in Hardware::ALL {
            some(hardware.name(), &|case| case.config.hardware == hardware);
        }
        for knob in &KNOBS {
            for (n, value) in knob.values.iter().enumerate() {
                some(value, &|case| knob.get(&case.config.knobs) == n);
            }
        }
        for who in (0..Transition::COUNT).filter_map(Transition::from_index) {
            some(&who.to_string(), &|case| case.schedule.runs().iter().any(|run| run.who == who));
        }
    }

    /// The lines read back as libFuzzer reads them.
    #[test]
    fn the_text_holds_the_entries() {
        let text = print(&entries());
        let read: Vec<Vec<u8>> = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let string = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).expect("a string");
                let bytes = string.split("\\x").skip(1);
                bytes.map(|byte| u8::from_str_radix(byte, 16).expect("two digits")).collect()
            })
            .collect();
        let written: Vec<Vec<u8>> = entries().into_iter().map(|entry| entry.bytes).collect();
        assert_eq!(read, written);
        assert!(read.iter().all(|word| (1..=64).contains(&word.len())), "libFuzzer takes words of 1 to 64 bytes");
    }
}
