//! `lostwrite kernel build`.

use super::super::{FINE, Outcome};
use super::Which;

/// Build a kernel for guests, or find it built; prints where it is.
#[derive(clap::Args)]
#[command(
    after_help = "Examples: lostwrite kernel build\n          lostwrite kernel build --variant bugA\n          \
    lostwrite kernel build --tree ~/linux --patch 0001-my.patch\n\n\
    Neither the tree nor the package is written to. A kernel that is built once is found again."
)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Print the options that a guest kernel needs beyond `make tinyconfig`, and build nothing
    #[arg(long)]
    print_config: bool,
}

/// Builds.
pub fn run(args: &Args) -> Outcome {
    if args.print_config {
        print!("{}", kernel::image::CONFIG);
    } else {
        println!("{}", args.which.image()?.display());
    }
    Ok(FINE)
}
