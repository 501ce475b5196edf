//! Which finding of a case a command is about, and the smallest case that has it.

use super::{MOST_EXECUTIONS, input, interrupt, terminal};
use corpus::Case;
use explore::shrink::{Limits, Shrunk, Signature, Size, shrink_to};
use impls::Version;
use oracle::Judge;
use report::known::Known;
use report::lookup;

/// Which finding.
#[derive(clap::Args)]
pub struct Which {
    #[command(flatten)]
    pub versions: input::Versions<input::Telling>,
    #[command(flatten)]
    pub around: input::Around,
    /// The judge; if not given, last-write if it speaks, else the first that does
    #[arg(long, value_name = "JUDGE", value_parser = lookup::judge)]
    judge: Option<Judge>,
    /// The page that the judge speaks of
    #[arg(long, value_name = "PAGE", value_parser = clap::value_parser!(u8).range(..model::PAGES as i64))]
    page: Option<u8>,
    /// Stop shrinking after so many executions
    #[arg(long, value_name = "N", default_value_t = explore::shrink::EXECUTIONS, value_parser = clap::value_parser!(u64).range(1..=MOST_EXECUTIONS))]
    pub executions: u64,
}

impl Which {
    /// What the case shows, on the version that was named or else on the one that says most.
    pub fn choose(&self, known: &Known, place: &str, case: &Case) -> Result<Signature<'static>, String> {
        let versions = self.versions.among(known)?;
        let shown: Vec<_> = versions.iter().flat_map(|v| Signature::all(v, case)).collect();
        let asked = |s: &&Signature| {
            self.judge.is_none_or(|judge| s.judge() == judge)
                && self.page.is_none_or(|page| s.page() == Some(page.into()))
        };
        let wanted: Vec<_> = shown.iter().filter(asked).collect();
        let lost = |s: &&&Signature| s.judge() == Judge::LastWrite;
        // News before what is known: a flag on a version believed correct, then one on a version of which
        // nothing is expected.
        let alarm = wanted.iter().find(|s| s.version().is_correct_on(&case.config));
        let own = || wanted.iter().filter(|s| !s.version().has_expectations());
        let news = alarm.or_else(|| own().find(lost)).or_else(|| own().next());
        let (signature, why) = match (news, wanted.iter().find(lost), wanted.first()) {
            (Some(news), _, _) if news.version().has_expectations() => {
                (news, "it is believed correct, and flagged")
            }
            (Some(news), _, _) => (news, "nothing is expected of it, and it is flagged"),
            (None, Some(lost), _) => (lost, "the oldest version that loses"),
            (None, None, Some(first)) => (first, "the oldest version that is flagged"),
            (None, None, None) => return Err(self.nothing(place, case, &versions, &shown)),
        };
        if versions.len() != 1 {
            note!("lostwrite: {signature}: {why}; --impl, --judge and --page choose otherwise");
        }
        Ok(**signature)
    }

    /// Why there is nothing to shrink, and what to try.
    fn nothing(&self, place: &str, case: &Case, versions: &[&Version], shown: &[Signature]) -> String {
        let names: Vec<_> = versions.iter().map(|v| v.name).collect();
        let ran = format!("{place}: ran {case} once on {}", names.join(", "));
        if shown.is_empty() {
            return format!(
                "{ran}, and no judge says anything; expected a case with a finding. Try another version (--impl, --impl-file), other \
             surroundings (--kernel, --hardware, --knob), or 'lostwrite hunt' for cases that lose. A schedule that counts steps belongs to \
             the version that it was made for; 'lostwrite convert --schedule places' names the steps"
            );
        }
        let mut asked: Vec<String> = self.judge.iter().map(|j| j.name().to_owned()).collect();
        asked.extend(self.page.map(|page| format!("page {page}")));
        let found: Vec<_> = shown.iter().map(ToString::to_string).collect();
        format!("{ran}; expected a finding of {}, found {}", asked.join(" on "), found.join("; "))
    }

    /// Shrinks, and shows on a terminal how far it is. Ctrl-C ends it with the smallest case so far.
    pub fn shrink(&self, case: &Case, signature: Signature<'static>) -> Shrunk<'static> {
        let bar = terminal::spinner("{elapsed_precise} {spinner} {msg}");
        let progress = |size: &Size, executions: u64| {
            bar.set_message(format!(
                "{executions} executions: {} actors, {} operations, {} runs, {} choices",
                size.actors, size.operations, size.runs, size.choices
            ));
        };
        let limits =
            Limits { executions: self.executions, stop: Some(&interrupt::STOP), progress: Some(&progress) };
        let shrunk = shrink_to(case, signature, &limits);
        bar.finish_and_clear();
        shrunk
    }
}
