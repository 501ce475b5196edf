//! The child of a case: it does what it is told, and answers before the parent goes on.

use crate::operations::WORDS;
use crate::sys::{self, Advice, Page, Side};
use std::fs::File;
use std::io::{Read, Write};

/// What a child is told to do with a page.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Ask {
    /// To load from it.
    Load,
    /// To store a value.
    Store,
    /// MADV_PAGEOUT.
    PageOut,
    /// MADV_DONTNEED.
    DontNeed,
    /// MADV_FREE.
    Free,
}

/// A child that runs.
pub struct Child {
    pid: i32,
    to: File,
    from: File,
}

/// A command: what, the page, which of its words, a value.
const COMMAND: usize = 11;
/// What a load returns.
const ANSWER: usize = 8 * WORDS;

impl Child {
    /// Forks one. `close` closes in the child what it must not keep; that is done when this returns.
    pub fn fork(pages: &[Page], close: impl FnOnce()) -> Result<Child, String> {
        let failed = |e: std::io::Error| format!("fork: {e}");
        let (commands, to) = sys::pipe().map_err(failed)?;
        let (from, answers) = sys::pipe().map_err(failed)?;
        match sys::fork().map_err(failed)? {
            Side::Parent(pid) => {
                let mut child = Child { pid, to: to.into(), from: from.into() };
                // Else the parent may drop a reference that the child still has a part in.
                child.from.read_exact(&mut [0; ANSWER]).map_err(|e| format!("the child: {e}"))?;
                Ok(child)
            }
            Side::Child => {
                close();
                drop((to, from));
                let mut answers = File::from(answers);
                if answers.write_all(&[0; ANSWER]).is_ok() {
                    serve(pages, commands.into(), answers);
                }
                sys::exit();
            }
        }
    }

    /// Has it do something, and waits until it is done.
    pub fn ask(&mut self, what: Ask, page: usize, word: usize, value: u64) -> Result<[u64; WORDS], String> {
        let mut command = [0; COMMAND];
        (command[0], command[1], command[2]) = (what as u8, page as u8, word as u8);
        command[3..].copy_from_slice(&value.to_ne_bytes());
        let mut answer = [0; ANSWER];
        self.to
            .write_all(&command)
            .and_then(|()| self.from.read_exact(&mut answer))
            .map_err(|e| format!("the child: {e}"))?;
        let word = |n: usize| u64::from_ne_bytes(std::array::from_fn(|byte| answer[8 * n + byte]));
        Ok(std::array::from_fn(word))
    }

    /// Ends it, and waits until its address space is gone.
    pub fn end(self) -> Result<(), String> {
        drop(self.to);
        sys::wait(self.pid).map_err(|e| format!("wait: {e}"))
    }
}

fn serve(pages: &[Page], mut commands: File, mut answers: File) {
    let mut command = [0; COMMAND];
    while commands.read_exact(&mut command).is_ok() {
        let page = pages[command[1] as usize];
        let value = u64::from_ne_bytes(std::array::from_fn(|byte| command[3 + byte]));
        let mut answer = [0; WORDS];
        match command[0] {
            what if what == Ask::Load as u8 => answer = page.load(),
            what if what == Ask::Store as u8 => page.store(command[2].into(), value),
            what if what == Ask::PageOut as u8 => drop(page.advise(Advice::PageOut)),
            what if what == Ask::DontNeed as u8 => drop(page.advise(Advice::DontNeed)),
            _ => drop(page.advise(Advice::Free)),
        }
        let bytes: Vec<u8> = answer.iter().flat_map(|word| word.to_ne_bytes()).collect();
        if answers.write_all(&bytes).is_err() {
            return;
        }
    }
}
