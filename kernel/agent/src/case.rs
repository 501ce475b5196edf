//! A case: its operations, one after the other.

use crate::operations::{Actor, Did, Running, parts};
use crate::pages::PAGES;
use crate::probe::Probe;
use crate::setup::Group;
use crate::sink::DRIVER;
use crate::sys::Mirror;
use std::fmt::Write as _;
use std::fs::File;

/// Runs cases.
pub struct Runner {
    pub probe: Probe,
    states: bool,
    /// Open as long as the machine runs: from 6.1 on the driver takes every page out of its memory, whoever it
    /// belongs to, when somebody closes it. The pages that are parked would come back.
    pub driver: File,
    pub group: Group,
}

impl Runner {
    /// Learns what this kernel's entries look like; that takes one device page.
    pub fn new(states: bool, group: Group) -> Result<Runner, String> {
        let driver = File::options().read(true).write(true).open(DRIVER).map_err(|e| format!("{DRIVER}: {e}"))?;
        let mut probe = Probe::new()?;
        let running = Running::start(&driver, &group, None)?;
        let page = running.pages.page(0);
        page.store(0, 1);
        running.ask_driver(&mut Actor::new(0), Mirror::ToDevice, page);
        probe.learn_device(page)?;
        running.end()?;
        Ok(Runner { probe, states, driver, group })
    }

    /// Runs one, and appends a piece for each operation. Returns how many device pages it has used.
    pub fn run(&self, line: &str, out: &mut String) -> Result<u8, String> {
        if line.split_ascii_whitespace().any(|word| word.starts_with('Q')) {
            self.group.with_no_swap_used()?;
        }
        let running = Running::start(&self.driver, &self.group, None)?;
        let mut actor = Actor::new(0);
        for word in line.split_ascii_whitespace() {
            let (letters, number) = parts(word);
            let did = running.operation(&mut actor, &self.probe, word).map_err(|e| format!("{word}: {e}"))?;
            match did {
                Did::Done => out.push_str(" ."),
                Did::Read(words) => write!(out, " {}", words[0]).expect("a text grows"),
                Did::Refused => out.push_str(" x"),
            }
            if self.states {
                let of_page = number < PAGES && !matches!(letters, "Q" | "G" | "DD" | "K+" | "K-");
                out.push(':');
                self.probe.tell(running.pages.page(if of_page { number } else { 0 }), out);
                if letters == "G" {
                    for page in &running.pages.all[1..] {
                        out.push('/');
                        self.probe.tell(*page, out);
                    }
                }
            }
        }
        running.end()
    }
}
