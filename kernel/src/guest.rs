//! A guest machine: QEMU without acceleration, a kernel, and the agent with its cases.

use crate::answers::{Answers, read};
use crate::initramfs::Archive;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The program that is the machine.
pub const QEMU: &str = "qemu-system-x86_64";

/// What to boot, and how.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The kernel, as `bzImage` or `vmlinux`.
    pub image: PathBuf,
    /// The agent.
    pub agent: PathBuf,
    /// The swap device, a name in `/dev`: `nullb0` swaps through the swap cache, `ram0` past it.
    pub swap: &'static str,
    /// Whether to tell the state of the page after each operation.
    pub states: bool,
    /// How long it may take before it is ended.
    pub limit: Duration,
}

/// What the kernel is told. The null block device completes a request in the call that makes it, so that a page
/// is gone when MADV_PAGEOUT returns.
const COMMAND_LINE: &str = "console=ttyS0 quiet panic=-1 nokaslr null_blk.memory_backed=1 null_blk.gb=1 \
    null_blk.irqmode=0 null_blk.nr_devices=1 brd.rd_nr=1 brd.rd_size=65536";

impl Guest {
    /// Boots the kernel and runs cases, each a line of operations.
    ///
    /// # Errors
    /// If the machine does not come up, the kernel does not go on, or the agent does not come to the end; with
    /// the last that the kernel said.
    pub fn run(&self, cases: &[String]) -> Result<Answers, String> {
        let folder = tempfile::tempdir().map_err(|e| format!("a folder for the guest: {e}"))?;
        let at = |name: &str| folder.path().join(name);
        let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
        let initramfs = at("initramfs");
        let archive = self.archive(cases)?;
        fs::write(&initramfs, archive).map_err(|e| failed(&initramfs, e))?;
        let (console, answers) = (at("console"), at("answers"));
        let log = File::create(&console).map_err(|e| failed(&console, e))?;
        let machine = Command::new(QEMU)
            .args(["-accel", "tcg", "-M", "pc", "-cpu", "qemu64", "-m", "512", "-net", "none"])
            .args(["-smp", "1,sockets=1,cores=1,threads=1", "-display", "none", "-monitor", "none", "-no-reboot"])
            .args(["-serial", "stdio", "-serial"])
            .arg(format!("file:{}", answers.display()))
            .arg("-kernel")
            .arg(&self.image)
            .arg("-initrd")
            .arg(&initramfs)
            .args(["-append", COMMAND_LINE])
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(|e| failed(&console, e))?)
            .stderr(log)
            .spawn()
            .map_err(|e| format!("{QEMU}: {e}; `lostwrite kernel doctor` says what to install"))?;
        let ended = self.wait(machine)?;
        let text = fs::read(&answers).map_err(|e| failed(&answers, e))?;
        let said = || last_words(&fs::read(&console).unwrap_or_default());
        if !ended {
            return Err(format!("the guest did not end within {:?}; it said: {}", self.limit, said()));
        }
        read(&String::from_utf8_lossy(&text)).map_err(|e| format!("{e}; the kernel said: {}", said()))
    }

    fn archive(&self, cases: &[String]) -> Result<Vec<u8>, String> {
        let agent = fs::read(&self.agent).map_err(|e| format!("{}: {e}", self.agent.display()))?;
        let mut archive = Archive::default();
        archive.folder("dev");
        archive.device("dev/console", (5, 1));
        archive.program("init", &agent);
        let states = if self.states { " states" } else { "" };
        let lines = cases.join("\n");
        archive.file("cases", format!("swap={}{states}\n{lines}\n", self.swap).as_bytes());
        Ok(archive.finish())
    }

    /// Waits for the machine to end. False if it had to be ended.
    fn wait(&self, mut machine: Child) -> Result<bool, String> {
        let begun = Instant::now();
        loop {
            match machine.try_wait() {
                Ok(Some(_)) => return Ok(true),
                Ok(None) if begun.elapsed() < self.limit => sleep(Duration::from_millis(10)),
                Ok(None) => {
                    machine.kill().and_then(|()| machine.wait()).map_err(|e| format!("{QEMU}: {e}"))?;
                    return Ok(false);
                }
                Err(e) => return Err(format!("{QEMU}: {e}")),
            }
        }
    }
}

/// The end of what a kernel said, in one line.
fn last_words(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let words = lines[lines.len().saturating_sub(4)..].join(" / ");
    if words.is_empty() { "nothing".to_owned() } else { words.escape_debug().to_string() }
}
