//! Names that are near to one that does not exist.

use model::Action;

/// The three known names that are nearest to a wrong one: what is a slip of the pen away, then the steps whose
/// name, words, kernel calls or meaning have the words of the wrong one, then the rest.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = wanted.to_lowercase();
    let words = words(wanted);
    let score = |name: &str| {
        let by_name = strsim::damerau_levenshtein(&lower, &name.to_lowercase());
        let step = crate::vocabulary().iter().find(|s| s.action.name() == name);
        let by_text = step.map_or(by_name, |s| strsim::damerau_levenshtein(&lower, s.action.text()));
        let distance = by_name.min(by_text);
        let about = step.map_or(name.to_lowercase(), |s| {
            let name = self::words(name).join(" ");
            format!("{name} {} {} {}", s.action.text(), s.calls, s.meaning).to_lowercase()
        });
        let missing = words.iter().filter(|w| !about.contains(w.as_str())).count();
        if distance <= 2 { (0, distance) } else { (1 + missing, distance) }
    };
    let mut known: Vec<_> = known.into_iter().map(|name| (score(name), name)).collect();
    known.sort();
    known.dedup();
    known.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The words of a name in any style (`PteAccessed`, `pte_accessed`), in lower case and without the endings
/// that a verb may have.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut starts = true;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            starts = true;
            continue;
        }
        if starts || c.is_uppercase() {
            out.push(String::new());
        }
        starts = false;
        out.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase()));
    }
    let stem =
        |w: String| ["ed", "ing", "s"].iter().find_map(|end| w.strip_suffix(end)).map_or(w.clone(), str::to_owned);
    out.into_iter().map(|w| if w.len() > 4 { stem(w) } else { w }).collect()
}

/// The steps that a listing may name: all but those that the linker puts in.
pub fn steps() -> impl Iterator<Item = &'static str> {
    Action::ALL.iter().filter(|a| !is_put_in(**a)).map(|a| a.name())
}

/// Whether only the linker puts it in.
pub fn is_put_in(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Goto
            | A::FirstPage
            | A::MorePages
            | A::FirstMapping
            | A::MoreMappings
            | A::EndMappings
            | A::Retry
            | A::EndOp
            | A::FlushWait
            | A::FlushAgain
            | A::ClearExclusive
    )
}
