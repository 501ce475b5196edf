//! `lostwrite report matrix`.

use super::finding::written;
use crate::commands::matrix::Table;
use crate::commands::output::text_or_tell;
use crate::commands::{FINE, Format, Outcome, unexpected};
use corpus::read::RECORDED;
use explore::answers::matrix::Square;
use report::{Witness, matrix_html, matrix_json, matrix_text, sarif};
use std::path::{Path, PathBuf};

/// The table of versions, with a report of every loss in it.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite report matrix --out losses\n\n\
    Writes into the folder: index.html, a page with the tables and every finding; matrix.txt; matrix.json; findings.sarif; and for\n\
    every cell with a finding VERSION-SCENARIO-HARDWARE, as .txt (a mail), .html and .svg.\n\n\
    Exits with 1 if a cell is not as the table of expected verdicts says, or if anything is found on a version of your own or a mutant.")]
pub struct Args {
    #[command(flatten)]
    table: Table,
    /// The folder; made if it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Computes the tables, and writes them and the losses.
pub fn run(args: &Args) -> Outcome {
    let options = args.table.options()?;
    let folder = &args.out;
    expect_ours(folder)?;
    std::fs::create_dir_all(folder)
        .map_err(|e| format!("{}: {e}; expected a folder that can be made", folder.display()))?;
    let tables = args.table.compute(&options, explore::answers::distinguish::Shard::ALL);
    let mut files = Files { folder, written: Vec::new() };
    let mut witnesses = Vec::new();
    for table in &tables {
        for (row, square) in table.squares() {
            let Some(witness) = witness(row.version, square) else { continue };
            let name = format!("{}-{}-{}", row.version.name, square.scenario.name(), table.hardware);
            let name = name.replace(['/', ' '], "_");
            files.write(&format!("{name}.txt"), &written(&witness, Format::Mail))?;
            files.write(&format!("{name}.html"), &written(&witness, Format::Html))?;
            files.write(&format!("{name}.svg"), &written(&witness, Format::Svg))?;
            witnesses.push(witness);
        }
    }
    files.write("index.html", &matrix_html(&options, &tables))?;
    files.write("matrix.txt", &matrix_text(&tables))?;
    files.write("matrix.json", &format!("{:#}\n", matrix_json(&tables)))?;
    files.write("findings.sarif", &format!("{:#}\n", sarif(&witnesses)))?;
    let losses = witnesses.len();
    println!("{losses} findings in {}", folder.display());
    Ok(if tables.iter().all(explore::answers::matrix::Matrix::is_fine) { FINE } else { unexpected() })
}

/// A new or an empty folder, or one that holds such tables: what is written there replaces what was.
fn expect_ours(folder: &Path) -> Result<(), String> {
    let other = std::fs::read_dir(folder).ok().and_then(|mut entries| entries.next()?.ok());
    let Some(other) = other else { return Ok(()) };
    let before = RECORDED.text(&folder.join("matrix.json")).unwrap_or_default();
    let tables = serde_json::from_str::<serde_json::Value>(&before).is_ok_and(|v| v["tables"].is_array());
    if tables {
        return Ok(());
    }
    Err(format!(
        "{}: there is '{}' in this folder, and no matrix.json of a report; expected a new or an empty folder, or one that \
         `report matrix` has made",
        folder.display(),
        other.file_name().display()
    ))
}

/// What a cell shows, if it shows anything.
fn witness(version: &'static impls::Version, square: &Square) -> Option<Witness> {
    let shown = square.cell.as_ref()?.shown.as_ref()?;
    Some(Witness::of(version, &shown.case, Some(shown.finding.judge())))
}

/// Files of a folder, each whole or not at all.
struct Files<'a> {
    folder: &'a Path,
    written: Vec<PathBuf>,
}

impl Files<'_> {
    fn write(&mut self, name: &str, content: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        text_or_tell(&path, content)?;
        self.written.push(path);
        Ok(())
    }
}
