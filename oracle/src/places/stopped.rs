//! Where a schedule by place stopped matching, and why.

use corpus::{Case, Place, Segment, Until};
use impls::Version;
use model::ActorKind;

/// Why a segment could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The kernel has no such function.
    NoFunction,
    /// The function, or no function if none is named, has no such step.
    NoStep,
    /// The actor has come to the end of its program, and has not come there.
    Never,
    /// Its program was over already.
    Over,
    /// It has to wait at this step, and what it waits for does not come by itself.
    Waits(Place),
    /// A CPU that it has asked to flush is in the middle of an access.
    NoAnswer,
    /// It starts the operation again and again: it waits for another actor without blocking.
    GoesRound,
    /// What is to move cannot.
    CannotMove,
    /// The model cannot carry the next step out.
    Impossible,
    /// No schedule is that long.
    TooLong,
}

/// Where a schedule by place stopped matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Which entry of the schedule, from 0.
    pub entry: usize,
    /// The entry.
    pub segment: Segment,
    /// Why.
    pub why: Why,
    /// How many steps had been taken when the entry came.
    pub step: u32,
    /// The version.
    version: &'static str,
    /// Who was to run.
    who: String,
}

impl Stopped {
    pub(super) fn new(version: &Version, case: &Case, entry: usize, why: Why, step: u32) -> Stopped {
        let segment = case.schedule.segments()[entry].clone();
        let who = match (segment.who.actor(), segment.who.cpu()) {
            (Some(actor), _) => match case.programs.kinds[actor] {
                ActorKind::Cpu => format!("cpu{actor}"),
                ActorKind::Kswapd => "kswapd".to_owned(),
                ActorKind::Dma => "dma".to_owned(),
            },
            (_, Some(cpu)) => format!("the interrupt of cpu{cpu}"),
            _ => "the swap device".to_owned(),
        };
        Stopped { entry, segment, why, step, version: version.name, who }
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Stopped { entry, segment, why, step, version, who } = self;
        write!(f, "the schedule stopped matching at entry {}, '{segment}', after step {step}: ", entry + 1)?;
        let place = match &segment.until {
            Until::To(place) | Until::Past(place) => Some(place),
            _ => None,
        };
        let step = place.map_or("", |p| p.action.name());
        let function = place.and_then(|p| p.function.as_deref());
        match (why, function) {
            (Why::NoFunction, _) => write!(f, "{version} has no function {}", function.unwrap_or_default()),
            (Why::NoStep, Some(function)) => write!(f, "{function} of {version} has no step {step}"),
            (Why::NoStep, None) => write!(f, "{version} has no step {step}"),
            (Why::Never, _) => match place {
                Some(place) => write!(f, "{who} came to the end of its program, and not to {place}"),
                None => write!(f, "{who} came to the end of its program"),
            },
            (Why::Over, _) => write!(f, "the program of {who} is over"),
            (Why::Waits(at), _) => write!(
                f,
                "{who} has to wait at {} of {}",
                at.action.name(),
                at.function.as_deref().unwrap_or("the operation")
            ),
            (Why::NoAnswer, _) => {
                write!(f, "{who} waits for a CPU that is in the middle of an access and cannot answer its flush")
            }
            (Why::GoesRound, _) => {
                write!(f, "{who} starts its operation again and again until another actor goes on")
            }
            (Why::CannotMove, _) => write!(f, "{who} cannot move here"),
            (Why::Impossible, _) => write!(f, "the model cannot carry the next step of {who} out"),
            (Why::TooLong, _) => write!(f, "what it comes to is longer than a schedule can be"),
        }
    }
}
