//! What the agent says.

/// A page as user space sees it. What cannot be seen is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// No entry.
    None,
    /// A swap entry, or a device-exclusive one.
    Swap,
    /// A page of device memory.
    Device,
    /// The zero page.
    Zero,
    /// A page.
    Present {
        /// D in the entry, where PG_dirty does not hide it.
        dirty: Option<bool>,
        /// No other process maps it.
        alone: bool,
        /// How often it is mapped; 9 is 9 or more.
        mapped: u8,
        /// PG_dirty.
        folio_dirty: bool,
        /// It is in the swap cache.
        swapcache: bool,
        /// PG_swapbacked.
        swapbacked: bool,
    },
}

/// What an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was read, of a load.
    pub read: Option<u64>,
    /// It was refused: by the kernel, or by the agent where the driver would not survive it.
    pub refused: bool,
    /// The page afterwards, if that was asked for.
    pub seen: Option<Seen>,
    /// The other pages, after an operation on all of them.
    pub others: Option<[Seen; 2]>,
}

/// What a guest said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// What the kernel calls itself.
    pub release: String,
    /// How many CPUs came up.
    pub cpus: usize,
    /// For each case what its operations did.
    pub cases: Vec<Vec<Answer>>,
}

/// Reads what the agent has said.
///
/// # Errors
/// With the line that is not of the form, or if the end is missing.
pub fn read(text: &str) -> Result<Answers, String> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let bad = |line: &str, expected: &str| format!("the agent said '{line}'; expected {expected}");
    let (release, cpus) = first
        .strip_prefix("kernel ")
        .and_then(|rest| rest.split_once(" cpus "))
        .and_then(|(release, cpus)| Some((release.to_owned(), cpus.parse().ok()?)))
        .ok_or_else(|| bad(first, "`kernel RELEASE cpus N`"))?;
    let mut cases = Vec::new();
    for line in lines {
        let mut words = line.split(' ');
        let head = words.next().unwrap_or_default();
        if head == "over" {
            let told = words.next().and_then(|n| n.parse().ok());
            if told != Some(cases.len()) {
                return Err(bad(line, &format!("`over {}`", cases.len())));
            }
            return Ok(Answers { release, cpus, cases });
        }
        if head.parse() != Ok(cases.len()) {
            return Err(bad(line, &format!("the answers of case {}", cases.len())));
        }
        let answers: Option<Vec<Answer>> = words.map(answer).collect();
        cases.push(answers.ok_or_else(|| bad(line, "`.`, `x` or a number, and a state"))?);
    }
    Err(format!("the agent ended after {} cases without a word", cases.len()))
}

fn answer(word: &str) -> Option<Answer> {
    let (did, state) = word.split_once(':').map_or((word, None), |(did, state)| (did, Some(state)));
    let pages: Vec<Seen> = state.iter().flat_map(|state| state.split('/')).map(seen).collect::<Option<_>>()?;
    let (seen, others) = match pages[..] {
        [] => (None, None),
        [page] => (Some(page), None),
        [page, a, b] => (Some(page), Some([a, b])),
        _ => return None,
    };
    let read = match did {
        "." | "x" => None,
        value => Some(value.parse().ok()?),
    };
    Some(Answer { read, refused: did == "x", seen, others })
}

fn seen(state: &str) -> Option<Seen> {
    let bit = |c: u8| match c {
        b'0' => Some(false),
        b'1' => Some(true),
        _ => None,
    };
    Some(match state.as_bytes() {
        b"n" => Seen::None,
        b"s" => Seen::Swap,
        b"d" => Seen::Device,
        b"z" => Seen::Zero,
        [b'p', dirty, alone, mapped, folio_dirty, swapcache, swapbacked] => Seen::Present {
            dirty: if *dirty == b'?' { None } else { Some(bit(*dirty)?) },
            alone: bit(*alone)?,
            mapped: mapped.checked_sub(b'0').filter(|n| *n <= 9)?,
            folio_dirty: bit(*folio_dirty)?,
            swapcache: bit(*swapcache)?,
            swapbacked: bit(*swapbacked)?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        let all = read("kernel 6.1.192 cpus 2\n0 .:p?11101 3:n x:d\n1 .:n/s/z\nover 2\n").expect("of the form");
        assert_eq!((all.release.as_str(), all.cpus, all.cases.len()), ("6.1.192", 2, 2));
        let [stored, read, refused] = all.cases[0][..] else { panic!("three") };
        let page = Seen::Present {
            dirty: None,
            alone: true,
            mapped: 1,
            folio_dirty: true,
            swapcache: false,
            swapbacked: true,
        };
        assert_eq!(stored.seen, Some(page));
        assert_eq!((read.read, read.seen), (Some(3), Some(Seen::None)));
        assert_eq!((refused.refused, refused.seen), (true, Some(Seen::Device)));
        let all_pages = all.cases[1][0];
        assert_eq!((all_pages.seen, all_pages.others), (Some(Seen::None), Some([Seen::Swap, Seen::Zero])));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for (text, said) in [
            ("", "expected `kernel RELEASE"),
            ("kernel 6.1 cpus 1\n0 .\n", "ended after 1 cases"),
            ("kernel 6.1 cpus 1\n1 .\nover 1\n", "the answers of case 0"),
            ("kernel 6.1 cpus 1\n0 y\nover 1\n", "expected `.`"),
            ("kernel 6.1 cpus 1\n0 .:p123\nover 1\n", "expected `.`"),
            ("kernel 6.1 cpus 1\n0 .:n/s\nover 1\n", "expected `.`"),
            ("kernel 6.1 cpus 1\n0 .\nover 2\n", "expected `over 1`"),
        ] {
            let e = read(text).expect_err(text);
            assert!(e.contains(said), "{text:?}: {e}");
        }
    }
}
