//! Attempts on the schedule: fewer runs, then fewer choices. Between two runs somebody else moves.

use super::edits::Edited;
use super::{Failure, Shrinker};
use corpus::{Case, Schedule};
use model::Transition;

/// Who moves, and how often.
type Runs = Vec<(Transition, usize)>;

impl<F: Failure> Shrinker<'_, F> {
    /// No schedule, what the choices really did, less at the end, less anywhere, joined runs, shorter runs.
    pub(super) fn shorter_schedule(&mut self) {
        self.with_runs(&[]);
        while self.as_carried_out() || self.cut_short() || self.without_runs() || self.joined() || self.shortened()
        {
        }
    }

    fn runs(&self) -> Runs {
        let mut runs = Runs::new();
        for run in self.best.schedule.runs() {
            match runs.last_mut() {
                Some((who, times)) if *who == run.who => *times += run.times as usize,
                _ => runs.push((run.who, run.times as usize)),
            }
        }
        runs
    }

    fn with_runs(&mut self, runs: &[(Transition, usize)]) -> bool {
        let mut schedule = Schedule::default();
        let whole = runs.iter().all(|(who, times)| schedule.push(*who, *times));
        whole && self.attempt(Edited::from(Case { schedule, ..self.best.clone() }))
    }

    /// A choice that could not be carried out stands for the one that was.
    fn as_carried_out(&mut self) -> bool {
        let runs: Runs = self.taken().iter().map(|taken| (taken.who, 1)).collect();
        !runs.is_empty() && self.with_runs(&runs)
    }

    /// The drain does the rest.
    fn cut_short(&mut self) -> bool {
        let runs = self.runs();
        (0..runs.len()).any(|n| self.with_runs(&runs[..n]))
    }

    /// Halves of the runs, quarters, down to single ones.
    fn without_runs(&mut self) -> bool {
        let mut shorter = false;
        let mut chunk = self.runs().len() / 2;
        while chunk > 0 {
            let mut at = 0;
            loop {
                let mut runs = self.runs();
                if at >= runs.len() {
                    break;
                }
                runs.drain(at..(at + chunk).min(runs.len()));
                if self.with_runs(&runs) {
                    shorter = true;
                } else {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
        shorter
    }

    /// A run goes to the one before or behind it that is of the same.
    fn joined(&mut self) -> bool {
        let runs = self.runs();
        (0..runs.len()).any(|at| {
            let (who, times) = runs[at];
            let like = |n: &usize| runs[*n].0 == who;
            let targets = [(0..at).rev().find(like), (at + 1..runs.len()).find(like)];
            targets.into_iter().flatten().any(|target| {
                let mut joined = runs.clone();
                joined[target].1 += times;
                joined.remove(at);
                self.with_runs(&joined)
            })
        })
    }

    /// Each run half as long, or by one choice.
    fn shortened(&mut self) -> bool {
        let mut shorter = false;
        let mut at = 0;
        loop {
            let runs = self.runs();
            let Some((_, times)) = runs.get(at) else { return shorter };
            let lengths = [times / 2, times - 1].into_iter().filter(|n| *n > 0);
            let went = lengths.into_iter().any(|n| {
                let mut runs = runs.clone();
                runs[at].1 = n;
                self.with_runs(&runs)
            });
            shorter |= went;
            at += usize::from(!went);
        }
    }
}
