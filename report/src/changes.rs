//! What a step changed, in words.

use model::{ACTORS, Data, FRAMES, Folio, Frame, MMS, Machine, PAGES, SLOTS, frame_name};

/// The changes between two machines that a timeline shows: page table, TLBs, folio flags, bytes, slots.
pub(super) fn changes(before: &Machine, after: &Machine, actors: usize) -> Vec<String> {
    let mut out = Vec::new();
    let places = || (0..MMS).flat_map(|mm| (0..PAGES).map(move |page| (mm, page)));
    for (mm, page) in places() {
        let (b, a) = (before.pte[mm][page], after.pte[mm][page]);
        if b != a {
            out.push(format!("{}pte{page}: {b} -> {a}", whose(mm)));
        }
    }
    for cpu in 0..ACTORS {
        for (mm, page) in places() {
            let (b, a) = (before.tlb[cpu][mm][page], after.tlb[cpu][mm][page]);
            if b != a {
                out.push(format!("tlb{cpu}[{}{page}]: {a}", whose(mm)));
            }
        }
    }
    for frame in 0..FRAMES {
        folio(frame as Frame, &before.folios[frame], &after.folios[frame], actors, &mut out);
    }
    for slot in 0..SLOTS {
        let (b, a) = (&before.slots[slot], &after.slots[slot]);
        if b.data != a.data {
            out.push(format!("s{slot} = {}", bytes(&a.data, actors)));
        } else if !b.free() && a.free() {
            out.push(format!("s{slot} freed"));
        }
    }
    out
}

/// What the child has is marked.
fn whose(mm: usize) -> &'static str {
    if mm == 0 { "" } else { "c" }
}

fn folio(frame: Frame, before: &Folio, after: &Folio, actors: usize, out: &mut Vec<String>) {
    let name = frame_name(frame);
    if before.allocated() && !after.allocated() {
        out.push(format!("{name} freed"));
        return;
    }
    let new = !before.allocated() && after.allocated();
    let mut flags = Vec::new();
    let mut flag = |b: bool, a: bool, word: &str| {
        let b = b && !new;
        if b != a {
            flags.push(format!("{}{word}", if a { '+' } else { '-' }));
        }
    };
    flag(before.dirty(), after.dirty(), "dirty");
    flag(before.swapcache(), after.swapcache(), "swapcache");
    flag(before.swapbacked(), after.swapbacked(), "swapbacked");
    flag(before.writeback() != 0, after.writeback() != 0, "writeback");
    if new {
        flags.insert(0, "new".to_owned());
    }
    if before.data != after.data && after.uptodate() {
        flags.push(format!("= {}", bytes(&after.data, actors)));
    }
    if !flags.is_empty() {
        out.push(format!("{name}: {}", flags.join(" ")));
    }
}

/// The words of the actors that exist.
pub(super) fn bytes(data: &Data, actors: usize) -> String {
    let words: Vec<_> = data[..actors].iter().map(ToString::to_string).collect();
    format!("[{}]", words.join(" "))
}
