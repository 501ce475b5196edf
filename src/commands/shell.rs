//! `lostwrite completions` and `lostwrite man`: what a package installs beside the program.

use super::output::write_or_tell;
use super::{FINE, Outcome, terminal};
use clap::Command;
use clap_complete::Shell;
use std::path::{Path, PathBuf};

/// Print the completions of a shell.
#[derive(clap::Args)]
#[command(after_help = "Example: lostwrite completions bash\n\n\
    bash: into ~/.local/share/bash-completion/completions/lostwrite; fish: into ~/.config/fish/completions/lostwrite.fish; \
    zsh: into a folder of $fpath, as _lostwrite.")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write a page for each subcommand.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite man | man -l -\n          lostwrite man --out target/man")]
pub struct ManArgs {
    /// Write lostwrite.1 and a page for each subcommand into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints.
pub fn completions(args: &CompletionsArgs, mut command: Command) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "lostwrite", &mut script);
    terminal::bytes(&script);
    Ok(FINE)
}

/// Prints or writes.
pub fn man(args: &ManArgs, mut command: Command) -> Outcome {
    command.build();
    match &args.out {
        None => terminal::bytes(&page(&command).map_err(|e| e.to_string())?),
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .map_err(|e| format!("{}: {e}; expected a folder, or a place for one", folder.display()))?;
            pages(&command, folder)?;
        }
    }
    Ok(FINE)
}

fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

/// The page of a command, `lostwrite-corpus-min.1`, and those of its subcommands.
fn pages(command: &Command, folder: &Path) -> Result<(), String> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    write_or_tell(&path, &page(command).map_err(|e| e.to_string())?)?;
    command.get_subcommands().filter(|c| c.get_name() != "help").try_for_each(|c| pages(c, folder))
}
