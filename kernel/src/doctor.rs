//! What this machine lacks, and what brings it.

use std::path::PathBuf;

/// A program or header that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub program: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// Whether it is needed to build a kernel only, not to run one.
    pub build_only: bool,
}

const fn tool(program: &'static str, purpose: &'static str, package: &'static str, build_only: bool) -> Tool {
    Tool { program, purpose, package, build_only }
}

/// Every program that is needed.
pub const TOOLS: [Tool; 12] = [
    tool(crate::guest::QEMU, "is the guest machine", "qemu-system-x86", false),
    tool("rustc", "builds the agent", "rustc", false),
    tool("cc", "links it, and builds kernels", "gcc libc6-dev", false),
    tool("make", "builds kernels", "make", true),
    tool("flex", "builds kernels", "flex", true),
    tool("bison", "builds kernels", "bison", true),
    tool("bc", "builds kernels", "bc", true),
    tool("gelf.h", "builds kernels", "libelf-dev", true),
    tool("openssl/evp.h", "builds kernels", "libssl-dev", true),
    tool("patch", "applies patches to kernels", "patch", true),
    tool("tar", "unpacks kernel sources", "tar", true),
    tool("xz", "unpacks kernel sources", "xz-utils", true),
];

/// Where a program is, as a shell would find it, or a header, as a compiler would.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    if program.ends_with(".h") {
        let places = ["/usr/include", "/usr/local/include", "/usr/include/x86_64-linux-gnu"];
        return places.iter().map(|place| PathBuf::from(place).join(program)).find(|path| path.is_file());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// What is missing; `build` asks for what builds kernels too.
#[must_use]
pub fn missing(build: bool) -> Vec<Tool> {
    TOOLS.into_iter().filter(|tool| (build || !tool.build_only) && find(tool.program).is_none()).collect()
}

/// How to install tools, in a line.
#[must_use]
pub fn advice(missing: &[Tool]) -> String {
    let mut packages: Vec<_> = missing.iter().flat_map(|tool| tool.package.split(' ')).collect();
    packages.dedup();
    format!("apt-get install --no-install-recommends {}", packages.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_its_package() {
        assert!(find("cc").is_some() && find("no-such-program").is_none());
        let said = advice(&[TOOLS[0], TOOLS[2]]);
        assert_eq!(said, "apt-get install --no-install-recommends qemu-system-x86 gcc libc6-dev");
        assert!(missing(false).iter().all(|tool| !tool.build_only));
    }
}
