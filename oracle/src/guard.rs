//! Steps that may not be possible: a listing with a fault put in may ask the model for what does not exist.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// What the last panic said that was not told.
    static UNTOLD: RefCell<String> = const { RefCell::new(String::new()) };
}

static HOOK: Once = Once::new();

/// Runs something that may panic; `None` if it did.
pub fn guarded<R>(f: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

/// Runs something that may panic; the words of the panic if it did.
pub fn caught<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
    })
}

/// Runs something during which a panic on this thread is nothing to tell anyone about, unless nobody catches it.
pub fn quietly<R>(f: impl FnOnce() -> R) -> R {
    HOOK.call_once(|| {
        let tell = take_hook();
        set_hook(Box::new(move |panic| {
            if QUIET.get() {
                UNTOLD.set(panic.to_string());
            } else {
                tell(panic);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    QUIET.set(before);
    result.unwrap_or_else(|payload| {
        if !before {
            eprintln!("{}", UNTOLD.take());
        }
        resume_unwind(payload)
    })
}
