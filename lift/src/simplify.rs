//! A tree without what makes no difference.

use crate::tree::{Atom, Label, Place, Tree, same};
use impls::text::Problem;
use model::Action;
use model::listing::Doing;
use std::rc::Rc;

/// Takes out what is asked for nothing, and puts halves together.
///
/// # Errors
/// If steps depend on what the model does not have, or a half stands alone.
pub fn simplify(tree: &Rc<Tree>) -> Result<Rc<Tree>, Problem> {
    match &**tree {
        Tree::End(..) => Ok(Rc::clone(tree)),
        Tree::Do(Label::HalfRmap(step @ Action::ZapRmap), place, rest)
            if matches!(&**rest, Tree::Do(Label::Queue, ..)) =>
        {
            let Tree::Do(_, _, behind) = &**rest else { return Ok(Rc::clone(tree)) };
            Ok(Rc::new(Tree::Do(Label::Do(Doing::Step(*step)), place.clone(), simplify(behind)?)))
        }
        Tree::Do(Label::HalfRmap(step), place, rest) => {
            let rest = simplify(rest)?;
            match &*rest {
                Tree::Do(Label::Do(Doing::Step(Action::PutFolio)), _, behind) if *step != Action::ZapRmap => {
                    let label = Label::Do(Doing::Step(*step));
                    Ok(Rc::new(Tree::Do(label, place.clone(), Rc::clone(behind))))
                }
                // Its reference stays with the function.
                _ if [Action::RemoveRmap, Action::RemoveOldRmap, Action::DropMapping].contains(step) => {
                    let label = Label::Do(Doing::Step(Action::DropMapcount));
                    Ok(Rc::new(Tree::Do(label, place.clone(), rest)))
                }
                _ => Err(Problem::error(
                    place.clone(),
                    "the mapping goes, and its reference does not at once",
                    "no put follows",
                )
                .help(format!("{} of the model is both: nothing may come between", step.name()))),
            }
        }
        Tree::Do(Label::Queue, place, _) => {
            Err(Problem::error(place.clone(), "a page is queued that is still mapped", "no rmap went before")
                .help("ZapRmap of the model is both: the mapping goes, and the page is queued"))
        }
        Tree::Do(label, place, rest) => Ok(Rc::new(Tree::Do(label.clone(), place.clone(), simplify(rest)?))),
        Tree::Ask(atom, place, yes, no) => {
            let (yes, no) = (simplify(yes)?, simplify(no)?);
            if same(&yes, &no) {
                return Ok(match atom {
                    Atom::Act(doing) => Rc::new(Tree::Do(Label::Do(*doing), place.clone(), yes)),
                    _ => yes,
                });
            }
            match atom {
                Atom::Free(name) => Err(Problem::error(
                    place.clone(),
                    format!("steps depend on {name}, which the model does not have"),
                    "both ways should do the same",
                )
                .help("if it is known here, give it a row that says so: fact")),
                _ => Ok(Rc::new(Tree::Ask(atom.clone(), place.clone(), yes, no))),
            }
        }
    }
}

/// The tree with every migration entry told to carry A and D also where the word has none, which does nothing:
/// what C asks to carry them needs not be asked then.
pub fn absorb(tree: &Rc<Tree>) -> Rc<Tree> {
    // Where nothing is ever carried, nothing is told to.
    let some = [Action::CarryYoung, Action::CarryDirty].map(|step| does(tree, step));
    carried(tree, 0, &mut Vec::new(), some)
}

fn does(tree: &Rc<Tree>, step: Action) -> bool {
    match &**tree {
        Tree::End(..) => false,
        Tree::Do(label, _, rest) => *label == Label::Do(Doing::Step(step)) || does(rest, step),
        Tree::Ask(_, _, yes, no) => does(yes, step) || does(no, step),
    }
}

fn carried(tree: &Rc<Tree>, count: usize, known: &mut Vec<(Action, usize)>, some: [bool; 2]) -> Rc<Tree> {
    match &**tree {
        Tree::End(..) => Rc::clone(tree),
        Tree::Ask(atom, place, yes, no) => {
            let yes = carried(yes, count, known, some);
            let length = known.len();
            if let Atom::Bit(action @ (Action::PteYoung | Action::PteDirty), of) = atom {
                known.push((*action, *of));
            }
            let no = carried(no, count, known, some);
            known.truncate(length);
            if same(&yes, &no) && !matches!(atom, Atom::Act(_)) {
                return yes;
            }
            Rc::new(Tree::Ask(atom.clone(), place.clone(), yes, no))
        }
        Tree::Do(label, place, rest) => {
            let step = |tree: &Rc<Tree>, step: Action| match &**tree {
                Tree::Do(Label::Do(Doing::Step(action)), _, rest) if *action == step => Some(Rc::clone(rest)),
                _ => None,
            };
            let young = step(tree, Action::CarryYoung);
            let behind = young.clone().unwrap_or_else(|| Rc::clone(tree));
            let dirty = step(&behind, Action::CarryDirty);
            let install = dirty.clone().unwrap_or(behind);
            if let Tree::Do(
                Label::Install(Action::InstallMigrationEntry | Action::ReplaceByMigrationEntry, _),
                ..,
            ) = &*install
            {
                let Tree::Do(label, place, rest) = &*install else { return Rc::clone(tree) };
                let mut out = Rc::new(Tree::Do(label.clone(), place.clone(), carried(rest, count, known, some)));
                for (there, asked, step, some) in [
                    (dirty.is_some(), Action::PteDirty, Action::CarryDirty, some[1]),
                    (young.is_some(), Action::PteYoung, Action::CarryYoung, some[0]),
                ] {
                    if there || some && known.contains(&(asked, count)) {
                        out = Rc::new(Tree::Do(Label::Do(Doing::Step(step)), place.clone(), out));
                    }
                }
                return out;
            }
            let changes = matches!(
                label,
                Label::Do(Doing::Step(
                    Action::ReadPte
                        | Action::UseOrig
                        | Action::Modify
                        | Action::MkWrite
                        | Action::WrProtect
                        | Action::ClearPte
                        | Action::MkOld
                        | Action::MkClean
                        | Action::MkDirty
                ))
            );
            Rc::new(Tree::Do(
                label.clone(),
                place.clone(),
                carried(rest, count + usize::from(changes), known, some),
            ))
        }
    }
}

/// The counters that a tree asks, each with the place where it is asked first.
pub fn counters(tree: &Rc<Tree>, out: &mut Vec<(String, Place)>) {
    match &**tree {
        Tree::End(..) => {}
        Tree::Do(_, _, rest) => counters(rest, out),
        Tree::Ask(atom, place, yes, no) => {
            if let Atom::Counter(name) = atom
                && !out.iter().any(|(n, _)| n == name)
            {
                out.push((name.clone(), place.clone()));
            }
            counters(yes, out);
            counters(no, out);
        }
    }
}

/// The tree with a counter asked as the model asks whether anything was cleared.
pub fn any_cleared(tree: &Rc<Tree>) -> Rc<Tree> {
    match &**tree {
        Tree::End(..) => Rc::clone(tree),
        Tree::Do(label, place, rest) => Rc::new(Tree::Do(label.clone(), place.clone(), any_cleared(rest))),
        Tree::Ask(atom, place, yes, no) => {
            let atom = if let Atom::Counter(_) = atom { Atom::Pure(Action::AnyCleared) } else { atom.clone() };
            Rc::new(Tree::Ask(atom, place.clone(), any_cleared(yes), any_cleared(no)))
        }
    }
}
