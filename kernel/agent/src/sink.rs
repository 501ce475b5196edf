//! A process that keeps used device pages.
//!
//! A device page that is given back keeps flags of its last owner, and is the next to be handed out: a case
//! would begin with what an earlier one has left. After each case as many fresh pages are parked on the device
//! as it has used; in a process of their own, so that a fork need not copy their entries.

use crate::sys::{self, Mirror, PAGE, Side};
use std::fs::File;
use std::io::{Read, Write};

/// The test driver's first device.
pub const DRIVER: &str = "/dev/hmm_dmirror0";

/// The process.
pub struct Sink {
    to: File,
    from: File,
}

impl Sink {
    /// Starts it.
    pub fn start() -> Result<Sink, String> {
        let failed = |e: std::io::Error| format!("the process that parks pages: {e}");
        let (commands, to) = sys::pipe().map_err(failed)?;
        let (from, answers) = sys::pipe().map_err(failed)?;
        match sys::fork().map_err(failed)? {
            Side::Parent(_) => Ok(Sink { to: to.into(), from: from.into() }),
            Side::Child => {
                drop((to, from));
                if let Err(e) = serve(commands.into(), answers.into()) {
                    println!("agent: {e}");
                }
                sys::exit();
            }
        }
    }

    /// Parks as many pages as a case has used.
    pub fn park(&mut self, pages: u8) -> Result<(), String> {
        if pages == 0 {
            return Ok(());
        }
        let mut answer = [0];
        self.to
            .write_all(&[pages])
            .and_then(|()| self.from.read_exact(&mut answer))
            .map_err(|e| format!("the process that parks pages: {e}"))
    }
}

fn serve(mut commands: File, mut answers: File) -> Result<(), String> {
    let driver = File::options().read(true).write(true).open(DRIVER).map_err(|e| format!("{DRIVER}: {e}"))?;
    let mut buffer = [0; PAGE / 8];
    let mut command = [0];
    while commands.read_exact(&mut command).is_ok() {
        let pages = sys::map_anywhere(command[0].into()).map_err(|e| format!("mmap: {e}"))?;
        for page in pages {
            page.store(0, 1);
            sys::mirror(&driver, Mirror::ToDevice, page, &mut buffer).map_err(|e| format!("{DRIVER}: {e}"))?;
        }
        answers.write_all(&[0]).map_err(|e| e.to_string())?;
    }
    Ok(())
}
