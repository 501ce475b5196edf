//! Transitions and sets of them: numbers, names, the choice of the n-th, the repair of a choice that cannot
//! be taken.

use model::{ACTORS, Enabled, Transition};

#[test]
fn every_transition_has_a_number_and_a_name() {
    let names: Vec<_> = (0..Transition::COUNT).filter_map(Transition::from_index).map(|t| t.to_string()).collect();
    assert_eq!(names, ["0", "1", "2", "3", "i0", "i1", "i2", "i3", "w"]);
    for index in 0..Transition::COUNT {
        let t = Transition::from_index(index).expect("below the count");
        assert_eq!(t.index(), index);
        let kinds = [t.actor().is_some(), t.cpu().is_some(), t == Transition::WRITEBACK];
        assert_eq!(kinds.iter().filter(|k| **k).count(), 1, "{t} is one of the three");
    }
    assert_eq!(Transition::from_index(Transition::COUNT), None);
    for n in 0..ACTORS {
        assert_eq!((Transition::run(n).actor(), Transition::interrupt(n).cpu()), (Some(n), Some(n)));
    }
}

/// Every set there is.
fn sets() -> impl Iterator<Item = Enabled> {
    (1..1u16 << Transition::COUNT).map(Enabled)
}

#[test]
fn the_nth_counts_modulo_the_size_in_numeric_order() {
    assert!(Enabled(0).is_empty());
    for set in sets() {
        let members: Vec<_> = set.iter().collect();
        assert_eq!(members.len() as u32, set.len());
        assert!(!set.is_empty() && members.is_sorted());
        for n in 0..2 * set.len() {
            assert_eq!(set.nth(n), members[(n % set.len()) as usize], "{:b}", set.0);
        }
        assert_eq!(set.nth(u32::MAX), members[(u32::MAX % set.len()) as usize]);
    }
}

#[test]
fn repair_takes_the_next_in_cyclic_order() {
    for set in sets() {
        for from in 0..Transition::COUNT {
            let at =
                |offset| Transition::from_index((from + offset) % Transition::COUNT).expect("below the count");
            let next = (0..Transition::COUNT).map(at).find(|t| set.has(*t));
            assert_eq!(Some(set.repair(at(0))), next, "{:b} from {from}", set.0);
        }
    }
}
