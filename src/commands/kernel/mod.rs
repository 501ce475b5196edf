//! `lostwrite kernel`: real kernels beside the model.

mod build;
pub mod confirm;
mod conform;
mod doctor;
mod record;
mod run;

use super::Outcome;
use kernel::guest::Guest;
use kernel::image::{Built, Cache, Source, Wanted};
use kernel::patches::Patch;
use std::path::PathBuf;
use std::time::Duration;

/// Real kernels in a guest machine, beside the model.
#[derive(clap::Args)]
#[command(after_help = "Examples: lostwrite kernel doctor\n          \
    lostwrite kernel run 'W0 P0 R0 W0 D0 P0 R0'\n          \
    lostwrite kernel conform --count 1000\n\n\
    The first run fetches kernel sources through apt and builds them, which takes some minutes; --image takes a kernel that is \
    there. The guest is QEMU without acceleration: no rights are needed, and nothing listens on a network.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Doctor(doctor::Args),
    Build(build::Args),
    Run(run::Args),
    Conform(conform::Args),
    Record(record::Args),
    Confirm(confirm::Args),
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Doctor(args) => doctor::run(args),
        Command::Build(args) => build::run(args),
        Command::Run(args) => run::run(args),
        Command::Conform(args) => conform::run(args),
        Command::Record(args) => record::run(args),
        Command::Confirm(args) => confirm::run(args),
    }
}

/// Which kernel.
#[derive(clap::Args)]
pub struct Which {
    /// A kernel to boot as it is (bzImage); it needs what `lostwrite kernel build --print-config` prints
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tree", "debian"])]
    image: Option<PathBuf>,
    /// Sources to build
    #[arg(long, value_name = "DIR", conflicts_with = "debian")]
    tree: Option<PathBuf>,
    /// A package of kernel sources, fetched through apt
    #[arg(long, value_name = "PACKAGE", default_value = "linux-source-6.1")]
    debian: String,
    /// A fault to put in, as a mutant or a version of the zoo has it
    #[arg(long, value_name = "NAME", conflicts_with = "image", value_parser = clap::builder::PossibleValuesParser::new(kernel::patches::names()))]
    variant: Option<String>,
    /// A patch to apply; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "image")]
    patch: Vec<PathBuf>,
    /// How long the build may take
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    build_limit: u64,
    /// The folder for sources, builds and the agent
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl Which {
    fn cache(&self) -> Result<Cache, String> {
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let caches = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
        let folder = self.cache.clone().or_else(|| Some(caches()?.join("lostwrite/kernel")));
        Cache::new(&folder.ok_or("no HOME to keep kernels in; give a folder with --cache")?)
    }

    /// The image: given, found built, or built now.
    fn image(&self) -> Result<PathBuf, String> {
        match &self.image {
            Some(image) => {
                let file = std::fs::File::open(image).and_then(|file| file.metadata());
                match file {
                    Ok(known) if known.is_file() => Ok(image.clone()),
                    Ok(_) => Err(format!("{}: no file; expected a kernel (bzImage)", image.display())),
                    Err(e) => Err(format!("{}: {e}; expected a kernel (bzImage)", image.display())),
                }
            }
            None => Ok(self.built()?.image),
        }
    }

    /// A kernel with its symbols: found built, or built now.
    fn built(&self) -> Result<Built, String> {
        let missing = kernel::doctor::missing(true);
        if !missing.is_empty() {
            return Err(format!("a kernel cannot be built here; try: {}", kernel::doctor::advice(&missing)));
        }
        let patch = |path: &PathBuf| {
            let text =
                std::fs::read_to_string(path).map_err(|e| format!("{}: {e}; expected a patch", path.display()))?;
            Ok(Patch { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text })
        };
        let patches = self.patch.iter().map(patch).collect::<Result<_, String>>()?;
        let source = self.tree.clone().map_or_else(|| Source::Debian(self.debian.clone()), Source::Tree);
        let wanted = Wanted { source, variant: self.variant.clone(), patches };
        let limit = Duration::from_secs(self.build_limit);
        self.cache()?.image(&wanted, limit, &mut |what| note!("kernel: {what}"))
    }
}

/// How to run it.
#[derive(clap::Args)]
pub struct Machine {
    #[command(flatten)]
    which: Which,
    /// The swap device: nullb0 swaps through the swap cache, ram0 past it
    #[arg(long, value_name = "DEVICE", default_value = "nullb0", value_parser = ["nullb0", "ram0"])]
    swap: String,
    /// How long one boot may take
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    limit: u64,
}

impl Machine {
    /// A tree with a patch, and everything else as it is if nothing is said.
    fn of_patch(tree: PathBuf, patch: PathBuf) -> Machine {
        let which = Which {
            image: None,
            tree: Some(tree),
            debian: String::new(),
            variant: None,
            patch: vec![patch],
            build_limit: 3_600,
            cache: None,
        };
        Machine { which, swap: "nullb0".to_owned(), limit: 900 }
    }

    /// The guest, with everything that it needs built.
    fn guest(&self, states: bool) -> Result<Guest, String> {
        self.of(self.which.image()?, states)
    }

    /// The guest of an image, with its agent built.
    fn of(&self, image: PathBuf, states: bool) -> Result<Guest, String> {
        let missing = kernel::doctor::missing(false);
        if !missing.is_empty() {
            return Err(format!("no guest can run here; try: {}", kernel::doctor::advice(&missing)));
        }
        let agent = kernel::agent::build(self.which.cache()?.folder())?;
        let swap = if self.swap == "ram0" { "ram0" } else { "nullb0" };
        Ok(Guest { image, agent, swap, states, limit: Duration::from_secs(self.limit) })
    }
}
