//! Things by name, with an error that lists what is known.

use corpus::Surface;
use impls::Scenario;
use model::{Assumption, Profile};
use oracle::Judge;

/// A kernel release.
///
/// # Errors
/// With the releases that are known.
pub fn kernel(name: &str) -> Result<Profile, String> {
    find("kernel", name, &Profile::ALL, |p| p.name())
}

/// A CPU.
///
/// # Errors
/// With the CPUs that are known.
pub fn surface(name: &str) -> Result<Surface, String> {
    find("hardware", name, &corpus::surfaces(), |s| s.name)
}

/// A class of losses.
///
/// # Errors
/// With the classes that are known.
pub fn scenario(name: &str) -> Result<Scenario, String> {
    name.parse()
}

/// Who speaks.
///
/// # Errors
/// With the judges that there are.
pub fn judge(name: &str) -> Result<Judge, String> {
    find("judge", name, &Judge::ALL, |j| j.name())
}

/// Something that judges excuse.
///
/// # Errors
/// With the assumptions whose names are nearest.
pub fn assumption(id: &str) -> Result<Assumption, String> {
    Assumption::ALL.iter().find(|a| a.id() == id).copied().ok_or_else(|| {
        let near = impls::text::nearest(id, Assumption::ALL.iter().map(|a| a.id())).join(", ");
        format!("unknown assumption '{id}'; the nearest are {near} (`lostwrite assumptions` lists all)")
    })
}

fn find<T: Copy>(what: &str, name: &str, known: &[T], name_of: impl Fn(&T) -> &'static str) -> Result<T, String> {
    known.iter().find(|t| name_of(t) == name).copied().ok_or_else(|| {
        let names: Vec<_> = known.iter().map(name_of).collect();
        format!("unknown {what} '{name}'; known are {}", names.join(", "))
    })
}
