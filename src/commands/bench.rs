//! x
use super::{FINE, Outcome};
/// x
#[derive(clap::Args)]
pub struct Args {}
/// x
pub fn run(_: &Args) -> Outcome {
    Ok(FINE)
}
