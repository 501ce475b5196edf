//! What kind of finding something is, told while a chunk runs, for every finding and at little cost.

use impls::{Scenario, Version};
use model::{Config, Hardware, Profile};
use oracle::{Finding, Judge};

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    /// The version's place in the plan.
    pub version: usize,
    pub judge: Judge,
    pub scenario: Option<Scenario>,
    pub hardware: &'static str,
    /// The machine around the operation keeps the contract.
    pub contract: bool,
    /// The surroundings are those of the table of expected verdicts.
    pub tabulated: bool,
}

/// The name of a case's CPU in the table of expected verdicts.
pub(super) fn hardware(config: &Config) -> &'static str {
    match config.hardware {
        Hardware::LateStore if config.knobs.double_flush => "w7-double",
        hardware => hardware.name(),
    }
}

/// Whether the kernel around the operation is the one that the table of expected verdicts has around all of
/// them. How pages are read back from swap is left to the programs there.
pub(super) fn tabulated(config: &Config) -> bool {
    let mut plain = Config::of(Profile::V6_0).knobs;
    plain.swap_in = config.knobs.swap_in;
    plain.double_flush = config.knobs.double_flush;
    config.profile == Profile::V6_0 && config.knobs == plain
}

impl Class {
    pub(super) fn of(version: usize, config: &Config, finding: &Finding, scenario: Option<Scenario>) -> Class {
        Class {
            version,
            judge: finding.judge(),
            scenario: scenario.filter(|_| finding.judge() == Judge::LastWrite),
            hardware: hardware(config),
            contract: config.keeps_contract(),
            tabulated: tabulated(config),
        }
    }

    /// A loss that the table of expected verdicts forbids, in its surroundings.
    pub(super) fn is_unexpected(&self, versions: &[&'static Version]) -> bool {
        let may = super::policy::may_lose(versions[self.version], self.scenario, self.hardware);
        let speaks = versions[self.version].has_expectations();
        speaks && self.judge == Judge::LastWrite && self.contract && self.tabulated && !may
    }

    /// A flag on a version that is believed correct, where the contract is kept.
    pub(super) fn is_alarm(&self, versions: &[&'static Version]) -> bool {
        versions[self.version].is_believed_correct() && self.contract
    }

    /// A flag on a version of which nothing is expected, where the contract is kept.
    pub(super) fn is_of_ones_own(&self, versions: &[&'static Version]) -> bool {
        !versions[self.version].has_expectations() && self.contract
    }

    /// Worth being kept whole in every chunk, and shrunk as far as it goes.
    pub(super) fn is_news(&self, versions: &[&'static Version]) -> bool {
        self.is_alarm(versions) || self.is_of_ones_own(versions) || self.is_unexpected(versions)
    }
}
