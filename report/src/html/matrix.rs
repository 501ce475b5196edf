//! The table of versions: every cell opens what stands behind it, a case with its timeline or the programs
//! that were exhausted.

use super::finding::finding_section;
use super::listing::{Listings, slug};
use super::page::{command, document, table_box};
use super::steps::Grid;
use crate::Witness;
use crate::matrix::{LEGEND, conclusion, reached, square_text};
use corpus::Environment;
use explore::answers::cell::{Cell, Mark, Verdict};
use explore::answers::matrix::{Matrix, MatrixOptions, MatrixRow, Square};
use impls::Scenario;
use maud::{Markup, html};

/// The page of the tables that these options gave.
#[must_use]
pub fn matrix_html(options: &MatrixOptions, tables: &[Matrix]) -> String {
    let listings = Listings::new(options.versions.iter().copied(), options.kernel.unwrap_or_default());
    let expected = tables.iter().all(Matrix::is_fine);
    let built_in = tables.iter().all(Matrix::as_expected);
    let title = "Versions and scenarios";
    let body = html! {
        h1 { (title) }
        p.verdict .green[expected] .red[!expected] {
            @match (built_in, expected) {
                (true, true) => "every cell as expected",
                (true, false) => "found on a version of which nothing is expected",
                (false, _) => "NOT every cell as expected",
            }
        }
        p { "Each version of migrate_vma_collect_pmd in each scenario. A cell leads to what stands behind it." }
        @for table in tables { (print_table(table, tables.len())) }
        details.legend open {
            summary { "Legend" }
            p { (LEGEND.replace('\n', " ")) }
            dl.facts { @for scenario in Scenario::ALL { div { dt { (scenario.name()) } dd { (scenario.title()) } } } }
        }
        @for table in tables {
            h2 id=(format!("cells-{}", slug(table.hardware))) { "Cells, hardware " (table.hardware) }
            @for (row, square) in table.squares() { (behind(options, &listings, table, row, square)) }
        }
        h2 id="listings" { "Listings" }
        (listings.print())
    };
    document(title, &body)
}

fn id(table: &Matrix, row: &MatrixRow, square: &Square) -> String {
    format!("{}-{}-{}", slug(table.hardware), slug(row.version.name), square.scenario.name())
}

fn print_table(table: &Matrix, tables: usize) -> Markup {
    let caption = format!("hardware {}: version by scenario", table.hardware);
    let rows = html! {
        table.matrix id=(anchor_of_table(table)) {
            caption { (caption) }
            thead { tr {
                th scope="col" { "version" }
                th scope="col" { "kernel" }
                @for scenario in Scenario::ALL { th scope="col" title=(scenario.title()) { (scenario.name()) } }
            } }
            tbody { @for row in &table.rows {
                tr {
                    th scope="row" { (row.version.name) }
                    td { (row.kernel.name()) }
                    @for square in &row.cells {
                        td class=(class(square)) {
                            @match square.cell {
                                Some(_) => a href=(format!("#{}", id(table, row, square))) { (square_text(square)) },
                                None => (square_text(square)),
                            }
                        }
                    }
                }
            } }
        }
    };
    html! {
        (table_box(&caption, &rows))
        p.soft { (reached(table)) }
        @if tables > 1 || !table.is_fine() { @for line in conclusion(table).lines() { p { (line) } } }
    }
}

fn class(square: &Square) -> &'static str {
    match (&square.mark, square.cell.as_ref().map(|c| c.verdict)) {
        (Mark::NotExpected | Mark::NotFound | Mark::Found, _) => "alarm",
        (_, None) => "none",
        (_, Some(Verdict::Silent)) => "fine",
        (_, Some(_)) => "lost",
    }
}

/// What stands behind a cell.
fn behind(
    options: &MatrixOptions,
    listings: &Listings,
    table: &Matrix,
    row: &MatrixRow,
    square: &Square,
) -> Markup {
    let Some(cell) = &square.cell else { return html! {} };
    let id = id(table, row, square);
    let text = square_text(square);
    html! {
        details.case {
            summary { b { (row.version.name) " " (square.scenario.name()) } ": " (text) " " span.soft { (square.scenario.title()) } }
            // The anchor is inside, so that browsers open what surrounds it.
            div.inside id=(id) {
                @match &cell.shown {
                    Some(shown) => {
                        @let witness = Witness::of(row.version, &shown.case, Some(shown.finding.judge()));
                        @let prefix = format!("{id}-");
                        (finding_section(&Grid { witness: &witness, listings, prefix: &prefix, whole: false }))
                    },
                    None => {},
                }
                (looked_at(cell))
                @if cell.shown.is_none() {
                    p { "The programs, and how to go through their interleavings again:" }
                    @for case in programs(options, table, row, square.scenario) {
                        (command("the line that exhausts it", &format!("lostwrite exhaust {} '{case}'", row.version.argument())))
                    }
                }
                p { a href=(format!("#{}", anchor_of_table(table))) { "back to the table" } }
            }
        }
    }
}

fn anchor_of_table(table: &Matrix) -> String {
    format!("table-{}", slug(table.hardware))
}

fn looked_at(cell: &Cell) -> Markup {
    let programs = if cell.programs == 1 { "program" } else { "programs" };
    html! {
        p.soft {
            @if cell.exhausted { "All interleavings of " } @else { "Not exhausted: " (cell.samples) " executions drawn of " }
            (cell.programs) " " (programs) ": " (cell.states) " states, " (cell.transitions) " transitions."
            @if !cell.others.is_empty() {
                " These programs show other scenarios' losses too: "
                (cell.others.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ")) "."
            }
        }
    }
}

/// The scenario's programs in the surroundings of the table.
fn programs(options: &MatrixOptions, table: &Matrix, row: &MatrixRow, scenario: Scenario) -> Vec<String> {
    let surface = options.hardware.iter().find(|s| s.name == table.hardware).copied();
    let around = Environment { kernel: Some(row.kernel), surface, knobs: options.knobs.clone() };
    let all = corpus::scenario_programs();
    let own = all.iter().filter(|e| e.scenario.as_deref() == Some(scenario.name()));
    own.map(|e| around.of(&e.case).to_string()).collect()
}
