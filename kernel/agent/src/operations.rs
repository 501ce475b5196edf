//! What operations do. Several threads may do some at the same time, each an actor of its own: what they share
//! is locked for a moment only, and never while the kernel works on a page.

use crate::child::{Ask, Child};
use crate::pages::{PAGES, Pages};
use crate::probe::Probe;
use crate::setup::Group;
use crate::sys::{self, Advice, Mirror, PAGE, Page};
use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};

/// A machine word of each actor: a page begins with these.
pub const WORDS: usize = 4;

/// What the actors of a case share.
pub struct Running<'a> {
    pub pages: Pages,
    driver: &'a File,
    group: &'a Group,
    child: Mutex<Option<Child>>,
    /// Which pages are read-only in the child: as they were when it was forked.
    child_read_only: [AtomicBool; PAGES],
    /// How many device pages were handed out.
    used: AtomicU8,
    /// Whether swap is limited.
    limited: AtomicBool,
    /// The CPU that a child runs on, where actors have CPUs of their own.
    child_cpu: Option<usize>,
}

/// Somebody who does operations.
pub struct Actor {
    /// Which word of a page is its own.
    word: usize,
    /// The value of its last store.
    value: u64,
    /// What the device reads and writes.
    buffer: Box<[u64; PAGE / 8]>,
}

/// What an operation did.
pub enum Did {
    Done,
    Read([u64; WORDS]),
    Refused,
}

impl Actor {
    pub fn new(word: usize) -> Actor {
        Actor { word, value: 0, buffer: Box::new([0; PAGE / 8]) }
    }

    /// Whatever becomes of a store, it takes the next value.
    fn next_value(&mut self) -> u64 {
        self.value += 1;
        self.value
    }
}

/// The letters and the number of an operation.
pub fn parts(word: &str) -> (&str, usize) {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    (letters, word[letters.len()..].parse().unwrap_or(0))
}

fn poisoned<T>(_: T) -> String {
    "another thread has panicked".to_owned()
}

impl<'a> Running<'a> {
    /// Pages mapped afresh.
    pub fn start(driver: &'a File, group: &'a Group, child_cpu: Option<usize>) -> Result<Running<'a>, String> {
        Ok(Running {
            pages: Pages::map()?,
            driver,
            group,
            child: Mutex::new(None),
            child_read_only: Default::default(),
            used: AtomicU8::new(0),
            limited: AtomicBool::new(false),
            child_cpu,
        })
    }

    /// Lets go of everything. Returns how many device pages were used.
    pub fn end(self) -> Result<u8, String> {
        if let Some(child) = self.child.into_inner().map_err(poisoned)? {
            child.end()?;
        }
        if self.limited.into_inner() {
            self.group.limit_swap(0)?;
        }
        self.pages.unmap()?;
        Ok(self.used.into_inner())
    }

    /// False if the driver says that it could not do it.
    pub fn ask_driver(&self, actor: &mut Actor, what: Mirror, page: Page) -> bool {
        sys::mirror(self.driver, what, page, &mut actor.buffer).is_ok()
    }

    /// Does one.
    pub fn operation(&self, actor: &mut Actor, probe: &Probe, word: &str) -> Result<Did, String> {
        let (letters, n) = parts(word);
        let page = self.pages.page(n.min(PAGES - 1));
        match letters {
            "R" => return Ok(Did::Read(page.load())),
            "W" => {
                let value = actor.next_value();
                if self.pages.read_only[n].load(Relaxed) {
                    return Ok(Did::Refused);
                }
                page.store(actor.word, value);
            }
            "P" => drop(page.advise(Advice::PageOut)),
            // A discard of a locked page is an error, and changes nothing.
            "F" if page.advise(Advice::Free).is_err() => return Ok(Did::Refused),
            "Z" if page.advise(Advice::DontNeed).is_err() => return Ok(Did::Refused),
            "F" | "Z" => {}
            "D" => self.migrate(actor, probe, page),
            "DD" => [0, 1].into_iter().for_each(|n| self.migrate(actor, probe, self.pages.page(n))),
            "S" => _ = self.ask_driver(actor, Mirror::ToSystem, page),
            "I" => self.hold(n)?,
            "U" => drop(self.pages.held[n].lock().map_err(poisoned)?.take()),
            "M" => {
                let read_only = !self.pages.read_only[n].load(Relaxed);
                page.protect(!read_only).map_err(|e| e.to_string())?;
                self.pages.read_only[n].store(read_only, Relaxed);
            }
            "L" => {
                let locked = !self.pages.locked[n].load(Relaxed);
                page.lock(locked).map_err(|e| e.to_string())?;
                self.pages.locked[n].store(locked, Relaxed);
            }
            "G" => self.group.reclaim(),
            "Q" => {
                self.limited.store(n != 0, Relaxed);
                self.group.limit_swap(n)?;
            }
            "X" | "DR" | "DW" => return Ok(self.device(actor, probe, letters, page)),
            _ => return self.family(actor, letters, n),
        }
        Ok(Did::Done)
    }

    fn migrate(&self, actor: &mut Actor, probe: &Probe, page: Page) {
        let before = probe.is_on_device(page);
        self.ask_driver(actor, Mirror::ToDevice, page);
        self.used.fetch_add(u8::from(!before && probe.is_on_device(page)), Relaxed);
    }

    /// One reference for each page.
    fn hold(&self, n: usize) -> Result<(), String> {
        if self.pages.held[n].lock().map_err(poisoned)?.is_none() {
            let pipe = sys::pipe().map_err(|e| e.to_string())?;
            if self.pages.page(n).splice_into(&pipe.1).is_ok() {
                *self.pages.held[n].lock().map_err(poisoned)? = Some(pipe);
            }
        }
        Ok(())
    }

    /// What the device does to a page through the mirror. The driver does not survive that of a page which is
    /// in its own memory.
    fn device(&self, actor: &mut Actor, probe: &Probe, letters: &str, page: Page) -> Did {
        let word = actor.word;
        if letters == "DW" {
            // The driver writes a whole page: what belongs to others stays as it is in a case of one actor only.
            let value = actor.next_value();
            actor.buffer.fill(0);
            actor.buffer[word] = value;
        }
        if probe.is_on_device(page) {
            return Did::Refused;
        }
        let (what, reads) = match letters {
            "X" => (Mirror::Exclusive, false),
            "DR" => (Mirror::Read, true),
            _ => (Mirror::Write, false),
        };
        match self.ask_driver(actor, what, page) {
            true if reads => Did::Read(std::array::from_fn(|word| actor.buffer[word])),
            true => Did::Done,
            false => Did::Refused,
        }
    }

    /// Fork and exit, and what the child does.
    fn family(&self, actor: &mut Actor, letters: &str, n: usize) -> Result<Did, String> {
        let mut child = self.child.lock().map_err(poisoned)?;
        let what = match letters {
            "K+" => {
                if child.is_none() {
                    *child = Some(self.fork()?);
                }
                return Ok(Did::Done);
            }
            "K-" => {
                child.take().map_or(Ok(()), Child::end)?;
                return Ok(Did::Done);
            }
            "CR" => Ask::Load,
            "CW" => Ask::Store,
            "CP" => Ask::PageOut,
            "CZ" => Ask::DontNeed,
            "CF" => Ask::Free,
            _ => return Err("no operation that user space can do".to_owned()),
        };
        let value = if letters == "CW" { actor.next_value() } else { 0 };
        let forbidden = letters == "CW" && self.child_read_only[n].load(Relaxed);
        let Some(child) = child.as_mut().filter(|_| !forbidden) else {
            return Ok(Did::Refused);
        };
        let answer = child.ask(what, n, actor.word, value)?;
        Ok(if letters == "CR" { Did::Read(answer) } else { Did::Done })
    }

    /// The child closes what holds the pages: it must not keep what its parent lets go of.
    fn fork(&self) -> Result<Child, String> {
        for (child, parent) in self.child_read_only.iter().zip(&self.pages.read_only) {
            child.store(parent.load(Relaxed), Relaxed);
        }
        Child::fork(&self.pages.all, || {
            for pipe in &self.pages.held {
                // Another thread may have had the lock: it is not in the child, and never gives it back.
                pipe.try_lock().ok().and_then(|mut pipe| pipe.take());
            }
            if let Some(cpu) = self.child_cpu {
                sys::run_on(cpu).ok();
            }
        })
    }
}
