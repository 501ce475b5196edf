//! Holding the CPUs of a guest: an actor goes on until it is about to enter a kernel function, or until so many
//! of its operations are done, and stays there while others go on.
//!
//! A CPU that is held does not stand still: it spins in a loop of two bytes, with the stack, the locks and the
//! interrupt flag that it had. So it answers the shoot-downs of the others where the kernel would, and no more
//! than one CPU is ever alone in the machine. Between two moves all CPUs stand still.

use crate::debugger::{Debugger, Stop};
use crate::guest::Machine;
use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Where a kernel's functions are.
#[derive(Clone, Debug, Default)]
pub struct Symbols(BTreeMap<String, u64>);

impl Symbols {
    /// Reads a `System.map`.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(text: &str) -> Result<Symbols, String> {
        let row = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            let (address, kind, name) = (words.next()?, words.next()?, words.next()?);
            let address = u64::from_str_radix(address, 16).ok()?;
            Some(matches!(kind, "t" | "T" | "w" | "W").then(|| (name.to_owned(), address)))
        };
        let rows: Option<Vec<_>> = text.lines().map(row).collect();
        match rows {
            Some(rows) if !rows.is_empty() => {
                let mut found: BTreeMap<String, u64> = BTreeMap::new();
                let mut ambiguous = BTreeSet::new();
                for (name, address) in rows.into_iter().flatten() {
                    if found.insert(name.clone(), address).is_some() {
                        ambiguous.insert(name);
                    }
                }
                // A copy in each file that includes it: nobody knows which one is called.
                found.retain(|name, _| !ambiguous.contains(name));
                Ok(Symbols(found))
            }
            _ => Err("expected a System.map: an address, a letter and a name in each line".to_owned()),
        }
    }

    /// The address of a function.
    #[must_use]
    pub fn of(&self, function: &str) -> Option<u64> {
        self.0.get(function).copied()
    }
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// An actor goes on until so many of its operations are done.
    Finish {
        /// Which actor.
        actor: usize,
        /// How many operations, from the first.
        ops: usize,
        /// Whether it is to wait for somebody on the way, and stays there.
        waits: bool,
    },
    /// An actor goes on until it is about to enter a function.
    Hold {
        /// Which actor.
        actor: usize,
        /// In which of its operations, from 0.
        op: usize,
        /// The function.
        function: String,
        /// How often it may enter it before that, since the operation began or it was held last.
        passes: usize,
        /// The address that the function is called for, if it is called for one.
        page: Option<u64>,
    },
}

/// How long an actor may take for a move, in time that the machine runs.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long an actor is looked at that the model says waits: it is not to be done then.
const WAITS: Duration = Duration::from_millis(150);
/// How long the machine runs before it is looked at.
const PULSE: Duration = Duration::from_millis(4);

/// The page that says who may go on, and its numbers: as in `kernel/agent/src/sys.rs`.
const CONTROL: u64 = 0x40000;
const ACTORS: u64 = 4;

/// The register of the second argument, an address in the functions that take one (`ptep_clear_flush`,
/// `vm_normal_page`, `flush_tlb_mm_range`): rsi.
const SECOND: usize = 4;

/// `jmp .`
const LOOP: [u8; 2] = [0xeb, 0xfe];
/// A function that a guest which ends by a reboot never calls: the loop is put there.
const SPARE: &str = "machine_halt";

/// A machine whose CPUs are held.
pub struct Holding<'a> {
    machine: &'a Machine,
    debugger: Debugger,
    symbols: &'a Symbols,
    /// Where each actor is held, if it is.
    held: Vec<Option<u64>>,
    spare: u64,
}

impl<'a> Holding<'a> {
    /// Takes the machine over. It stands still.
    ///
    /// # Errors
    /// If the kernel has no room for the loop, or the machine refuses.
    pub fn new(
        machine: &'a Machine,
        mut debugger: Debugger,
        symbols: &'a Symbols,
        actors: usize,
    ) -> Result<Holding<'a>, String> {
        let spare = symbols.of(SPARE).ok_or_else(|| format!("the kernel has no {SPARE}"))?;
        if !debugger.write(0, spare, &LOOP)? {
            return Err(format!("{SPARE} is not where System.map says; is it that of the kernel?"));
        }
        Ok(Holding { machine, debugger, symbols, held: vec![None; actors], spare })
    }

    /// Does a move. False if it came out otherwise: an actor did not come to the function, was not done in
    /// time, or was done where it should have waited.
    ///
    /// # Errors
    /// If the machine refuses or its time is over.
    pub fn make(&mut self, what: &Move) -> Result<bool, String> {
        match what {
            Move::Finish { actor, ops, waits } => self.finish(*actor, *ops, *waits),
            Move::Hold { actor, op, function, passes, page } => {
                let place = self.symbols.of(function).ok_or_else(|| format!("the kernel has no {function}"))?;
                self.hold(*actor, *op, place, *passes, *page)
            }
        }
    }

    /// Lets everybody go on for good.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn release(mut self) -> Result<(), String> {
        for actor in 0..self.held.len() {
            self.allow(actor, u32::MAX)?;
        }
        self.debugger.go()
    }

    /// An actor may do so many operations; it is held no longer.
    fn allow(&mut self, actor: usize, ops: u32) -> Result<(), String> {
        let at = CONTROL + 4 * actor as u64;
        self.until(actor, |debugger| debugger.write(actor, at, &ops.to_le_bytes()))?;
        if let Some(place) = self.held[actor].take() {
            // In an interrupt, the place to go back to is not in the register.
            let spare = self.spare;
            self.until(actor, |debugger| Ok(debugger.place(actor)? == spare))?;
            self.debugger.put(actor, place)?;
        }
        Ok(())
    }

    /// Lets the machine run a moment, until something is so of an actor that waits: an interrupt comes to an
    /// end, its CPU has its process again.
    fn until(
        &mut self,
        actor: usize,
        mut what: impl FnMut(&mut Debugger) -> Result<bool, String>,
    ) -> Result<(), String> {
        let begun = Instant::now();
        while !what(&mut self.debugger)? {
            self.machine.in_time()?;
            if begun.elapsed() > PATIENCE {
                return Err(format!("CPU {actor} does not come back to where it waits"));
            }
            self.debugger.go()?;
            sleep(PULSE);
            self.debugger.halt()?;
        }
        Ok(())
    }

    /// How many operations an actor has done. Where its CPU has another process, it sleeps in the middle of one.
    fn done(&mut self, actor: usize) -> Result<usize, String> {
        let bytes = self.debugger.read(actor, CONTROL + 4 * (ACTORS + actor as u64), 4)?;
        let number = |bytes: Vec<u8>| <[u8; 4]>::try_from(bytes).ok().map(u32::from_le_bytes);
        Ok(bytes.and_then(number).map_or(0, |number| number as usize))
    }

    fn finish(&mut self, actor: usize, ops: usize, waits: bool) -> Result<bool, String> {
        self.allow(actor, ops as u32)?;
        let patience = if waits { WAITS } else { PATIENCE };
        let mut ran = Duration::ZERO;
        while ran < patience {
            self.machine.in_time()?;
            let begun = Instant::now();
            self.debugger.go()?;
            sleep(PULSE);
            self.debugger.halt()?;
            ran += begun.elapsed();
            if self.done(actor)? >= ops {
                return Ok(!waits);
            }
        }
        Ok(waits)
    }

    fn hold(
        &mut self,
        actor: usize,
        op: usize,
        place: u64,
        passes: usize,
        page: Option<u64>,
    ) -> Result<bool, String> {
        self.allow(actor, op as u32 + 1)?;
        self.debugger.set(place)?;
        let reached = self.reaches(actor, op, place, passes, page);
        self.debugger.clear(place)?;
        if reached? {
            self.debugger.put(actor, self.spare)?;
            self.held[actor] = Some(place);
            return Ok(true);
        }
        Ok(false)
    }

    fn reaches(
        &mut self,
        actor: usize,
        op: usize,
        place: u64,
        mut passes: usize,
        page: Option<u64>,
    ) -> Result<bool, String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            self.machine.in_time()?;
            self.debugger.go()?;
            let stop = match self.debugger.stopped(Duration::from_millis(100))? {
                Some(stop) => stop,
                None => self.debugger.halt()?,
            };
            let Stop::Trap(cpu) = stop else {
                if self.done(actor)? > op {
                    return Ok(false);
                }
                continue;
            };
            if self.debugger.place(cpu)? != place {
                continue;
            }
            let for_page = match page {
                Some(page) => self.debugger.register(cpu, SECOND)? == page,
                None => true,
            };
            if cpu == actor && for_page {
                if passes == 0 {
                    return Ok(true);
                }
                passes -= 1;
            }
            // Over the breakpoint: everybody else stands still meanwhile.
            self.debugger.clear(place)?;
            self.debugger.step(cpu)?;
            self.debugger.set(place)?;
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_and_data_is_not() {
        let map = "ffffffff81000000 t put_page\nffffffff81000100 t put_page\nffffffff810c260b T ptep_clear_flush\nffffffff8160e620 d ops\nffffffff810b2ff9 t wp_page_reuse\n";
        let symbols = Symbols::read(map).expect("a map");
        assert_eq!(symbols.of("ptep_clear_flush"), Some(0xffff_ffff_810c_260b));
        assert!(symbols.of("wp_page_reuse").is_some() && symbols.of("ops").is_none());
        assert!(symbols.of("put_page").is_none());
        assert!(Symbols::read("").is_err() && Symbols::read("no map\n").is_err());
    }
}
