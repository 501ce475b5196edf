//! In which objects two machines differ.

use super::objects::{Object, Objects};
use super::{protects, visible};
use crate::{ACTORS, Actor, FRAMES, MMS, Machine, PAGES, SLOTS, World};

impl Machine {
    /// The objects in which two machines of one world differ. Registers that nobody else looks at are not
    /// compared.
    #[must_use]
    pub fn difference(&self, other: &Machine, world: &World) -> Objects {
        let mut set = Objects::default();
        let mut differs = |object: Object, differs: bool| {
            if differs {
                set.insert(object);
            }
        };
        for mm in 0..MMS {
            differs(Object::ptl(mm), self.ptl[mm] != other.ptl[mm]);
            differs(Object::gathers(mm), self.gathers[mm] != other.gathers[mm]);
            differs(Object::batched(mm), (self.batched ^ other.batched) & 1 << mm != 0);
            for page in 0..PAGES {
                differs(Object::pte(mm, page), self.pte[mm][page] != other.pte[mm][page]);
                differs(
                    Object::protection(mm, page),
                    self.vma_read_only(mm, page) != other.vma_read_only(mm, page),
                );
                for actor in 0..ACTORS {
                    let [a, b] = [self, other].map(|m| m.tlb[actor][mm][page]);
                    differs(Object::tlb(actor, mm, page), a != b);
                    let [a, b] = [self, other].map(|m| m.shadow.words[mm][page][actor]);
                    differs(Object::shadow(mm, page, actor), a != b);
                }
            }
        }
        for frame in 0..FRAMES {
            let [mut a, mut b] = [self.folios[frame], other.folios[frame]];
            for word in 0..ACTORS {
                differs(Object::data(frame, word), a.data[word] != b.data[word]);
            }
            (a.data, b.data) = Default::default();
            differs(Object::folio(frame), a != b);
        }
        for slot in 0..SLOTS {
            let [mut a, mut b] = [self.slots[slot], other.slots[slot]];
            differs(Object::slot_data(slot), a.data != b.data);
            (a.data, b.data) = Default::default();
            differs(Object::slot(slot), a != b);
        }
        for page in 0..PAGES {
            differs(Object::mlocked(page), (self.mlocked ^ other.mlocked) & 1 << page != 0);
            let [a, b] = [self, other].map(|m| (m.discard_in_flight(world, page), m.discard_takes(world, page)));
            differs(Object::discard(page), a != b);
            let revoked = |f| self.shadow.is_revoked(page, f) != other.shadow.is_revoked(page, f);
            differs(Object::revoked(page), (0..FRAMES as u8).any(revoked));
            for pin in [false, true] {
                let [a, b] = [self, other]
                    .map(|m| (m.held(page, pin), m.held_for_write(page, pin), m.hold_is_loose(page, pin)));
                differs(Object::hold(page, pin), a != b);
            }
        }
        differs(Object::ALLOCATOR, self.free_frame() != other.free_frame());
        differs(Object::DEVICE_ALLOCATOR, self.device_free != other.device_free);
        let [a, b] = [self, other].map(|m| m.folios.map(|f| f.writeback()));
        differs(Object::WRITEBACK, a != b && world.config.swap == crate::Swap::Disk);
        differs(Object::CHILD, self.child != other.child);
        differs(Object::SWAP_MAX, self.swap_max != other.swap_max);
        for actor in 0..ACTORS {
            let [a, b] = [self, other].map(|m| &m.actors[actor]);
            for (flag, object) in visible(actor) {
                differs(object, a.has(flag) != b.has(flag));
            }
            differs(Object::doomed(actor), a.doomed != b.doomed);
            for cpu in 0..ACTORS {
                differs(Object::asked(actor, cpu), (a.unanswered() ^ b.unanswered()) & 1 << cpu != 0);
            }
            let protecting = |m: &Machine| {
                let begun = m.actors[actor].has(Actor::BEGUN);
                protects(world.op(m, actor).filter(|_| begun))
            };
            let [a, b] = [self, other].map(protecting);
            for page in a.into_iter().chain(b) {
                differs(Object::protecting(page), a != b);
            }
        }
        set
    }
}
