//! The known ways in which `migrate_vma_collect_pmd` loses a write or shows a discarded page.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// The scenarios that tell the versions of one function apart. `docs/scenarios.md` tells them step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scenario {
    /// The dirty bit of a swap-cache page is dropped in a failing migration; no race.
    SwapcacheDirty,
    /// The same for a lazyfree page (MADV_FREE), failing or succeeding; no swap involved.
    LazyfreeDirty,
    /// A stale read after MADV_DONTNEED returned, through an entry whose flush is still owed.
    StaleLoad,
    /// A store in the place of that read: out of reach where a writable page is flushed at once.
    StaleStore,
    /// The store lands between the read and the clear of the entry.
    SampledDirty,
    /// The same in the branch that backs off from a pinned page.
    SampledRestore,
    /// A store through a cached entry without D, after the clear: needs hardware that does not look again.
    BlindStore,
    /// The stale read in the window that a folio split opens in the middle of the range.
    SplitWindow,
}

impl Scenario {
    /// All scenarios in order.
    pub const ALL: [Scenario; 8] = [
        Scenario::SwapcacheDirty,
        Scenario::LazyfreeDirty,
        Scenario::StaleLoad,
        Scenario::StaleStore,
        Scenario::SampledDirty,
        Scenario::SampledRestore,
        Scenario::BlindStore,
        Scenario::SplitWindow,
    ];

    /// The function that loses in all of them.
    pub const FUNCTION: &'static str = "migrate_vma_collect_pmd";

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scenario::SwapcacheDirty => "swapcache-dirty",
            Scenario::LazyfreeDirty => "lazyfree-dirty",
            Scenario::StaleLoad => "stale-load",
            Scenario::StaleStore => "stale-store",
            Scenario::SampledDirty => "sampled-dirty",
            Scenario::SampledRestore => "sampled-restore",
            Scenario::BlindStore => "blind-store",
            Scenario::SplitWindow => "split-window",
        }
    }

    /// What it was called before it had a name. Whatever reads a name takes the code as well.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Scenario::SwapcacheDirty => "S1",
            Scenario::LazyfreeDirty => "S1b",
            Scenario::StaleLoad => "S2a",
            Scenario::StaleStore => "S2b",
            Scenario::SampledDirty => "S3",
            Scenario::SampledRestore => "S3r",
            Scenario::BlindStore => "S4",
            Scenario::SplitWindow => "S6",
        }
    }

    /// What happens, in a line.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Scenario::SwapcacheDirty => "dirty bit dropped, migration fails, reclaim re-reads the old slot",
            Scenario::LazyfreeDirty => "dirty bit of a rewritten lazyfree page dropped, reclaim discards it",
            Scenario::StaleLoad => "stale read after MADV_DONTNEED returned, flush still owed",
            Scenario::StaleStore => "lost write after MADV_DONTNEED returned, flush still owed",
            Scenario::SampledDirty => "store between the read and the clear of the pte",
            Scenario::SampledRestore => "store between read and clear, page pinned, old word restored",
            Scenario::BlindStore => "store through a cached entry without D, after the clear",
            Scenario::SplitWindow => {
                "stale read after MADV_DONTNEED returned, page-table lock dropped for a folio split"
            }
        }
    }

    /// Whether it shows a page that was taken away, and does not lose a store.
    #[must_use]
    pub const fn is_stale_load(self) -> bool {
        matches!(self, Scenario::StaleLoad | Scenario::SplitWindow)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Scenario, String> {
        Scenario::ALL.into_iter().find(|s| s.name() == text || s.code() == text).ok_or_else(|| {
            format!("unknown scenario '{text}'; known are {}", Scenario::ALL.map(Scenario::name).join(", "))
        })
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Scenario, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_read_and_names_written() {
        for scenario in Scenario::ALL {
            for text in [scenario.name(), scenario.code()] {
                assert_eq!(text.parse(), Ok(scenario));
                let json: Scenario = serde_json::from_value(text.into()).expect("a scenario");
                assert_eq!(serde_json::to_value(json).expect("a text"), scenario.name());
            }
        }
        let error = "S9".parse::<Scenario>().expect_err("there is none");
        assert!(error.starts_with("unknown scenario 'S9'; known are swapcache-dirty, "), "{error}");
    }
}
