//! A schedule in words: who runs until where, then the next.

use super::timeline::actor_name;
use corpus::{Case, Place, Until};
use impls::Version;
use model::{Action, Op};
use oracle::{Leg, course};
use std::borrow::Cow;

/// How the actors take turns, in a sentence; nothing if the case has no schedule.
pub(super) fn turns(version: &Version, case: &Case) -> Option<String> {
    let (legs, left) = course(version, case);
    if legs.is_empty() {
        return None;
    }
    let mut moved = Vec::new();
    let mut parts: Vec<String> = legs
        .iter()
        .map(|leg| {
            let again = leg.segment.who.actor().is_some_and(|actor| moved.contains(&actor));
            moved.extend(leg.segment.who.actor());
            self::leg(case, leg, again)
        })
        .collect();
    match left[..] {
        [] => {}
        [one] => parts.push(format!("{} goes on to the end", actor_name(case, one))),
        _ => parts.push("then each goes on to its end, one after the other".to_owned()),
    }
    Some(format!("{}.", parts.join("; ")))
}

fn leg(case: &Case, leg: &Leg, again: bool) -> String {
    let segment = &leg.segment;
    let Some(actor) = segment.who.actor() else {
        return match (segment.who.cpu(), &segment.until) {
            (Some(cpu), _) => format!("{} answers the flush", actor_name(case, cpu)),
            (None, Until::Times(1)) => "the swap device does a step".to_owned(),
            (None, Until::Times(n)) => format!("the swap device does {n} steps"),
            (None, _) => "the swap device goes on".to_owned(),
        };
    };
    let who = actor_name(case, actor);
    let runs = if again { "goes on" } else { "runs" };
    match &segment.until {
        Until::To(place) => {
            format!("{who} {runs} until it is about to {} ({})", doing(place.action), named(place))
        }
        Until::Past(place) => format!("{who} {runs} past the step “{}” ({})", place.action.text(), named(place)),
        Until::End if leg.returned.is_empty() => format!("{who} has nothing left to do"),
        Until::End => format!("{who} {runs} to the end of its program"),
        Until::Ops(_) => match &leg.returned[..] {
            [one] if leg.resumes => format!("{who} finishes {}", operation(*one)),
            [one] => format!("{who} does the whole of {}", operation(*one)),
            [first, more @ ..] if leg.resumes => format!("{who} finishes {first}, and does {}", list(more)),
            all => format!("{who} does {}", list(all)),
        },
        Until::Times(1) => format!("{who} does a step"),
        Until::Times(n) => format!("{who} does {n} steps"),
    }
}

fn named(place: &Place) -> String {
    let time = match place.nth {
        1 => String::new(),
        n => format!(", time {n}"),
    };
    let of = place.function.as_deref().map_or_else(String::new, |f| format!(" in {f}"));
    format!("{}{of}{time}", place.action.name())
}

fn operation(op: Op) -> String {
    format!("{op} ({})", op.kind.title())
}

fn list(ops: &[Op]) -> String {
    let words: Vec<_> = ops.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// What follows “is about to”: most steps are named by what they do.
fn doing(action: Action) -> Cow<'static, str> {
    Cow::Borrowed(match action {
        Action::Translate => "translate the access",
        Action::WalkerRead => "load the entry in the page walker",
        Action::MmapReadLock => "take the mmap lock for read",
        Action::MmapWriteLock => "take the mmap lock for write",
        Action::LockPtl => "take the page-table lock",
        Action::UnlockPtl => "drop the page-table lock",
        Action::LockBothPtls => "take the page-table locks of parent and child",
        Action::UnlockBothPtls => "drop the page-table locks of parent and child",
        Action::TrylockFolio => "try the folio lock",
        Action::LockFolio => "take the folio lock",
        Action::UnlockFolio => "drop the folio lock",
        Action::GetFolio => "take a reference to the folio",
        Action::PutFolio => "drop the reference to the folio",
        Action::ReadPte => "read the entry",
        Action::ClearPte | Action::ClearPteIgnored => "clear the entry",
        Action::RestorePte => "put the entry back",
        Action::SetPte => "set the entry",
        Action::PteRecheck => "read the entry again",
        Action::FlushWait => "go on behind the flush",
        Action::MapNewAnon => "map the new page",
        Action::ReusePte => "make the entry writable and dirty",
        // The rest either says what is done, or what is asked.
        other => return Cow::Owned(format!("do “{}”", other.text())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(version: &str, line: &str) -> Option<String> {
        let case: Case = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
        turns(impls::find(version).expect("a version"), &case)
    }

    const S3: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: ";

    #[test]
    fn a_schedule_is_said_in_words() {
        let clear = "cpu0 runs until it is about to clear the entry (ClearPte in migrate_vma_collect_pmd); cpu1 does the \
                     whole of W0 (store); cpu0 goes on to the end.";
        let named = format!("{S3}0 to migrate_vma_collect_pmd/ClearPte, 1 op");
        assert_eq!(said("v1", &named).as_deref(), Some(clear));
        // The function is that of the step that the actor has come to.
        let bare = said("v1", &format!("{S3}0 op*3, 0 to ClearPte, 1 op")).expect("words");
        assert_eq!(bare, clear.replace("cpu0 runs", "cpu0 does W0, F0 and I0; cpu0 goes on"));
        let counted = said("v1", &format!("{S3}0*26 1*3")).expect("words");
        assert!(counted.contains("(GetFolio in migrate_vma_collect_pmd); cpu1 does the whole of W0"), "{counted}");
        for (schedule, words) in [
            (
                "0 op*2, 1 end",
                "cpu0 does W0 and F0; cpu1 runs to the end of its program; cpu0 goes on to the end.",
            ),
            (
                "0*2, 0 op, 0 op*2",
                "cpu0 does 2 steps; cpu0 finishes W0 (store); cpu0 does F0 and I0; then each goes on to its end, one after the other.",
            ),
            ("0 past ReadPte#2", "cpu0 runs past the step “pte = read” (ReadPte, time 2); then each"),
            ("1 to Access, 0 end, 1 end", "cpu1 runs until it is about to do “access memory” (Access in "),
        ] {
            let said = said("v1", &format!("{S3}{schedule}")).expect("words");
            assert!(said.starts_with(words), "{schedule}: {said}");
        }
        assert_eq!(said("v1", "W0 R0"), None);
    }

    /// What does not match is not told as if it did.
    #[test]
    fn words_end_where_the_schedule_stops_matching() {
        let said = said("v3", &format!("{S3}1 op, 0 to ClearPteIgnored, 1 end")).expect("words");
        assert!(!said.contains("ClearPteIgnored"), "{said}");
    }
}
