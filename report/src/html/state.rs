//! The machine at a step: what exists of it, in words, and which of the words the step changed.

use crate::changes::bytes;
use crate::timeline::actor_name;
use corpus::Case;
use maud::{Markup, html};
use model::{Actor, ActorKind, Child, Frame, MMS, Machine, NO_FRAME, PAGES, SLOTS, frame_name};
use oracle::Row;

type Words<'a> = Box<dyn Fn(&Machine) -> Vec<String> + 'a>;

/// Something that can be said of a machine: under which heading, of what, and which words. No words if it
/// does not exist.
struct Item<'a> {
    heading: &'static str,
    label: String,
    words: Words<'a>,
}

/// The machine after a step. What the step changed is marked, and what was there before is struck out.
pub(super) fn state(case: &Case, row: &Row) -> Markup {
    let items = items(case);
    let shown: Vec<_> = items
        .iter()
        .map(|item| (item, (item.words)(&row.before), (item.words)(&row.after)))
        .filter(|(_, before, after)| !(before.is_empty() && after.is_empty()))
        .collect();
    html! {
        div.state {
            @for group in shown.chunk_by(|a, b| a.0.heading == b.0.heading) {
                div.group {
                    b { (group[0].0.heading) }
                    dl {
                        @for (item, before, after) in group {
                            div { dt { (item.label) } dd { (words(before, after)) } }
                        }
                    }
                }
            }
        }
    }
}

fn words(before: &[String], after: &[String]) -> Markup {
    let gone = before.iter().filter(|w| !after.contains(w)).map(|w| html! { del { (w) } });
    let here = after.iter().map(|w| {
        if before.contains(w) {
            html! { (w) }
        } else {
            html! { ins { (w) } }
        }
    });
    html! {
        @for (n, word) in here.chain(gone).enumerate() {
            @if n > 0 { ", " }
            (word)
        }
    }
}

/// Everything that a case can show of its machine, in the order in which it is shown.
fn items(case: &Case) -> Vec<Item<'_>> {
    let actors = case.programs.actors as usize;
    let mut named = case.programs.pages() | case.config.shared | case.config.large;
    if named == 0 {
        named = 1;
    }
    let places = (0..MMS).flat_map(|mm| (0..PAGES).map(move |page| (mm, page)));
    let places: Vec<_> = places.filter(|(_, page)| named & 1 << page != 0).collect();
    let mut out = Vec::new();
    for &(mm, page) in &places {
        out.push(item("page table", format!("{}pte{page}", whose(mm)), move |m| {
            exists(m, mm).then(|| m.pte[mm][page].to_string()).into_iter().collect()
        }));
    }
    for cpu in (0..actors).filter(|a| case.programs.kinds[*a] == ActorKind::Cpu) {
        for &(mm, page) in &places {
            out.push(item("TLBs", format!("tlb{cpu}[{}{page}]", whose(mm)), move |m| {
                let entry = m.tlb[cpu][mm][page];
                (exists(m, mm) || entry.valid()).then(|| entry.to_string()).into_iter().collect()
            }));
        }
    }
    for frame in 0..model::FRAMES {
        out.push(item("folios", frame_name(frame as Frame).to_owned(), move |m| folio(case, m, frame)));
    }
    for slot in 0..SLOTS {
        out.push(item("swap slots", format!("s{slot}"), move |m| swap_slot(m, slot, actors)));
    }
    out.push(item("locks and flushes", "page-table lock".to_owned(), move |m| {
        let held = |mm: usize| (m.ptl[mm] > 0).then(|| actor_name(case, m.ptl[mm] as usize - 1));
        let of = |mm: usize| {
            held(mm).map_or(format!("{}free", whose_space(mm)), |by| format!("{}{by}", whose_space(mm)))
        };
        (0..MMS).filter(|mm| exists(m, *mm)).map(of).collect()
    }));
    out.push(item("locks and flushes", "owed".to_owned(), move |m| {
        let mut words = Vec::new();
        for mm in 0..MMS {
            if m.gathers[mm] > 0 {
                words.push(format!("{}{} mmu gathers active", whose_space(mm), m.gathers[mm]));
            }
            if m.batched & 1 << mm != 0 {
                words.push(format!("{}reclaim owes a flush", whose_space(mm)));
            }
        }
        words
    }));
    for actor in 0..actors {
        out.push(item("under way", actor_name(case, actor), move |m| registers(case, m, actor)));
    }
    for &(mm, page) in &places {
        out.push(item("what the program sees", format!("{}page {page}", whose_space(mm)), move |m| {
            if !exists(m, mm) {
                return Vec::new();
            }
            let last: Vec<_> = (0..actors).map(|w| m.shadow.words[mm][page][w].last.to_string()).collect();
            let holds = format!("holds {}", bytes(&m.content(mm, page), actors));
            vec![holds, format!("last stored [{}]", last.join(" "))]
        }));
    }
    out
}

fn item<'a>(heading: &'static str, label: String, words: impl Fn(&Machine) -> Vec<String> + 'a) -> Item<'a> {
    Item { heading, label, words: Box::new(words) }
}

fn exists(m: &Machine, mm: usize) -> bool {
    mm == 0 || m.child != Child::None
}

/// What the child has is marked, as in the timeline.
fn whose(mm: usize) -> &'static str {
    if mm == 0 { "" } else { "c" }
}

fn whose_space(mm: usize) -> &'static str {
    if mm == 0 { "" } else { "child: " }
}

fn folio(case: &Case, m: &Machine, frame: usize) -> Vec<String> {
    let folio = &m.folios[frame];
    if !folio.allocated() {
        return Vec::new();
    }
    let mut words = vec![
        format!("page {}", folio.page()),
        format!("refs {}", folio.refs),
        format!("mapped {}", folio.mapcount()),
    ];
    if folio.pins() > 0 {
        words.push(format!("pins {}", folio.pins()));
    }
    let flags = [
        (folio.dirty(), "dirty"),
        (folio.swapbacked(), "swapbacked"),
        (folio.uptodate(), "uptodate"),
        (folio.exclusive(), "exclusive"),
        (folio.lru(), "lru"),
        (folio.writeback() != 0, "writeback"),
        (folio.freeing(), "freeing"),
        (folio.large(), "large"),
    ];
    words.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()));
    if folio.swapcache() {
        words.push(format!("swapcache s{}", folio.slot()));
    }
    if let Some(cpu) = folio.lazyfree_batch() {
        words.push(format!("in the lazyfree batch of {}", actor_name(case, cpu)));
    }
    if let Some(by) = folio.lock_owner() {
        words.push(format!("locked by {}", actor_name(case, by)));
    }
    words.push(bytes(&folio.data, case.programs.actors as usize));
    words
}

fn swap_slot(m: &Machine, slot: usize, actors: usize) -> Vec<String> {
    let s = &m.slots[slot];
    if s.free() {
        return Vec::new();
    }
    let mut words = vec![format!("entries {}", s.mapcount())];
    if s.has_cache() {
        words.push("cached".to_owned());
    }
    if s.pinned() {
        words.push("pinned".to_owned());
    }
    words.push(bytes(&s.data, actors));
    words
}

/// What an operation under way has in its registers; nothing between operations.
fn registers(case: &Case, m: &Machine, actor: usize) -> Vec<String> {
    let a = &m.actors[actor];
    if !a.has(Actor::BEGUN) {
        return Vec::new();
    }
    let op = case.programs.of(actor).get(a.op as usize).filter(|_| !m.draining);
    let mut words = vec![op.map_or("drain".to_owned(), ToString::to_string)];
    if !a.pte.is_none() {
        words.push(format!("pte = {}", a.pte));
    }
    if a.folio != NO_FRAME {
        words.push(format!("folio {}", frame_name(a.folio)));
    }
    let waits = (0..case.programs.actors as usize).filter(|c| a.unanswered() & 1 << c != 0);
    words.extend(waits.map(|cpu| format!("waits for {} to flush", actor_name(case, cpu))));
    let flags = [
        (Actor::HOLDS_DIRTY, "holds the dirty bit"),
        (Actor::CLEARED, "has cleared entries"),
        (Actor::OWED, "owes a flush"),
        (Actor::OWES_DIRTY, "owes the entry a dirty bit"),
        (Actor::MMAP_READ, "mmap lock (read)"),
        (Actor::MMAP_WRITE, "mmap lock (write)"),
    ];
    words.extend(flags.iter().filter(|(flag, _)| a.has(*flag)).map(|(_, word)| (*word).to_owned()));
    words
}
