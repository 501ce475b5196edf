//! Machines that have come up, each with a number, kept in parts.

use super::{Key, Parts, Reached, States};
use model::{Image, Machine};

/// Machines by number, and numbers by machine.
#[derive(Clone, Debug)]
pub(crate) struct Machines {
    parts: Parts,
    states: States,
}

/// There is no number for one more machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Machines {
    /// The first machine has number 0.
    pub fn new(start: &Machine) -> Machines {
        let mut machines = Machines { parts: Parts::new(start), states: States::new(false) };
        let key = Key::default();
        machines.states.reach(key.hash(), key, |_| true);
        machines
    }

    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// The image of a machine.
    pub fn image(&self, number: u32) -> Image {
        self.parts.image(self.states.key(number))
    }

    /// The number of a machine that follows on another one, of which number and image are given.
    pub fn number(&mut self, from: u32, before: &Image, next: &Image) -> Result<u32, Full> {
        let key = match self.parts.find(self.states.key(from), before, next) {
            Some(key) => key,
            None => self.with_new_parts(next)?,
        };
        match self.states.reach(key.hash(), key, |states| states.len() < u32::MAX as usize) {
            Reached::New(number) | Reached::Known(number) => Ok(number),
            Reached::Full | Reached::Somewhere => Err(Full),
        }
    }

    #[cold]
    fn with_new_parts(&mut self, image: &Image) -> Result<Key, Full> {
        let age = self.parts.age();
        let key = self.parts.number(image, 0).ok_or(Full)?;
        if self.parts.age() != age {
            self.states.renew(&self.parts, age);
        }
        Ok(key)
    }
}
