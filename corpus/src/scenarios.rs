//! The programs on which each scenario is decided, and a case in another environment.

use crate::files::{Entry, parse};
use crate::{Case, Knob, text};
use model::{Config, Hardware, Profile};

/// The programs on which the scenarios are decided, each with its scenario's name; without schedules.
///
/// # Panics
/// If the file that comes with lostwrite is malformed, which a test rules out.
#[must_use]
pub fn scenario_programs() -> Vec<Entry> {
    entries("scenarios/programs.case", include_str!("../scenarios/programs.case"))
}

/// The programs that show what each step of a listing is there for, whatever the scenario; without schedules.
///
/// # Panics
/// If the file that comes with lostwrite is malformed, which a test rules out.
#[must_use]
pub fn mutant_programs() -> Vec<Entry> {
    entries("scenarios/mutants.case", include_str!("../scenarios/mutants.case"))
}

fn entries(name: &str, text: &str) -> Vec<Entry> {
    parse(name, text).unwrap_or_else(|e| panic!("{e}")).entries
}

/// A CPU, and how the kernel shoots TLBs down on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surface {
    /// The CPU's name; with `-double` behind it where every shoot-down is done twice.
    pub name: &'static str,
    /// The CPU.
    pub hardware: Hardware,
    /// Whether every shoot-down is done twice.
    pub double_flush: bool,
}

/// Every CPU that a case can ask for, and the one with late stores once more with the cure.
#[must_use]
pub fn surfaces() -> Vec<Surface> {
    let single = Hardware::ALL.map(|hardware| Surface { name: hardware.name(), hardware, double_flush: false });
    let cured = Surface { name: "w7-double", hardware: Hardware::LateStore, double_flush: true };
    single.into_iter().chain([cured]).collect()
}

/// What surrounds the operation, whatever a case says: given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// A kernel.
    pub kernel: Option<Profile>,
    /// A CPU.
    pub surface: Option<Surface>,
    /// Knobs of the kernel, each with the number of its value.
    pub knobs: Vec<(&'static Knob, usize)>,
}

impl Environment {
    /// Whether nothing is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kernel.is_none() && self.surface.is_none() && self.knobs.is_empty()
    }

    /// The case in this environment.
    #[must_use]
    pub fn of(&self, case: &Case) -> Case {
        let surface = self.surface.unwrap_or(case.surface());
        let mut case = case.on(self.kernel.unwrap_or(case.config.profile), surface);
        for (knob, value) in &self.knobs {
            knob.set(&mut case.config.knobs, *value);
        }
        case
    }
}

impl Case {
    /// The CPU of the case.
    #[must_use]
    pub fn surface(&self) -> Surface {
        let hardware = self.config.hardware;
        Surface { name: hardware.name(), hardware, double_flush: self.config.knobs.double_flush }
    }

    /// The same case on another kernel and another CPU: what it asks for beside them stays.
    #[must_use]
    pub fn on(&self, kernel: Profile, surface: Surface) -> Case {
        let mut config = Config::of(kernel);
        for (key, value) in text::options(&self.config).iter().filter(|(key, _)| *key != "kernel") {
            text::set_option(&mut config, key, value, 1, 1).expect("an option that was printed reads back");
        }
        config.hardware = surface.hardware;
        config.knobs.double_flush |= surface.double_flush;
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
    fn programs_for_mutants_have_neither() {
        for entry in mutant_programs() {
            assert!(entry.scenario.is_none() && entry.case.schedule.is_empty(), "{}", entry.place);
        }
    }

    #[test]
    fn on_another_kernel_the_options_stay() {
        let line = "kernel=6.0 swap=disk swap-in=writable-clean shared=1 cpu0: W0 | cpu1: R0";
        let case: Case = line.parse().expect("a case");
        let perfect = surfaces()[0];
        let moved = case.on(Profile::V6_1_192, perfect);
        assert_eq!(moved.to_string(), line.replace("6.0", "6.1.192"));
        assert_eq!(moved.on(Profile::V6_0, perfect), case);
        let cured = surfaces().into_iter().find(|s| s.name == "w7-double").expect("it is there");
        assert_eq!(
            case.on(Profile::V6_0, cured).to_string(),
            line.replace("6.0 ", "6.0 hw=w7 ").replace("shared", "flush=double shared")
        );
    }
}
