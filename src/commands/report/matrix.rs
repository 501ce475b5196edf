//! `lostwrite report matrix`.

use crate::commands::convert::write;
use crate::commands::matrix::Table;
use crate::commands::{FINE, Outcome, unexpected};
use explore::Square;
use lostwrite::report::{Witness, mail, matrix_json, matrix_text};
use std::path::{Path, PathBuf};

/// The table of versions, with a report of every loss in it.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite report matrix --out losses\n\n\
    Writes into the folder: matrix.txt, matrix.json, and VERSION-SCENARIO-HARDWARE.txt, a mail, for every cell that loses.\n\
    Exits with 1 if a cell is not as the table of expected verdicts says.")]
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
    std::fs::create_dir_all(folder)
        .map_err(|e| format!("{}: {e}; expected a folder that can be made", folder.display()))?;
    let tables = args.table.compute(&options, explore::Shard::ALL);
    let mut files = Files { folder, written: Vec::new() };
    for table in &tables {
        for (row, square) in table.squares() {
            let Some(witness) = witness(row.version, square) else { continue };
            if let Some(text) = mail(&witness) {
                let name = format!("{}-{}-{}", row.version.name, square.scenario.name(), table.hardware);
                files.write(&format!("{}.txt", name.replace(['/', ' '], "_")), &text)?;
            }
        }
    }
    let losses = files.written.len();
    files.write("matrix.txt", &matrix_text(&tables))?;
    files.write("matrix.json", &format!("{:#}\n", matrix_json(&tables)))?;
    println!("{losses} findings in {}", folder.display());
    Ok(if tables.iter().all(explore::Matrix::as_expected) { FINE } else { unexpected() })
}

/// What a cell shows, if it shows anything.
fn witness(version: &'static impls::Version, square: &Square) -> Option<Witness> {
    let shown = square.cell.as_ref()?.shown.as_ref()?;
    Some(Witness::of(version, &shown.case))
}

/// Files of a folder, each whole or not at all.
struct Files<'a> {
    folder: &'a Path,
    written: Vec<PathBuf>,
}

impl Files<'_> {
    fn write(&mut self, name: &str, content: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        write(&path, content.as_bytes()).map_err(|e| format!("{}: {e}", path.display()))?;
        self.written.push(path);
        Ok(())
    }
}
