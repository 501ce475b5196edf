//! The case of a numbered execution of a lane, and what draws its schedule.

use super::{LaneKind, Plan};
use corpus::{Case, Environment, KNOBS, crossover, mutate, surfaces};
use explore::hunt::Numbered;
use explore::hunt::Origin;
use explore::schedulers::{Recorder, SamplerKind, case_at, rng_for};
use model::{Config, Hardware, Profile};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The constant that keeps what is drawn beside the case apart from the case.
const BESIDE: u64 = 0x5851_f42d_4c95_7f2d;

/// The numbered execution `index` of a lane.
pub(super) fn draw(plan: &Plan, lane: LaneKind, index: u64) -> Numbered {
    let seed = plan.seed_of(lane);
    match lane {
        LaneKind::Generator => {
            let (mut case, sampler) = case_at(seed, index);
            case.config.hardware = Hardware::Hw0;
            case.config.knobs.double_flush = false;
            Numbered { case, sampler: Some(sampler) }
        }
        LaneKind::Hardware | LaneKind::Small => {
            let (mut case, sampler) = case_at(seed, index);
            surround(&mut case, &mut rng_for(seed ^ BESIDE, index));
            Numbered { case, sampler: Some(sampler) }
        }
        LaneKind::Bytes => Numbered::draw(Origin::Bytes, &Environment::default(), seed, index),
        LaneKind::Corpus => from_corpus(plan, seed, index),
    }
}

/// Any CPU and any kernel, and now and then a knob that no kernel has turned that way.
pub(super) fn surround(case: &mut Case, rng: &mut Xoshiro256PlusPlus) {
    let surfaces = surfaces();
    let surface = surfaces[rng.random_range(0..surfaces.len())];
    let profile =
        if rng.random_ratio(1, 2) { Profile::V6_0 } else { Profile::ALL[rng.random_range(0..Profile::ALL.len())] };
    let Config { swap, shared, large, device_frames, knobs, .. } = case.config;
    case.config = Config { swap, shared, large, device_frames, ..Config::of(profile) };
    case.config.hardware = surface.hardware;
    case.config.knobs.swap_in = knobs.swap_in;
    case.config.knobs.double_flush = surface.double_flush;
    if rng.random_ratio(1, 4) {
        let knob = &KNOBS[rng.random_range(0..KNOBS.len())];
        knob.set(&mut case.config.knobs, rng.random_range(0..knob.values.len()));
    }
}

/// Each case of the corpus once as it is; then one that is changed, mixed with another, or put into other
/// surroundings. A sampler draws the schedule of every second one.
fn from_corpus(plan: &Plan, seed: u64, index: u64) -> Numbered {
    let cases = &plan.seeds.cases;
    let mut rng = rng_for(seed, index);
    if let Some(case) = cases.get(index as usize) {
        return scheduled(case.clone(), case.schedule.is_empty(), rng);
    }
    // Those of earlier nights are few beside those that come with lostwrite.
    let own = plan.seeds.own..cases.len();
    let from = if !own.is_empty() && rng.random_ratio(1, 2) { own } else { 0..cases.len() };
    let mut case = cases[rng.random_range(from.clone())].clone();
    if rng.random_ratio(1, 4) {
        let other = &cases[rng.random_range(from)];
        case = crossover(&mut rng, &case, other);
    }
    for _ in 0..rng.random_range(0..4) {
        mutate(&mut rng, &mut case);
    }
    if rng.random_ratio(1, 3) {
        surround(&mut case, &mut rng);
    }
    case.repair();
    let anew = case.schedule.is_empty() || rng.random_ratio(1, 2);
    scheduled(case, anew, rng)
}

fn scheduled(case: Case, anew: bool, mut rng: Xoshiro256PlusPlus) -> Numbered {
    let sampler = (anew && !case.is_sequential()).then(|| {
        let kind = SamplerKind::draw(&mut rng);
        Recorder::new(kind, rng)
    });
    Numbered { case, sampler }
}
