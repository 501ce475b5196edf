//! All interleavings: the numbers are those of a naive search, what is found replays, what is correct stays
//! silent.

mod common;

use common::version;
use corpus::{Case, Entry, Expect};
use explore::exhaust::{Answer, Exhaust, exhaust};
use impls::{Body, Scenario, Subject, Version};
use model::{Machine, World};
use oracle::{End, Finding, History, Judge, Judges, Rule, STEP_BOUND, replay, trace};
use std::collections::HashSet;
use std::sync::Arc;

/// More than any program here has.
const BUDGET: usize = 500_000;

fn entries() -> Vec<Entry> {
    corpus::builtin().into_iter().flat_map(|f| f.entries).filter(|e| e.place.starts_with("thread.case")).collect()
}

fn case(line: &str) -> Case {
    line.parse().unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// The case without its schedule.
fn programs(entry: &Entry) -> Case {
    Case { schedule: corpus::Schedule::default(), ..entry.case.clone() }
}

fn judged(version: &Version, case: &Case) -> (Judges, oracle::Summary) {
    let mut judges = Judges::default();
    let summary = replay(version, case, &mut judges);
    (judges, summary)
}

fn anything<M>(_: &Finding, _: &M) -> Answer {
    Answer::Shortest
}

fn wrong_value<M>(finding: &Finding, _: &M) -> Answer {
    if finding.judge() == Judge::LastWrite { Answer::Shortest } else { Answer::Ignore }
}

/// States and transitions up to where nothing moves any more, depth first, with the library's own hash set.
fn naive(version: &Version, case: &Case) -> (u64, u64) {
    let config = version.config(&case.config);
    let world = World::new(&config, &case.programs, version.code(config.profile));
    let (mut seen, mut transitions) = (HashSet::from([Machine::new(&config)]), 0);
    let mut open: Vec<_> = seen.iter().copied().collect();
    while let Some(machine) = open.pop() {
        for transition in machine.enabled(&world).iter() {
            let mut next = machine;
            next.step(&world, transition);
            transitions += 1;
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    (seen.len() as u64, transitions)
}

#[test]
fn a_naive_search_counts_the_same_and_so_does_a_second_run() {
    for line in [
        "cpu0: W0 F0 I0 D0 | cpu1: W0",
        "shared=0 cpu0: D0 | cpu1: R0 Z0 R0",
        "swap=disk cpu0: W0 P0 | cpu1: W0",
        "kernel=6.1.192 cpu0: W0 D0 | kswapd: P0",
    ] {
        let case = case(line);
        for name in ["v2", "v3"] {
            let run = || match exhaust::<()>(version(name), &case, BUDGET, anything) {
                Exhaust::Exhausted { states, transitions, .. } => (states, transitions),
                other => panic!("{name} on {line}: {other:?}"),
            };
            let counts = run();
            assert_eq!(counts, naive(version(name), &case), "{name} on {line}");
            assert_eq!(counts, run(), "{name} on {line}");
        }
    }
}

#[test]
fn every_loss_of_the_thread_is_found_from_its_programs_alone() {
    for entry in entries() {
        for (name, expect) in &entry.expect {
            let (version, case) = (version(name), programs(&entry));
            match exhaust::<()>(version, &case, BUDGET, wrong_value) {
                Exhaust::Found { finding, case, .. } => {
                    assert_eq!(*expect, Expect::Lost, "{name} on {}", entry.place);
                    assert_eq!(trace(version, &case).finding, Some(finding), "{name} on {case}");
                    let by_hand = trace(version, &entry.case).length();
                    assert!(finding.step() <= by_hand, "{name} on {case}: {finding:?}, by hand {by_hand}");
                }
                Exhaust::Exhausted { .. } => assert_ne!(*expect, Expect::Lost, "{name} on {}", entry.place),
                other => panic!("{name} on {}: {other:?}", entry.place),
            }
        }
    }
}

/// The same loss, looked for by its class, even where another class has a shorter way to the same machines.
#[test]
fn every_loss_of_the_thread_is_found_as_what_it_is() {
    for entry in entries() {
        let Some(scenario) = Scenario::ALL.into_iter().find(|s| Some(s.name()) == entry.scenario.as_deref())
        else {
            continue;
        };
        for (name, _) in entry.expect.iter().filter(|(_, e)| *e == Expect::Lost) {
            let wanted = |finding: &Finding, past: &History| match past.scenario(finding) == Some(scenario) {
                true => Answer::Shortest,
                false => Answer::Ignore,
            };
            let found = exhaust::<History>(version(name), &programs(&entry), BUDGET, wanted);
            let Exhaust::Found { finding, scenario: named, case, .. } = found else {
                panic!("{name} on {}: {found:?}", entry.place)
            };
            let trace = trace(version(name), &case);
            assert_eq!((trace.finding, trace.scenario()), (Some(finding), named), "{name} on {case}");
            assert_eq!(named, Some(scenario), "{name} on {case}");
        }
    }
}

#[test]
fn correct_versions_are_silent_on_all_interleavings_of_the_thread() {
    for entry in entries() {
        for version in impls::registry().iter().filter(|v| v.is_correct_on(&entry.case.config)) {
            let found = exhaust::<()>(version, &programs(&entry), BUDGET, anything);
            assert!(matches!(found, Exhaust::Exhausted { .. }), "{} on {}: {found:?}", version.name, entry.place);
        }
    }
}

/// A step that is judged can be the last one, a load through a stale entry while the programs run.
#[test]
fn a_finding_before_the_end_of_the_programs_replays() {
    let stale = case("shared=0 cpu0: D0 | cpu1: R0 Z0 R0");
    let found = exhaust::<()>(version("pre-fix"), &stale, BUDGET, wrong_value);
    let Exhaust::Found { finding, case, .. } = found else { panic!("{found:?}") };
    assert!(matches!(finding, Finding::WrongValue { stale: true, .. }), "{finding:?}");
    assert_eq!(trace(version("pre-fix"), &case).finding, Some(finding));
}

#[test]
fn a_budget_that_is_used_up_says_nothing_else() {
    let line = case("cpu0: W0 F0 I0 D0 | cpu1: W0");
    let found = exhaust::<()>(version("v3"), &line, 1000, anything);
    assert!(matches!(found, Exhaust::Budget { states: 1000, .. }), "{found:?}");
}

fn faulty(lines: &str) -> Version {
    version("v3").edited(0, impls::text::body(lines).expect("a listing")).expect("it links")
}

/// The finding on all interleavings, which the case shows too.
fn broken(version: &Version, line: &str) -> Finding {
    let found = exhaust::<()>(version, &case(line), BUDGET, anything);
    let Exhaust::Found { finding, case, .. } = found else { panic!("{found:?}") };
    if finding != (Finding::Broken { step: finding.step(), rule: Rule::Impossible }) {
        let mut judges = Judges::default();
        replay(version, &case, &mut judges);
        assert_eq!(judges.of(finding.judge()), Some(finding), "{case}");
    }
    finding
}

#[test]
fn deadlock_livelock_and_the_impossible_are_findings() {
    let locks_and_goes = faulty("LockPtl");
    assert!(
        matches!(broken(&locks_and_goes, "cpu0: D0 | cpu1: D0"), Finding::Broken { rule: Rule::Deadlock, .. }),
        "deadlock"
    );
    let spins = faulty("each_page { ReadPte; again }");
    // As an execution says it, which gives up long before the bound.
    assert!(
        matches!(broken(&spins, "cpu0: R0 D0 | cpu1: R0"), Finding::Broken { step, rule: Rule::Livelock } if step < STEP_BOUND / 4),
        "livelock"
    );
    let no_folio = faulty("PutFolio");
    assert!(matches!(broken(&no_folio, "D0"), Finding::Broken { step: 1, rule: Rule::Impossible }), "impossible");
    // The zero page is no folio: whoever wants its lock does not wait for it.
    let holds = "ReadPte; if Holding { return }; PtePresent else { jump handle_pte_fault }; Hold";
    let holds = impls::text::body(holds).expect("a listing");
    let holds = impls::subject("get_user_pages_fast@6.1").expect("a function").edited(0, holds).expect("it links");
    let finding = broken(&holds, "kernel=6.1 R0 IW0 U0");
    assert!(matches!(finding, Finding::Broken { rule: Rule::Impossible, .. }), "{finding:?}");
}

/// A fault that waits for the lock of a device page goes round in circles until its owner moves on: that
/// ends.
#[test]
fn a_cycle_that_can_be_left_is_no_livelock() {
    let waiting = case("shared=0 cpu0: W0 | cpu1: D0");
    let found = exhaust::<()>(version("v3"), &waiting, BUDGET, anything);
    let Exhaust::Exhausted { states, transitions, .. } = found else { panic!("{found:?}") };
    assert_eq!((states, transitions), naive(version("v3"), &waiting));
}

/// Reclaim that frees before it flushes, or does not flush: the window between the two is reclaim's own, and
/// excuses nothing where reclaim is under comparison.
#[test]
fn the_batch_of_reclaim_excuses_nothing_where_reclaim_is_under_comparison() {
    let replaced = |text: &str| {
        let (name, body) = text.split_once(' ').expect("a body");
        let text = format!("version mine\ntitle reclaim\nkernel 6.0\n\nfunction {name}\n{body}\n");
        impls::file::read("mine.listing", &text).unwrap_or_else(|e| panic!("{e}")).version
    };
    let line = case("kernel=7.3 cpu0: W0 P0 R0 P0 | cpu1: R0 R0 | cpu2: W1");
    let found = |text: &str| exhaust::<()>(&replaced(text), &line, BUDGET, anything);
    for shipped in [
        "end_of_batch { try_to_unmap_flush; free_unref_page_list; move_folios_to_lru }",
        "try_to_unmap_flush { if PendingFlush { FlushPending; BatchDone } }",
    ] {
        assert!(matches!(found(shipped), Exhaust::Exhausted { .. }), "{shipped}");
    }
    for bug in [
        "end_of_batch { free_unref_page_list; try_to_unmap_flush; move_folios_to_lru }",
        "end_of_batch { free_unref_page_list; move_folios_to_lru }",
        "try_to_unmap_flush { if PendingFlush { BatchDone } }",
    ] {
        let found = exhaust::<()>(&replaced(bug), &line, BUDGET, wrong_value);
        let Exhaust::Found { finding, .. } = found else { panic!("{bug}: silent") };
        assert!(matches!(finding, Finding::WrongValue { actor: 1, page: 0, stale: true, .. }), "{bug}: {finding}");
    }
}

/// N17 (CVE-2026-43404): a fault that trylocks a device page, and does not let go of its CPU when that fails,
/// starves the lock's holder, which waits for that CPU. Nobody loads or stores anything wrong, and nobody is
/// blocked: whoever faults tries again for ever.
#[test]
fn a_cycle_in_which_only_retries_move_is_a_livelock() {
    let shipped = |name| {
        let body = impls::kernel::body(name, model::Profile::V7_3).expect("there is one");
        impls::text::write(&impls::text::Document {
            functions: vec![body.to_text()],
            ..impls::text::parse("version v\ntitle t\nkernel 7.3\n").expect("a head")
        })
    };
    let of = |text: &str| text[text.find("function ").expect("one")..].to_owned();
    let (swap, unmap) = (of(&shipped("do_swap_page")), of(&shipped("migrate_device_unmap")));
    // The wait for the other CPU's work (lru_add_drain_all) stands here as a wait for its mmap lock.
    let waits = unmap.replace("    DrainLru\n", "    MmapWriteLock\n    DrainLru\n");
    assert_ne!(waits, unmap);
    let ends = "jump dmirror_devmem_fault";
    let (from, to) = (swap.find("if TakesFaultRef").expect("there"), swap.find(ends).expect("there") + ends.len());
    let with = |failed: &str| {
        let tries = format!(
            "LockPtl\nPteSame else {{ UnlockPtl; retry }}\nTryGetFolio else {{ UnlockPtl; retry }}\nUnlockPtl\n\
             TrylockFolio else {{ PutFolio; {failed} }}\nUnlockFolio\nPutFolio\nfinish"
        );
        let head = "version starves\ntitle a fault on a locked device page\nkernel 7.3\n\n";
        let text = format!("{head}{waits}\n{}{tries}{}", &swap[..from], &swap[to..]);
        // The stand-in takes a lock in an order that the lint refuses.
        let document = impls::text::parse(&text).unwrap_or_else(|e| panic!("{e:?}"));
        let bodies = document.functions.iter().map(|f| Arc::new(Body::new("starves.listing", &text, f)));
        let subject = Arc::new(Subject::new(bodies.collect()).expect("it links"));
        Version { name: "starves", kernel: model::Profile::V7_3, subject, ..version("v3").clone() }
    };
    // The child's entry names the device page that the parent's migration has locked.
    let line = case("kernel=7.3 cpu0: W0 D0 K+ S0 | cpu1: CR0");
    let starves = with("jump do_swap_page");
    let Exhaust::Found { finding, case, .. } = exhaust::<()>(&starves, &line, BUDGET, anything) else {
        panic!("silent")
    };
    assert!(matches!(finding, Finding::Broken { rule: Rule::Livelock, .. }), "{finding}");
    // An execution says the same, and so does who collects all that can be lost.
    let (said, summary) = judged(&starves, &case);
    assert_eq!((said.iter().collect::<Vec<_>>(), summary.end), (vec![finding], End::Livelock));
    let losses = explore::answers::losses::losses(&starves, &line, BUDGET).expect("some hundred states").losses;
    assert_eq!(losses.iter().map(ToString::to_string).collect::<Vec<_>>(), [Rule::Livelock.text()]);
    // Who lets go of the mmap lock before trying again, or gives up, lets the holder end.
    for failed in ["retry", "finish"] {
        let lets_go = exhaust::<()>(&with(failed), &line, BUDGET, anything);
        assert!(matches!(lets_go, Exhaust::Exhausted { .. }), "{failed}: {lets_go:?}");
    }
}

/// A trylock in a loop without a retry is left as soon as the owner goes on, whatever the schedule: the order in
/// which an execution finishes its programs does not make a livelock of it.
#[test]
fn an_execution_that_goes_round_in_circles_takes_the_way_out() {
    let text = "version spins\ntitle spins for the lock\nkernel 6.0\n\nfunction migration_entry_wait\n{\n    \
                ReadPte\n    if PteMigration { jump migration_entry_wait }\n    retry\n}\n";
    let spins = impls::file::read("spins.listing", text).unwrap_or_else(|e| panic!("{e}")).version;
    let line = "shared=0 cpu0: D0 | cpu1: R0 | schedule: 0*8";
    let (judges, summary) = judged(&spins, &case(line));
    assert!(judges.is_silent() && summary.end == End::Complete, "{judges:?} {:?}", summary.end);
    // The other way round: whoever spins comes first.
    let line = "shared=0 cpu0: R0 | cpu1: D0 | schedule: 1*8";
    let (judges, summary) = judged(&spins, &case(line));
    assert!(judges.is_silent() && summary.end == End::Complete, "{judges:?} {:?}", summary.end);
    assert!(summary.steps > 4096, "it did not go round in circles: {} steps", summary.steps);
}
