//! The table of versions: every version in every scenario, on one hardware.

use crate::answers::cell::{Cell, Effort, Mark, cell};
use crate::answers::distinguish::Shard;
use corpus::{Case, Environment, Knob, Surface};
use impls::{Loss, Scenario, Version};
use model::Profile;
use oracle::Goals;
use rayon::prelude::*;

/// What to tabulate.
#[derive(Clone, Debug)]
pub struct MatrixOptions {
    /// The versions: the rows.
    pub versions: Vec<&'static Version>,
    /// The CPUs: a table each.
    pub hardware: Vec<Surface>,
    /// The kernel around every version; each one's own if not given.
    pub kernel: Option<Profile>,
    /// Knobs of the kernel, turned whatever it says.
    pub knobs: Vec<(&'static Knob, usize)>,
    /// How hard to look.
    pub effort: Effort,
}

/// A version's row.
#[derive(Clone, Debug)]
pub struct MatrixRow {
    /// The version.
    pub version: &'static Version,
    /// The kernel around it.
    pub kernel: Profile,
    /// By scenario, in the order of [`Scenario::ALL`].
    pub cells: Vec<Square>,
}

/// A cell, and how it compares.
#[derive(Clone, Debug)]
pub struct Square {
    /// The scenario asked about.
    pub scenario: Scenario,
    /// What was found; `None` if the scenario has no programs.
    pub cell: Option<Cell>,
    /// What is expected; `None` if the question does not arise.
    pub expected: Option<Loss>,
    /// Whether both agree.
    pub mark: Mark,
}

/// The table of one hardware.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The hardware's name.
    pub hardware: &'static str,
    /// The rows.
    pub rows: Vec<MatrixRow>,
}

impl Matrix {
    /// The cells in reading order, each with its row.
    pub fn squares(&self) -> impl Iterator<Item = (&MatrixRow, &Square)> {
        self.rows.iter().flat_map(|row| row.cells.iter().map(move |square| (row, square)))
    }

    /// What the programs of all cells reached.
    #[must_use]
    pub fn goals(&self) -> Goals {
        let mut goals = Goals::default();
        self.squares().filter_map(|(_, square)| square.cell.as_ref()).for_each(|cell| goals.join(cell.goals));
        goals
    }

    /// Whether every cell of the versions that the table of expected verdicts speaks of is as it says.
    #[must_use]
    pub fn as_expected(&self) -> bool {
        self.squares().all(|(_, square)| !matches!(square.mark, Mark::NotExpected | Mark::NotFound))
    }

    /// Whether that is so, and nothing was found on the other versions.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.squares().all(|(_, square)| square.mark.is_fine())
    }
}

/// Tabulates on all cores, and reports each finished cell to `progress`. The result does not depend on the
/// number of cores.
pub fn matrix(options: &MatrixOptions, progress: impl Fn() + Sync) -> Vec<Matrix> {
    matrix_part(options, Shard::ALL, progress)
}

/// The same for a part of the cells: those whose number in reading order, over all tables, leaves the part's
/// remainder. The others stay without an answer.
pub fn matrix_part(options: &MatrixOptions, part: Shard, progress: impl Fn() + Sync) -> Vec<Matrix> {
    let programs: Vec<_> = corpus::scenario_programs();
    let mut squares = Vec::new();
    for hardware in 0..options.hardware.len() {
        for row in 0..options.versions.len() {
            squares.extend(Scenario::ALL.map(|scenario| (hardware, row, scenario)));
        }
    }
    let mut cells = squares
        .into_par_iter()
        .enumerate()
        .map(|(number, (hardware, row, scenario))| {
            if !part.has(number as u64) {
                let mark = if options.versions[row].has_expectations() { Mark::AsExpected } else { Mark::Nothing };
                return Square { scenario, cell: None, expected: None, mark };
            }
            let version = options.versions[row];
            let kernel = options.kernel.unwrap_or(version.kernel);
            let surface = options.hardware[hardware];
            let cases: Vec<Case> = programs
                .iter()
                .filter(|e| e.scenario.as_deref() == Some(scenario.name()))
                .map(|e| {
                    let knobs = options.knobs.clone();
                    Environment { kernel: Some(kernel), surface: Some(surface), knobs }.of(&e.case)
                })
                .collect();
            let found = (!cases.is_empty()).then(|| cell(version, scenario, &cases, options.effort));
            progress();
            compared(version, surface.name, options.kernel.is_none(), scenario, found)
        })
        .collect::<Vec<_>>()
        .into_iter();
    let table = |surface: &Surface| Matrix {
        hardware: surface.name,
        rows: options
            .versions
            .iter()
            .map(|version| MatrixRow {
                version,
                kernel: options.kernel.unwrap_or(version.kernel),
                cells: cells.by_ref().take(Scenario::ALL.len()).collect(),
            })
            .collect(),
    };
    options.hardware.iter().map(table).collect()
}

/// With its own kernel around it a version may have a row of its own.
fn compared(version: &Version, hardware: &str, native: bool, scenario: Scenario, cell: Option<Cell>) -> Square {
    let row =
        native.then(|| version.row(&format!("{hardware}@native"))).flatten().or_else(|| version.row(hardware));
    let expected = row.and_then(|r| r.cells[scenario as usize]);
    let clean = row.is_some_and(|r| r.cells.iter().flatten().all(|l| *l == Loss::Forbidden));
    let mark = match &cell {
        Some(cell) if !version.has_expectations() && cell.shows_anything() => Mark::Found,
        _ if !version.has_expectations() => Mark::Nothing,
        Some(cell) => cell.mark(expected, clean),
        None if expected == Some(Loss::Required) => Mark::NotFound,
        None => Mark::AsExpected,
    };
    Square { scenario, cell, expected, mark }
}
