//! The programs on which each scenario is decided, and a case in another environment.

use crate::files::{Entry, parse};
use crate::{Case, text};
use model::{Config, Hardware, Profile};

/// The programs on which the scenarios are decided, each with its scenario's name; without schedules.
///
/// # Panics
/// If the file that comes with lostwrite is malformed, which a test rules out.
#[must_use]
pub fn scenario_programs() -> Vec<Entry> {
    let name = "scenarios/programs.case";
    parse(name, include_str!("../scenarios/programs.case")).unwrap_or_else(|e| panic!("{e}")).entries
}

/// The hardware modes that a case can ask for, by name.
pub fn hardware_modes() -> impl Iterator<Item = (&'static str, Hardware)> {
    text::HARDWARE.into_iter()
}

impl Case {
    /// The same case on another kernel and other hardware: what it asks for beside them stays.
    #[must_use]
    pub fn on(&self, kernel: Profile, hardware: Hardware) -> Case {
        let mut config = Config::of(kernel);
        for (key, value) in text::options(&self.config).iter().filter(|(key, _)| *key != "kernel") {
            text::set_option(&mut config, key, value, 1, 1).expect("an option that was printed reads back");
        }
        config.hardware = hardware;
        Case { config, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_names_its_scenario_and_has_no_schedule() {
        for entry in scenario_programs() {
            assert!(entry.scenario.is_some() && entry.case.schedule.is_empty(), "{}", entry.place);
        }
    }

    #[test]
    fn on_another_kernel_the_options_stay() {
        let line = "kernel=6.0 swap=disk swap-in=writable-clean shared=1 cpu0: W0 | cpu1: R0";
        let case: Case = line.parse().expect("a case");
        let moved = case.on(Profile::V6_1_192, Hardware::Hw0);
        assert_eq!(moved.to_string(), line.replace("6.0", "6.1.192"));
        assert_eq!(moved.on(Profile::V6_0, Hardware::Hw0), case);
    }
}
