//! The result of shrinking as a schedule by place.
//!
//! Of the places at which an actor may stop, the last is taken: what it is about to do there closes the
//! window, and a reader learns from it what the finding depends on.

use super::{Shrunk, Size};
use corpus::{Case, Until};
use oracle::{a_step_later, by_place, resolve};

impl Shrunk<'_> {
    /// The case with a schedule by place that shows the same in no more entries than the shrunk one has runs;
    /// `None` if there is none, as where there is no schedule.
    #[must_use]
    pub fn by_place(&self) -> Option<Case> {
        let version = self.signature.version();
        let mut case = by_place(version, &self.case);
        if !case.schedule.is_by_place() || case.schedule.segments().len() > Size::of(&self.case).runs {
            return None;
        }
        for entry in 0..case.schedule.segments().len() {
            while let Some(later) = a_step_later(version, &case, entry).filter(|c| self.shows(c)) {
                let whole = !matches!(later.schedule.segments()[entry].until, Until::To(_) | Until::Past(_));
                case = later;
                if whole {
                    break;
                }
            }
        }
        self.shows(&case).then_some(case)
    }

    /// Whether a case by place matches to its end and shows the same.
    fn shows(&self, case: &Case) -> bool {
        let resolved = resolve(self.signature.version(), case);
        resolved.stopped.is_none() && self.signature.holds(&resolved.case)
    }
}
