//! From a tree of paths to the lines of a listing.

use crate::kinds;
use crate::tree::{Atom, Label, Place, Term, Tree, same};
use model::Action;
use model::listing::Doing;
use std::rc::Rc;

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A step, and what its failure leads to.
    Do(Doing, Vec<Line>),
    /// A condition.
    If(Doing, Vec<Line>, Vec<Line>),
    /// A way out.
    End(Term),
}

/// The lines of a tree. `first` are the conditions that are asked first where several would do.
///
/// # Errors
/// With the place of a question that no listing asks.
pub fn shape(tree: &Rc<Tree>, kinds: u32, first: &[Action], align: bool) -> Result<Vec<Line>, Place> {
    let mut order: Vec<Action> = first.iter().copied().filter(|a| kinds::of(*a).is_some()).collect();
    order.extend(kinds::CONDITIONS.iter().map(|(a, _)| *a).filter(|a| !first.contains(a)));
    Shaper { order, align }.lines(tree, kinds)
}

struct Shaper {
    order: Vec<Action>,
    align: bool,
}

impl Shaper {
    fn lines(&self, tree: &Rc<Tree>, all: u32) -> Result<Vec<Line>, Place> {
        match &**tree {
            Tree::End(term, _) => Ok(vec![Line::End(term.clone())]),
            Tree::Do(label, place, rest) => {
                let doing = match label {
                    Label::Do(doing) => *doing,
                    Label::Install(action, _) | Label::Either(action) => Doing::Step(*action),
                    _ => return Err(place.clone()),
                };
                let mut out = vec![Line::Do(doing, Vec::new())];
                out.extend(self.lines(rest, all)?);
                Ok(out)
            }
            Tree::Ask(Atom::Kind(_), place, ..) => self.kinds(tree, all, place),
            Tree::Ask(atom, place, yes, no) => {
                // The references after PG_dirty: the step that asks both asks nothing new.
                let no = &match (atom, &**no) {
                    (Atom::Pure(Action::FolioDirty), Tree::Ask(Atom::RefsExplained, at, on_yes, on_no))
                        if !same(yes, on_no) =>
                    {
                        let atom = Atom::Pure(Action::Discardable);
                        Rc::new(Tree::Ask(atom, at.clone(), Rc::clone(on_yes), Rc::clone(on_no)))
                    }
                    _ => Rc::clone(no),
                };
                // Two conditions that have one name.
                if let Some((name, on_yes, on_no)) = pair(atom, yes, no) {
                    return self.branch(Doing::Step(name), &on_yes, &on_no, all, all);
                }
                let doing = match atom {
                    Atom::Bit(action, _) | Atom::Pure(action) => Doing::Step(*action),
                    Atom::Act(doing) => *doing,
                    _ => return Err(place.clone()),
                };
                self.branch(doing, yes, no, all, all)
            }
        }
    }

    /// Entries are told apart by the conditions that listings have.
    fn kinds(&self, tree: &Rc<Tree>, all: u32, place: &Place) -> Result<Vec<Line>, Place> {
        let mut groups: Vec<(u32, Rc<Tree>)> = Vec::new();
        gather(tree, all, &mut groups);
        if let [(_, only)] = groups.as_slice() {
            return self.lines(only, all);
        }
        let pure = |set: u32| groups.iter().filter(|(g, _)| g & set != 0).count() == 1;
        let splits = |a: &Action| {
            let (yes, no) = (all & kinds::of(*a).unwrap_or(0), all & !kinds::of(*a).unwrap_or(0));
            yes != 0 && no != 0
        };
        let found = self.order.iter().find(|a| {
            let set = kinds::of(**a).unwrap_or(0);
            splits(a) && (pure(all & set) || pure(all & !set))
        });
        let Some(action) = found.or_else(|| self.order.iter().find(|a| splits(a))) else {
            return Err(place.clone());
        };
        let set = kinds::of(*action).unwrap_or(0);
        self.branch(Doing::Step(*action), tree, tree, all & set, all & !set)
    }

    fn branch(
        &self,
        doing: Doing,
        yes: &Rc<Tree>,
        no: &Rc<Tree>,
        on_yes: u32,
        on_no: u32,
    ) -> Result<Vec<Line>, Place> {
        let never = |tree: &Rc<Tree>| matches!(&**tree, Tree::End(Term::Never, _));
        if never(no) || never(yes) {
            let rest = if never(no) { self.lines(yes, on_yes)? } else { self.lines(no, on_no)? };
            let acts = matches!(doing, Doing::Call(_)) || matches!(doing, Doing::Step(a) if !a.is_local());
            let mut out = Vec::new();
            if acts {
                out.push(Line::Do(doing, vec![Line::End(Term::Never)]));
            }
            out.extend(rest);
            return Ok(out);
        }
        let (mut yes, mut no) = (self.lines(yes, on_yes)?, self.lines(no, on_no)?);
        let asks = matches!(doing, Doing::Step(action) if action.is_local());
        // The answer is kept for a later step: it is asked where C asks it.
        if doing == Doing::Step(Action::Exclusive) && yes == no {
            let mut out = vec![Line::Do(doing, Vec::new())];
            out.append(&mut yes);
            return Ok(out);
        }
        if GUARDS.iter().any(|a| doing == Doing::Step(*a)) && weight(&no) <= 3 {
            return Ok(guarded(doing, yes, no, asks));
        }
        // One way does nothing more: the other stands in the branch, if it is short.
        if let ([Line::End(..)], true) = (no.as_slice(), weight(&yes) <= 4 && asks && yes.last() == no.last()) {
            yes.pop();
            return Ok(vec![Line::If(doing, yes, Vec::new()), no.remove(0)]);
        }
        let common = common_end(&yes, &no);
        let steps = yes[yes.len() - common..].iter().any(|line| !matches!(line, Line::End(..)));
        if steps {
            let rest = yes.split_off(yes.len() - common);
            no.truncate(no.len() - common);
            let mut out = merged(doing, yes, no, asks && self.align, asks);
            out.extend(rest);
            return Ok(out);
        }
        Ok(guarded(doing, yes, no, asks))
    }
}

/// Conditions that read best as `X else { ... }`.
const GUARDS: [Action; 6] = [
    Action::Collectable,
    Action::NormalPage,
    Action::MapsFolio,
    Action::MapsSource,
    Action::PteSame,
    Action::Discardable,
];

/// A branch both ways of which go on alike.
fn merged(doing: Doing, yes: Vec<Line>, no: Vec<Line>, again: bool, asks: bool) -> Vec<Line> {
    let first = merged_inside(doing, yes, no, again, asks);
    // The answer is kept for a later step: it is asked where C asks it.
    let asked = matches!(first.first(), Some(Line::If(what, ..) | Line::Do(what, ..)) if *what == doing);
    let mut out = Vec::new();
    if doing == Doing::Step(Action::Exclusive) && !asked {
        out.push(Line::Do(doing, Vec::new()));
    }
    out.extend(first);
    out
}

fn merged_inside(doing: Doing, yes: Vec<Line>, no: Vec<Line>, again: bool, asks: bool) -> Vec<Line> {
    if yes.is_empty() && !asks {
        return vec![Line::Do(doing, no)];
    }
    // What both do in the middle is done once, and the condition asked again where it can be.
    if again && doing != Doing::Step(Action::AnyCleared) {
        let parts = align(&yes, &no);
        if parts.iter().any(|p| !matches!(p, Part::Apart(..))) {
            let mut out = Vec::new();
            for part in parts {
                match part {
                    Part::Both(line) => out.push(line),
                    Part::Apart(a, b) => out.push(Line::If(doing, a, b)),
                    Part::Inside(x, y) => out.push(inside(doing, x, y)),
                }
            }
            return out;
        }
    }
    vec![Line::If(doing, yes, no)]
}

/// A branch one way of which leaves: that one comes first, the other goes on below.
fn guarded(doing: Doing, yes: Vec<Line>, no: Vec<Line>, asks: bool) -> Vec<Line> {
    // Of a step that fails, what it leads to reads best behind it.
    let shorter_no = weight(&no) <= weight(&yes) || !asks && weight(&no) <= 8;
    let mut out = Vec::new();
    if shorter_no {
        let as_step = !asks || GUARDS.iter().any(|a| doing == Doing::Step(*a));
        out.push(match as_step {
            true => Line::Do(doing, no),
            false => Line::If(doing, Vec::new(), no),
        });
        out.extend(yes);
    } else {
        out.push(Line::If(doing, yes, Vec::new()));
        out.extend(no);
    }
    out
}

fn weight(lines: &[Line]) -> usize {
    lines
        .iter()
        .map(|line| match line {
            Line::Do(_, other) => 1 + weight(other),
            Line::If(_, yes, no) => 1 + weight(yes) + weight(no),
            Line::End(..) => 1,
        })
        .sum()
}

fn common_end(a: &[Line], b: &[Line]) -> usize {
    a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
}

/// What two lines on the same condition do apart stays inside it.
fn inside(doing: Doing, x: Line, y: Line) -> Line {
    let both = |a: Vec<Line>, b: Vec<Line>| {
        // What never happens does whatever the other does.
        let never = |lines: &[Line]| matches!(lines, [Line::End(Term::Never)]);
        if never(&a) {
            return b;
        }
        if a == b || never(&b) { a } else { merged_inside(doing, a, b, true, true) }
    };
    match (x, y) {
        (Line::If(what, yes, no), Line::If(_, on_yes, on_no)) => {
            Line::If(what, both(yes, on_yes), both(no, on_no))
        }
        (Line::Do(what, other), Line::Do(_, others)) => Line::Do(what, both(other, others)),
        (x, _) => x,
    }
}

/// How alike two lines are.
fn alike(x: &Line, y: &Line) -> usize {
    match (x, y) {
        _ if x == y => 2 + weight(std::slice::from_ref(x)) * 2,
        (Line::If(a, ..), Line::If(b, ..)) | (Line::Do(a, ..), Line::Do(b, ..)) if a == b => 1,
        _ => 0,
    }
}

enum Part {
    Both(Line),
    Inside(Line, Line),
    Apart(Vec<Line>, Vec<Line>),
}

/// The longest common lines of two blocks, and what stands between.
fn align(a: &[Line], b: &[Line]) -> Vec<Part> {
    let mut best = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let both = alike(&a[i], &b[j]);
            let apart = best[i + 1][j].max(best[i][j + 1]);
            best[i][j] = if both > 0 { apart.max(best[i + 1][j + 1] + both) } else { apart };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    let (mut only_a, mut only_b) = (Vec::new(), Vec::new());
    while i < a.len() || j < b.len() {
        let both = if i < a.len() && j < b.len() { alike(&a[i], &b[j]) } else { 0 };
        if both > 0 && best[i][j] == best[i + 1][j + 1] + both {
            if !only_a.is_empty() || !only_b.is_empty() {
                out.push(Part::Apart(std::mem::take(&mut only_a), std::mem::take(&mut only_b)));
            }
            out.push(if a[i] == b[j] {
                Part::Both(a[i].clone())
            } else {
                Part::Inside(a[i].clone(), b[j].clone())
            });
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || i < a.len() && best[i + 1][j] >= best[i][j + 1] {
            only_a.push(a[i].clone());
            i += 1;
        } else {
            only_b.push(b[j].clone());
            j += 1;
        }
    }
    if !only_a.is_empty() || !only_b.is_empty() {
        out.push(Part::Apart(only_a, only_b));
    }
    out
}

/// The entries of a region in which nothing but their kind is asked, by what follows.
fn gather(tree: &Rc<Tree>, all: u32, groups: &mut Vec<(u32, Rc<Tree>)>) {
    if all == 0 {
        return;
    }
    if let Tree::Ask(Atom::Kind(set), _, yes, no) = &**tree {
        gather(yes, all & set, groups);
        gather(no, all & !set, groups);
        return;
    }
    match groups.iter_mut().find(|(_, other)| same(tree, other)) {
        Some((kinds, _)) => *kinds |= all,
        None => groups.push((all, Rc::clone(tree))),
    }
}

/// Two conditions one after the other that listings ask as one.
fn pair(atom: &Atom, yes: &Rc<Tree>, no: &Rc<Tree>) -> Option<(Action, Rc<Tree>, Rc<Tree>)> {
    let inner = |tree: &Rc<Tree>| match &**tree {
        Tree::Ask(atom, _, yes, no) => Some((atom.clone(), Rc::clone(yes), Rc::clone(no))),
        _ => None,
    };
    match atom {
        Atom::Bit(Action::PteYoung, of) => {
            let (asked, on_yes, on_no) = inner(no)?;
            (asked == Atom::Bit(Action::PteDirty, *of) && same(yes, &on_yes)).then_some((
                Action::PteYoungOrDirty,
                on_yes,
                on_no,
            ))
        }
        Atom::Bit(Action::PteDirty, of) => {
            let (asked, on_yes, on_no) = inner(no)?;
            (asked == Atom::Bit(Action::PteYoung, *of) && same(yes, &on_yes)).then_some((
                Action::PteYoungOrDirty,
                on_yes,
                on_no,
            ))
        }
        Atom::Pure(first @ (Action::InSwapCache | Action::FolioDirty)) => {
            let (asked, on_yes, on_no) = inner(no)?;
            let second = if *first == Action::InSwapCache { Action::FolioDirty } else { Action::InSwapCache };
            if asked == Atom::Pure(second) && same(yes, &on_yes) {
                return Some((Action::CachedOrDirty, on_yes, on_no));
            }
            let explained = *first == Action::FolioDirty && asked == Atom::RefsExplained && same(yes, &on_no);
            explained.then_some((Action::Discardable, on_yes, on_no))
        }
        Atom::Pure(Action::VmaWritable) => {
            let (asked, on_yes, on_no) = inner(yes)?;
            (asked == Atom::Pure(Action::CanChangeWritable) && same(no, &on_no)).then_some((
                Action::CanChangeWritable,
                on_yes,
                on_no,
            ))
        }
        Atom::RefsExplained => {
            let (asked, on_yes, on_no) = inner(yes)?;
            (asked == Atom::Pure(Action::FolioDirty) && same(no, &on_yes))
                .then(|| (Action::Discardable, on_no, Rc::clone(no)))
        }
        _ => None,
    }
}
