use super::*;
use impls::{Standing, kernel};
use model::Profile;

fn version(text: &str) -> &'static Version {
    let loaded = impls::file::read("mine.listing", text).unwrap_or_else(|e| panic!("{e}"));
    Box::leak(Box::new(Version { file: Some("mine.listing"), standing: Standing::Own, ..loaded.version }))
}

fn checked(version: &'static Version, ops: usize) -> Checked {
    let released = Box::leak(Box::new(crate::released::judged_as(version, impls::released(version.kernel))));
    let options = CheckOptions {
        against_base: false,
        version,
        released,
        environment: Environment::default(),
        // Longer than it takes: the bounds end it.
        time: Duration::from_secs(if ops == 0 { 1 } else { 600 }),
        ops,
        budget: 100_000,
        seed: 1,
        stop: &AtomicBool::new(false),
    };
    let mut run = Run {
        environment: Environment { kernel: Some(version.kernel), ..Environment::default() },
        options: &options,
        progress: &|_| (),
        end: Instant::now() + options.time,
        checked: Checked::new(Alphabet::of([version.code(version.kernel)])),
        graver: None,
    };
    run.exhaust();
    run.finish()
}

/// The text of a function of a release, with an edit.
fn edited(function: &str, edit: impl Fn(String) -> String) -> &'static Version {
    let body = kernel::body(function, Profile::V6_0).expect("a function");
    let text = impls::text::write(&impls::text::Document {
        functions: vec![body.to_text()],
        ..impls::text::Document::default()
    });
    version(&edit(text))
}

#[test]
fn a_function_as_released_is_silent_and_the_rounds_say_how_far() {
    let same = checked(edited("zap_pte_range", |text| text), 3);
    assert!(same.flagged.is_none(), "{:?}", same.flagged);
    let narrow = same.rounds.iter().filter(|r| r.alphabet == same.alphabet.narrow && r.pages == 1);
    assert_eq!(narrow.map(|r| r.ops).max(), Some(3));
    assert_eq!(same.rounds.iter().map(|r| r.programs).sum::<u64>() + same.corpus, same.programs);
}

#[test]
fn what_the_released_kernel_loses_too_counts_where_the_version_is_at_fault() {
    // 5.19 as released loses by its own migrate_vma_collect_pmd: another function's file is not to blame ...
    let text = "kernel 5.19\n".to_owned();
    let zap = edited("zap_pte_range", |function| text.clone() + &function);
    let run = checked(zap, 3);
    assert!(run.flagged.is_none(), "{:?}", run.flagged);
    // ... and a file with that function is.
    let body = kernel::body("migrate_vma_collect_pmd", Profile::V5_19).expect("a function");
    let document = impls::text::Document { functions: vec![body.to_text()], ..Default::default() };
    let run = checked(version(&(text + &impls::text::write(&document))), 4);
    let flagged = run.flagged.expect("it is known to lose");
    assert!(flagged.released_too && flagged.rank() == 0, "{flagged:?}");
}
