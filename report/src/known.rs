//! Which version is meant, by name or from a file: one place for all commands and for the fuzz targets.

use impls::Version;
use model::{Assumption, Assumptions, Profile};

/// What a file of a version is, for those who have given another.
pub const FILE: &str =
    "a version or a function as a listing, such as `lostwrite explain v3 --format listing` prints, or as JSON";

/// The versions that can be named: those that are built in, the mutants, and one's own.
#[derive(Clone, Debug, Default)]
pub struct Known {
    own: Vec<&'static Version>,
    assumed: Assumptions,
}

impl Known {
    /// Nothing but what is built in, judged without some assumptions.
    #[must_use]
    pub fn without(off: &[Assumption]) -> Known {
        let assumed = off.iter().fold(Assumptions::ALL, |all, a| all.without(*a));
        Known { own: Vec::new(), assumed }
    }

    /// A version as it is judged here.
    #[must_use]
    pub fn judged(&self, version: &'static Version) -> &'static Version {
        if version.assumed() == self.assumed {
            return version;
        }
        Box::leak(Box::new(version.assuming(self.assumed)))
    }

    /// Adds a version from the text of a file, for the rest of the program's life. What it may lose by the
    /// look of it is returned, a warning each, and no error.
    ///
    /// # Errors
    /// With the file, the place in it, what was found there, and what was expected.
    pub fn add(&mut self, path: &str, text: &str) -> Result<Vec<String>, String> {
        let loaded = impls::file::read(path, text)?;
        let name = loaded.version.name;
        if self.find(name).is_ok() {
            return Err(format!("{path}: there is a version '{name}' already; expected another name"));
        }
        let version = Version { file: Some(path.to_owned().leak()), ..loaded.version };
        self.own.push(self.judged(Box::leak(Box::new(version))));
        Ok(loaded.warnings)
    }

    /// The versions from files.
    #[must_use]
    pub fn own(&self) -> &[&'static Version] {
        &self.own
    }

    /// A version, mutant or release by name. A version goes before the release of the same name, which is the
    /// same code. `v3/drop 12` is what `lostwrite mutants` makes of v3 there, `zap_pte_range@6.1` the release with
    /// that function of its own as the subject.
    ///
    /// # Errors
    /// With the names that are nearest.
    pub fn find(&self, name: &str) -> Result<&'static Version, String> {
        if let Some((original, place)) = name.split_once('/') {
            let original = self.find(original)?;
            let edits = impls::edits(original);
            let edit = edits.iter().find(|e| e.place() == place || e.name == place).ok_or_else(|| {
                let places: Vec<_> = edits.iter().map(impls::Edit::place).collect();
                format!("{} has no mutant '{place}'; expected {}", original.name, places.join(", "))
            })?;
            return Ok(Box::leak(Box::new(edit.of(original))));
        }
        let bugs = impls::historical();
        let mutants = || impls::mutants().iter().map(|m| &m.version).chain(bugs.clone());
        let own = self.own.iter().copied();
        if let Some(version) = own.chain(mutants()).find(|v| v.name == name) {
            return Ok(self.judged(version));
        }
        if name.contains('@') {
            return Ok(self.judged(Box::leak(Box::new(impls::subject(name)?))));
        }
        let released = || Profile::named(name).map(impls::released);
        let version = impls::find(name).ok().or_else(released);
        version.map(|v| self.judged(v)).ok_or_else(|| self.unknown(name))
    }

    /// What to say of a name that no version has.
    fn unknown(&self, name: &str) -> String {
        if let Some(family) = impls::families().iter().find(|f| f.name == name) {
            let versions: Vec<_> = family.versions.iter().map(|v| v.name).collect();
            return format!("'{name}' is a family of bugs; expected one of its versions: {}", versions.join(", "));
        }
        if !impls::kernel::variants(name).is_empty() {
            let release = Profile::default().name();
            return format!("'{name}' is a function; expected it with a release, such as {name}@{release}");
        }
        let known = impls::registry().iter().chain(impls::mutants().iter().map(|m| &m.version));
        let known = known.chain(impls::historical()).chain(self.own.iter().copied()).map(|v| v.name);
        let near = impls::text::nearest(name, known.chain(Profile::ALL.map(Profile::name))).join(", ");
        format!("unknown implementation '{name}'; the nearest are {near} (`lostwrite list` lists all)")
    }

    /// The versions of these names, of which that of a family of historical bugs stands for all its versions; and
    /// then one's own that no name speaks of.
    ///
    /// # Errors
    /// If one of them does not exist.
    pub fn named(&self, names: &[String]) -> Result<Vec<&'static Version>, String> {
        let mut versions = Vec::new();
        for name in names {
            match impls::families().iter().find(|family| family.name == *name && self.find(name).is_err()) {
                Some(family) => versions.extend(family.versions.iter().map(|version| self.judged(version))),
                None => versions.push(self.find(name)?),
            }
        }
        let of = |name: &str, v: &Version| name.split('/').next() == Some(v.name);
        versions.extend(self.own.iter().filter(|v| !names.iter().any(|name| of(name, v))));
        Ok(versions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_mine() -> Known {
        let v3 = impls::find("v3").expect("registered");
        let mut known = Known::default();
        let json = impls::file::to_json(&Version { name: "mine", ..v3.clone() });
        assert_eq!(known.add("mine.json", &json), Ok(Vec::new()));
        known
    }

    fn names(versions: &[&Version]) -> Vec<&'static str> {
        versions.iter().map(|v| v.name).collect()
    }

    #[test]
    fn a_name_means_ones_own_version_too_and_its_mutants() {
        let known = with_mine();
        let named = |all: &[&str]| {
            let all: Vec<_> = all.iter().map(|n| (*n).to_owned()).collect();
            known.named(&all).map(|v| names(&v))
        };
        assert_eq!(named(&[]), Ok(vec!["mine"]));
        assert_eq!(named(&["v1"]), Ok(vec!["v1", "mine"]));
        assert_eq!(named(&["mine", "bugA"]), Ok(vec!["mine", "bugA"]));
        assert_eq!(named(&["mine/drop 1"]), Ok(vec!["mine/drop 1"]));
        assert_eq!(named(&["zap_pte_range@6.1"]), Ok(vec!["zap_pte_range@6.1", "mine"]));
        assert!(named(&["zap_pte_rang@6.1"]).expect_err("unknown").contains("the nearest are zap_pte_range"));
        assert!(named(&["zap_pte_range@5.1"]).expect_err("unknown").contains("has no body '5.1'"));
        assert!(known.find("migrate_vma_collect_pmd@7.2").is_ok_and(|v| v.kernel == model::Profile::V7_0Rc6));
        assert!(named(&["bugF"]).expect_err("unknown").contains("the nearest are bugA, "));
    }

    #[test]
    fn the_name_of_a_family_means_all_its_versions() {
        let versions = Known::default().named(&["v3".to_owned(), "swap-in-aba".to_owned()]).expect("they exist");
        let family = impls::families().iter().find(|f| f.name == "swap-in-aba").expect("a family");
        assert_eq!(versions.len(), 1 + family.versions.len());
        assert!(family.versions.iter().all(|v| versions.iter().any(|found| found.name == v.name)));
    }

    /// A family whose only version has its name means that version, once.
    #[test]
    fn a_version_goes_before_the_family_of_its_name() {
        let versions = Known::default().named(&["old-entry-not-flushed".to_owned()]).expect("it exists");
        assert_eq!(names(&versions), ["old-entry-not-flushed"]);
    }

    /// Whatever is printed as the way to name a version again names it.
    #[test]
    fn the_argument_of_a_version_names_it_again() {
        let known = with_mine();
        for name in ["v3", "bugA", "DH+", "v3/drop 12", "mine", "mine/drop 3"] {
            let Ok(version) = known.find(name) else { panic!("{name}: there is such a version") };
            let words = shlex::split(&version.argument()).expect("balanced quotes");
            let after = |option: &str| {
                let at = words.iter().position(|w| w == option)?;
                words.get(at + 1).cloned()
            };
            let again = match (after("--impl"), after("--impl-file")) {
                (Some(name), file) => {
                    assert_eq!(file.is_some(), name.starts_with("mine"), "{words:?}");
                    known.find(&name).map(|v| v.name)
                }
                (None, Some(file)) => {
                    assert_eq!(file, "mine.json");
                    Ok("mine")
                }
                (None, None) => panic!("{words:?}"),
            };
            assert_eq!(again, Ok(version.name));
        }
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        for taken in ["v1", "bugA@7.3"] {
            let v3 = impls::find("v3").expect("registered");
            let json = impls::file::to_json(&Version { name: taken, ..v3.clone() });
            let e = Known::default().add("f.json", &json).expect_err(taken);
            assert_eq!(e, format!("f.json: there is a version '{taken}' already; expected another name"));
        }
    }
}
