//! Attempts on what surrounds the programs: the simplest CPU, kernel and swap device on which it still
//! happens.

use super::edits::Edited;
use super::size::simpler_hardware;
use super::{Failure, Shrinker};
use corpus::{Case, KNOBS};
use model::{Config, DEVICE_FRAMES, PAGES, Profile, Swap};

impl<F: Failure> Shrinker<'_, F> {
    /// Whatever is simpler, all at once first.
    pub(super) fn plain_surroundings(&mut self) {
        while {
            let case = self.best.clone();
            self.first_of(simpler(&case))
        } {}
    }
}

/// The same programs in simpler surroundings.
pub(super) fn simpler(case: &Case) -> Vec<Edited> {
    let config = case.config;
    let mut out = Vec::new();
    let mut add = |config: Config| {
        if config != case.config {
            out.push(Edited::from(Case { config, ..case.clone() }));
        }
    };
    add(Config::default());
    add(Config { shared: config.shared, large: config.large, ..Config::default() });
    for hardware in simpler_hardware(config.hardware) {
        add(Config { hardware, ..config });
    }
    for profile in Profile::ALL {
        // As the kernel has it; with the same knobs turned; and the same machine under another name.
        add(Config { profile, knobs: profile.knobs(), ..config });
        add(case.on(profile, case.surface()).config);
        add(Config { profile, ..config });
    }
    for knob in &KNOBS {
        let mut plain = config;
        knob.set(&mut plain.knobs, knob.get(&config.profile.knobs()));
        add(plain);
    }
    for swap in [Swap::NullBlk, Swap::Disk] {
        add(Config { swap, ..config });
    }
    for bit in (0..PAGES).map(|page| 1 << page) {
        add(Config { shared: config.shared & !bit, ..config });
        add(Config { large: config.large & !bit, ..config });
        add(Config { shared: config.shared & !bit, large: config.large & !bit, ..config });
    }
    add(Config { shared: 0, ..config });
    add(Config { large: 0, ..config });
    for device_frames in (config.device_frames + 1..=DEVICE_FRAMES as u8).rev() {
        add(Config { device_frames, ..config });
    }
    out
}
