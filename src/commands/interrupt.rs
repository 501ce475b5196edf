//! Ctrl-C, for commands that have something to show before they end.

use std::sync::atomic::{AtomicBool, Ordering};

/// Somebody has pressed Ctrl-C.
pub static STOP: AtomicBool = AtomicBool::new(false);

/// Exit code of a command that was interrupted: 128 and the number of the signal, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// The first Ctrl-C asks to stop, the second one does.
pub fn listen() -> Result<(), String> {
    let pressed = || {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
    };
    ctrlc::set_handler(pressed).map_err(|e| format!("Ctrl-C cannot be listened to: {e}"))
}
