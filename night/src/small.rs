//! Small programs: all interleavings of each on every version, as long as there are not too many states; else
//! many of them.

use super::chunk::{ChunkRecord, count, empty, keep, panicked};
use super::class::Class;
use super::draw::surround;
use super::{Chunk, Plan};
use corpus::{Case, Shape, generate};
use explore::answers::losses::Loss;
use explore::exhaust::{Answer, Exhaust, exhaust};
use explore::released::{at_home, its_own, losses_around};
use explore::schedulers::{Recorder, SamplerKind, rng_for};
use explore::states::walks::Walks;
use model::{Machine, World};
use oracle::guard::caught;
use oracle::{End, Finding, Goal, Goals, History, Judged, execute};
use std::collections::BTreeMap;

/// The program of a number: two or three actors with at most three operations each, on a page or two.
fn program(plan: &Plan, index: u64) -> Case {
    let mut rng = rng_for(plan.seed_of(super::LaneKind::Small), index);
    let actors = if index % 4 == 3 { 3 } else { 2 };
    let mut case = generate(&mut rng, &Shape { actors, pages: 2, ops: 3 });
    if index % 2 == 1 {
        surround(&mut case, &mut rng);
    }
    case
}

/// Programs per chunk come one after the other; each on all versions.
pub(super) fn run(plan: &Plan, chunk: &Chunk) -> ChunkRecord {
    let mut out = empty(chunk);
    let mut classes = BTreeMap::<Class, (u64, u64)>::new();
    for index in chunk.range.clone() {
        out.executions += 1;
        let case = match caught(|| program(plan, index)) {
            Ok(case) => case,
            Err(words) => {
                out.records.push(panicked(chunk, None, index, &words, None));
                continue;
            }
        };
        let (mut all, mut reached) = (true, Goals::default());
        for version in 0..plan.versions.len() {
            let case = at_home(plan.versions[version], &case);
            let question = Question { plan, version, case: &case, index };
            match caught(|| question.answer()) {
                Ok(answer) => {
                    all &= answer.exhausted;
                    out.states += answer.states;
                    reached.join(answer.goals);
                    for (class, case) in answer.found {
                        let (n, _) = classes.entry(class).or_insert((0, index));
                        *n += 1;
                        out.records.extend(case.and_then(|case| keep(plan, chunk, &class, index, &case)));
                    }
                }
                Err(words) => {
                    let version = Some(plan.versions[version]);
                    out.records.push(panicked(chunk, version, index, &words, Some(&case)));
                }
            }
        }
        out.exhausted += u64::from(all);
        for (n, goal) in out.goals.iter_mut().zip(Goal::ALL) {
            *n += u64::from(reached.has(*goal));
        }
    }
    out.counts = classes.iter().map(|(class, (n, first))| count(plan, class, *n, *first)).collect();
    out
}

struct Question<'a> {
    plan: &'a Plan,
    version: usize,
    case: &'a Case,
    index: u64,
}

#[derive(Default)]
struct Answered {
    exhausted: bool,
    states: u64,
    goals: Goals,
    /// Each class once; with a case if it is not a loss that may be found.
    found: BTreeMap<Class, Option<Case>>,
}

impl Question<'_> {
    fn answer(&self) -> Answered {
        let version = self.plan.versions[self.version];
        let mut answer = Answered::default();
        let mut last = None;
        // What the release loses as well is nothing that a version of one's own is to blame for.
        let Some(around) = losses_around(version, self.case, self.plan.states) else {
            self.sample(&mut answer);
            return answer;
        };
        // What is expected is counted on the way; anything else ends the search.
        let result = exhaust::<History>(version, self.case, self.plan.states, |finding, past| {
            if around.contains(&Loss::of(finding)) {
                return Answer::Ignore;
            }
            let class = self.class(finding, past);
            if class.is_news(&self.plan.versions) {
                last = Some(class);
                return Answer::Stop;
            }
            answer.found.entry(class).or_default();
            Answer::Ignore
        });
        let (Exhaust::Exhausted { states, goals, .. }
        | Exhaust::Found { states, goals, .. }
        | Exhaust::Budget { states, goals, .. }) = result;
        (answer.states, answer.goals) = (states, goals);
        match result {
            Exhaust::Exhausted { .. } => answer.exhausted = true,
            Exhaust::Found { case, .. } => {
                if let Some(class) = last {
                    answer.found.insert(class, Some(*case));
                }
                answer.exhausted = true;
            }
            Exhaust::Budget { .. } => self.sample(&mut answer),
        }
        answer
    }

    fn class(&self, finding: &Finding, past: &History) -> Class {
        Class::of(self.version, &self.case.config, finding, past.scenario(finding))
    }

    fn sample(&self, answer: &mut Answered) {
        let version = self.plan.versions[self.version];
        let Case { config, programs, .. } = self.case;
        let own = version.config(config);
        let world = World::new(&own, programs, version.code(own.profile));
        let mut walks = Walks::new(&world, Walks::MOST);
        for n in 0..self.plan.samples {
            let mut rng = rng_for(self.plan.seed ^ self.index.rotate_left(32), n);
            let kind = SamplerKind::draw(&mut rng);
            let mut sampler = Recorder::new(kind, rng);
            let walked = walks.walk(&mut sampler);
            answer.goals.join(walked.goals);
            if walked.judges.is_silent() || (walked.end != End::Complete && !config.keeps_contract()) {
                continue;
            }
            let mut namer: Judged = Judged::new(&Machine::new(&self.case.config));
            sampler.restart(true);
            execute(version, config, programs, &mut sampler, &mut namer);
            let case = Case { schedule: sampler.schedule().clone(), ..self.case.clone() };
            for finding in its_own(version, &case, &walked.judges).iter() {
                let class = Class::of(self.version, config, &finding, namer.scenario());
                let whole = class.is_news(&self.plan.versions);
                let kept = answer.found.entry(class).or_default();
                if whole && kept.is_none() {
                    *kept = Some(case.clone());
                }
            }
        }
    }
}
