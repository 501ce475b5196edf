//! The variables of a model, and what the case decides, as macros for the actions.

use super::Purpose;
use model::{
    ActorKind, DEVICE_FRAMES, Hardware, MigrationEntryBits, Op, OpKind, ReclaimBatch, StickyFlags, SwapIn, World,
};
use std::fmt::Write;

/// System frames. One page never needs more at a time; the model asserts that.
const SYSTEM: usize = 4;
/// Swap slots, likewise.
const SLOTS: usize = 2;

/// The registers of an actor.
pub const REGISTERS: &str = "\
    short pte, registers, next;
    byte op, folio = NONE, src = NONE, dst = NONE, batch, kept;
";

/// The end of an actor's macros.
pub const NO_ACTOR: &str = "\
#undef me
#undef IS_WRITE
#undef TO_DEVICE
#undef MIGRATES
#undef REFERENCES_IGNORED
#undef OTHER_CPUS
#undef VALUE
#undef STORE
#undef DROP_OWN
#undef CPUS_THAT_CACHE
#undef DRAINING

";

fn cpus(world: &World) -> Vec<usize> {
    let programs = world.programs;
    (0..programs.actors as usize).filter(|i| programs.kinds[*i] == ActorKind::Cpu).collect()
}

fn stores(world: &World, actor: usize) -> bool {
    world.programs.of(actor).iter().any(|op| op.kind.stores())
}

/// The actors that store: only their words of the page can differ from zero.
fn words(world: &World) -> Vec<usize> {
    (0..world.programs.actors as usize).filter(|i| stores(world, *i)).collect()
}

/// `first`, unless a condition says otherwise for it; then the next one; in the end `NONE`.
fn first_of(n: usize, condition: impl Fn(usize) -> String) -> String {
    (0..n).rev().fold("NONE".to_owned(), |rest, f| format!("({} -> {f} : {rest})", condition(f)))
}

fn all<T: ToString>(terms: impl Iterator<Item = T>, between: &str, none: &str) -> String {
    let terms: Vec<_> = terms.map(|t| t.to_string()).collect();
    if terms.is_empty() { none.to_owned() } else { format!("({})", terms.join(between)) }
}

/// What all actors share.
pub fn world(world: &World, purpose: Purpose) -> String {
    let mut text = String::new();
    let knobs = &world.config.knobs;
    let mut define =
        |name: &str, value: &dyn std::fmt::Display| writeln!(text, "#define {name} {value}").expect("a string");
    if purpose == Purpose::Judge {
        define("JUDGE", &"");
    }
    define("K_EXCLUSIVE", &u8::from(knobs.exclusive));
    let carry = match knobs.migration_entry {
        MigrationEntryBits::None => 0,
        MigrationEntryBits::Gated => 1,
        MigrationEntryBits::Ungated => 2,
    };
    define("K_CARRY", &carry);
    define("K_SWAP_IN_WRITABLE", &u8::from(knobs.swap_in == SwapIn::WritableClean));
    define("K_BATCH_ALL", &u8::from(knobs.reclaim_batch == ReclaimBatch::All));
    define("K_WRITE_FREES_SLOT", &u8::from(knobs.write_frees_slot));
    define("K_PINNED_STAYS_LAZYFREE", &u8::from(knobs.pinned_stays_lazyfree));
    define("K_FREES_SWAP", &u8::from(knobs.free_swap_on_migrate));
    define("K_FAULT_REF", &u8::from(knobs.fault_page_ref));
    let sticky = match knobs.sticky {
        StickyFlags::Off => 0,
        StickyFlags::SwapBacked => 1,
        StickyFlags::All => 2,
    };
    define("K_STICKY", &sticky);
    define("HW_SETS_DIRTY", &u8::from(world.mode.sets_dirty));
    define("HW_BLIND", &u8::from(world.config.hardware == Hardware::BlindStore));
    define("SYSTEM", &SYSTEM);
    define("LOWEST_FREE_FRAME", &first_of(SYSTEM, |f| format!("!HAS({f}, ALLOCATED)")));
    define("LOWEST_FREE_SLOT", &first_of(SLOTS, |s| format!("SLOT_FREE({s})")));
    define("FOLIO_OF_SLOT(s)", &first_of(SYSTEM, |f| format!("(HAS({f}, SWAPCACHE) && SLOT({f}) == (s))")));
    define(
        "RECLAIMABLE_FRAME",
        &first_of(SYSTEM, |f| format!("(HAS({f}, LRU) && (maps[{f}] != 0 || HAS({f}, SWAPCACHE)))")),
    );
    let words = words(world);
    let each = |what: &dyn Fn(usize) -> String| {
        let parts: Vec<_> = words.iter().map(|w| what(*w)).collect();
        if parts.is_empty() { "skip".to_owned() } else { parts.join("; ") }
    };
    define("ZERO_FOLIO(f)", &each(&|w| format!("data{w}[f] = 0")));
    define("COPY_FOLIO(to, from)", &each(&|w| format!("data{w}[to] = data{w}[from]")));
    define("READ_SLOT(f, s)", &each(&|w| format!("data{w}[f] = slot{w}[s]")));
    define("WRITE_SLOT(s, f)", &each(&|w| format!("slot{w}[s] = data{w}[f]")));
    define("ZERO_IS_LEGAL", &each(&|w| format!("zero_legal{w} = 1")));
    let legal = |w: &usize| {
        let value = format!("((f) == ZERO -> 0 : data{w}[f])");
        format!(
            "({value} == last{w} || ({value} == 0 && zero_legal{w}) || ({value} == before{w} && before_legal{w}) || any_legal{w})"
        )
    };
    define("EVERY_WORD_LEGAL(f)", &all(words.iter().map(legal), " && ", "true"));

    let (actors, cpus, frames) = (world.programs.actors, cpus(world).len(), SYSTEM + DEVICE_FRAMES);
    let free_list =
        (0..world.config.device_frames.min(DEVICE_FRAMES as u8)).rev().fold(255u8, |list, k| list << 2 | k);
    write!(
        text,
        "
short page_table;
byte lock, gathers, hold = 14, device_free = {free_list};
byte mid_access, discarding, batched_by;
bit flush_batched, hold_loose;
byte tlb[{cpus}], asked[{actors}];
byte flags[{frames}], refs[{frames}], maps[{frames}], slot_lock[{frames}], state[{frames}], slots[{SLOTS}];
hidden byte new, each;
"
    )
    .expect("a string");
    for w in words {
        writeln!(text, "byte data{w}[{frames}], slot{w}[{SLOTS}], last{w}, before{w};").expect("a string");
        writeln!(text, "bit zero_legal{w}, before_legal{w}, any_legal{w};").expect("a string");
    }
    if purpose == Purpose::Judge {
        let operations = world.programs.total();
        writeln!(text, "byte left = {operations}; /* operations that have not returned */").expect("a string");
    }
    text.push('\n');
    text
}

/// What an actor's program decides.
pub fn actor(world: &World, actor: usize, ops: &[Op], draining: bool) -> String {
    let one_of = |kinds: &[OpKind]| {
        let places =
            ops.iter().enumerate().filter(|(_, op)| kinds.contains(&op.kind)).map(|(n, _)| format!("op == {n}"));
        let n = places.clone().count();
        if n == ops.len() { "true".to_owned() } else { all(places, " || ", "false") }
    };
    let cpus = cpus(world);
    let mut text = String::new();
    let mut define = |name: &str, value: &str| writeln!(text, "#define {name} {value}").expect("a string");
    define("me", &actor.to_string());
    define("DRAINING", if draining { "true" } else { "false" });
    define("IS_WRITE", &one_of(&[OpKind::Write]));
    define("TO_DEVICE", &one_of(&[OpKind::Migrate]));
    define("MIGRATES", &one_of(&[OpKind::Migrate, OpKind::ToSystem]));
    let by_advice = !draining && cpus.contains(&actor);
    define("REFERENCES_IGNORED", &if by_advice { one_of(&[OpKind::PageOut]) } else { "false".to_owned() });
    define("OTHER_CPUS", if world.cpus(0) & !(1 << actor) != 0 { "true" } else { "false" });
    let stores = ops.iter().enumerate().filter(|(_, op)| op.kind.stores());
    define("VALUE", &all(stores.map(|(n, _)| format!("(op >= {n} -> 1 : 0)")), " + ", "0"));
    let old_legal = format!("before_legal{actor} || any_legal{actor}");
    let store = format!(
        "data{actor}[f] = VALUE; \
         if :: discarding && ({old_legal}) -> any_legal{actor} = 1; before_legal{actor} = 0; before{actor} = 0; zero_legal{actor} = 1 \
         :: discarding && !({old_legal}) -> before_legal{actor} = 1; before{actor} = last{actor}; zero_legal{actor} = 1 \
         :: else -> any_legal{actor} = 0; before_legal{actor} = 0; before{actor} = 0; zero_legal{actor} = 0 fi; \
         last{actor} = VALUE"
    );
    define("STORE(f)", if ops.iter().any(|op| op.kind.stores()) { &store } else { "skip" });
    define("DROP_OWN", &if cpus.contains(&actor) { format!("tlb[{actor}] = 0") } else { "skip".to_owned() });
    let others = cpus.iter().filter(|c| **c != actor).map(|c| format!("(tlb[{c}] -> {} : 0)", 1 << c));
    define("CPUS_THAT_CACHE", &all(others, " | ", "0"));
    text
}

/// Each CPU answers, between two accesses, the lowest-numbered actor that has asked it.
pub fn interrupts(world: &World) -> String {
    let mut text = "active proctype interrupts()\n{\nend:\n    do\n".to_owned();
    let actors = world.programs.actors as usize;
    for cpu in cpus(world) {
        let bit = 1 << cpu;
        let askers: Vec<_> = (0..actors).filter(|a| *a != cpu).collect();
        if askers.is_empty() {
            continue;
        }
        let any = all(askers.iter().map(|a| format!("(asked[{a}] & {bit})")), " || ", "false");
        writeln!(text, "    :: d_step {{\n        {any} && !(mid_access & {bit}) ->").expect("a string");
        text += "        if\n";
        for (n, a) in askers.iter().enumerate() {
            let guard = if n + 1 == askers.len() {
                "else".to_owned()
            } else {
                let not: Vec<_> = askers[..n].iter().map(|b| format!("!(asked[{b}] & {bit}) && ")).collect();
                format!("{}(asked[{a}] & {bit})", not.concat())
            };
            writeln!(text, "        :: {guard} -> asked[{a}] = asked[{a}] & ~{bit}").expect("a string");
        }
        writeln!(text, "        fi;\n        tlb[{cpu}] = 0\n    }}").expect("a string");
    }
    text += "    :: false\n    od\n}\n\n";
    text
}
