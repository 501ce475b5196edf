//! A case: its operations, one after the other.

use crate::child::{Ask, Child};
use crate::pages::{PAGES, Pages};
use crate::probe::Probe;
use crate::setup;
use crate::sink::DRIVER;
use crate::sys::{self, Advice, Mirror, PAGE, Page};
use std::fmt::Write as _;
use std::fs::{self, File};

/// Runs cases.
pub struct Runner {
    probe: Probe,
    states: bool,
    /// Open as long as the machine runs: from 6.1 on the driver takes every page out of its memory, whoever it
    /// belongs to, when somebody closes it. The pages that are parked would come back.
    driver: File,
}

/// What runs now.
struct Running<'a> {
    pages: Pages,
    driver: &'a File,
    child: Option<Child>,
    /// Which pages are read-only in the child: as they were when it was forked.
    child_read_only: [bool; PAGES],
    /// What the device reads and writes.
    buffer: Box<[u64; PAGE / 8]>,
    /// The value of the last store.
    value: u64,
    /// How many device pages were handed out.
    used: u8,
    /// Whether swap is limited.
    limited: bool,
}

/// What an operation did.
enum Did {
    Done,
    Read(u64),
    Refused,
}

impl Runner {
    /// Learns what this kernel's entries look like; that takes one device page.
    pub fn new(states: bool) -> Result<Runner, String> {
        let driver = File::options().read(true).write(true).open(DRIVER).map_err(|e| format!("{DRIVER}: {e}"))?;
        let mut probe = Probe::new()?;
        let mut running = Running::start(&driver)?;
        let page = running.pages.page(0);
        page.store(1);
        running.ask_driver(Mirror::ToDevice, page);
        probe.learn_device(page)?;
        running.end()?;
        Ok(Runner { probe, states, driver })
    }

    /// Runs one, and appends a piece for each operation. Returns how many device pages it has used.
    pub fn run(&self, line: &str, out: &mut String) -> Result<u8, String> {
        let mut running = Running::start(&self.driver)?;
        for word in line.split_ascii_whitespace() {
            let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
            let number = word[letters.len()..].parse::<usize>().unwrap_or(0);
            let did = running.operation(&self.probe, letters, number).map_err(|e| format!("{word}: {e}"))?;
            match did {
                Did::Done => out.push_str(" ."),
                Did::Read(value) => write!(out, " {value}").expect("a text grows"),
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

impl<'a> Running<'a> {
    fn start(driver: &'a File) -> Result<Running<'a>, String> {
        let buffer = Box::new([0; PAGE / 8]);
        let (pages, child_read_only) = (Pages::map()?, [false; PAGES]);
        Ok(Running { pages, driver, child: None, child_read_only, buffer, value: 0, used: 0, limited: false })
    }

    /// Lets go of everything. Returns how many device pages were used.
    fn end(mut self) -> Result<u8, String> {
        if let Some(child) = self.child.take() {
            child.end()?;
        }
        if self.limited {
            limit_swap(0)?;
        }
        self.pages.unmap()?;
        Ok(self.used)
    }

    /// False if the driver says that it could not do it.
    fn ask_driver(&mut self, what: Mirror, page: Page) -> bool {
        sys::mirror(self.driver, what, page, &mut self.buffer).is_ok()
    }

    /// Whatever becomes of a store, it takes the next value.
    fn next_value(&mut self) -> u64 {
        self.value += 1;
        self.value
    }

    fn operation(&mut self, probe: &Probe, letters: &str, n: usize) -> Result<Did, String> {
        let page = self.pages.page(n.min(PAGES - 1));
        match letters {
            "R" => return Ok(Did::Read(page.load())),
            "W" => {
                let value = self.next_value();
                if self.pages.read_only[n] {
                    return Ok(Did::Refused);
                }
                page.store(value);
            }
            "P" => drop(page.advise(Advice::PageOut)),
            // A discard of a locked page is an error, and changes nothing.
            "F" if page.advise(Advice::Free).is_err() => return Ok(Did::Refused),
            "Z" if page.advise(Advice::DontNeed).is_err() => return Ok(Did::Refused),
            "F" | "Z" => {}
            "D" => self.migrate(probe, page),
            "DD" => [0, 1].into_iter().for_each(|n| self.migrate(probe, self.pages.page(n))),
            "S" => _ = self.ask_driver(Mirror::ToSystem, page),
            "I" => self.hold(n)?,
            "U" => self.pages.held[n] = None,
            "M" => {
                let read_only = !self.pages.read_only[n];
                page.protect(!read_only).map_err(|e| e.to_string())?;
                self.pages.read_only[n] = read_only;
            }
            "L" => {
                let locked = !self.pages.locked[n];
                page.lock(locked).map_err(|e| e.to_string())?;
                self.pages.locked[n] = locked;
            }
            "G" => reclaim(),
            "Q" => {
                self.limited = n != 0;
                limit_swap(n)?;
            }
            "X" | "DR" | "DW" => return self.device(probe, letters, n),
            _ => return self.family(letters, n),
        }
        Ok(Did::Done)
    }

    fn migrate(&mut self, probe: &Probe, page: Page) {
        let before = probe.is_on_device(page);
        self.ask_driver(Mirror::ToDevice, page);
        self.used += u8::from(!before && probe.is_on_device(page));
    }

    /// One reference for each page.
    fn hold(&mut self, n: usize) -> Result<(), String> {
        if self.pages.held[n].is_none() {
            let pipe = sys::pipe().map_err(|e| e.to_string())?;
            if self.pages.page(n).splice_into(&pipe.1).is_ok() {
                self.pages.held[n] = Some(pipe);
            }
        }
        Ok(())
    }

    /// What the device does to a page through the mirror. The driver does not survive that of a page which is
    /// in its own memory.
    fn device(&mut self, probe: &Probe, letters: &str, n: usize) -> Result<Did, String> {
        let page = self.pages.page(n);
        if letters == "DW" {
            self.buffer[0] = self.next_value();
        }
        if probe.is_on_device(page) {
            return Ok(Did::Refused);
        }
        let (what, reads) = match letters {
            "X" => (Mirror::Exclusive, false),
            "DR" => (Mirror::Read, true),
            _ => (Mirror::Write, false),
        };
        Ok(match self.ask_driver(what, page) {
            true if reads => Did::Read(self.buffer[0]),
            true => Did::Done,
            false => Did::Refused,
        })
    }

    /// Fork and exit, and what the child does.
    fn family(&mut self, letters: &str, n: usize) -> Result<Did, String> {
        let what = match letters {
            "K+" => {
                if self.child.is_none() {
                    self.child = Some(self.fork()?);
                }
                return Ok(Did::Done);
            }
            "K-" => {
                self.child.take().map_or(Ok(()), Child::end)?;
                return Ok(Did::Done);
            }
            "CR" => Ask::Load,
            "CW" => Ask::Store,
            "CP" => Ask::PageOut,
            "CZ" => Ask::DontNeed,
            "CF" => Ask::Free,
            _ => return Err("no operation that user space can do".to_owned()),
        };
        let value = if letters == "CW" { self.next_value() } else { 0 };
        let forbidden = letters == "CW" && self.child_read_only[n];
        let Some(child) = self.child.as_mut().filter(|_| !forbidden) else {
            return Ok(Did::Refused);
        };
        let answer = child.ask(what, n, value)?;
        Ok(if letters == "CR" { Did::Read(answer) } else { Did::Done })
    }

    /// The child closes what holds the pages: it must not keep what its parent lets go of.
    fn fork(&mut self) -> Result<Child, String> {
        let Pages { all, held, read_only, .. } = &mut self.pages;
        self.child_read_only = *read_only;
        Child::fork(all, || held.iter_mut().for_each(|pipe| *pipe = None))
    }
}

/// `memory.reclaim` says that it has not got all even where it has got what there was: ask a few times.
fn reclaim() {
    for _ in 0..3 {
        if fs::write(setup::RECLAIM, "4M").is_ok() {
            return;
        }
    }
}

fn limit_swap(pages: usize) -> Result<(), String> {
    let limit = if pages == 0 { "max".to_owned() } else { (pages * PAGE).to_string() };
    fs::write(setup::SWAP_MAX, limit).map_err(|e| format!("{}: {e}", setup::SWAP_MAX))
}
