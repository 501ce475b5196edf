//! A guest machine: QEMU without acceleration, a kernel, and the agent with its cases.

use crate::answers::{Answers, read};
use crate::debugger::Debugger;
use crate::initramfs::Archive;
use crate::plan::Wrong;
use std::fs::{self, File};
use std::path::PathBuf;
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
/// is gone when MADV_PAGEOUT returns. Addresses are those of `System.map`, in one page table for kernel and user.
/// The timers are not checked: a guest that waits for its host fails that.
const COMMAND_LINE: &str = "console=ttyS0 quiet panic=-1 nokaslr null_blk.memory_backed=1 null_blk.gb=1 \
    null_blk.irqmode=0 null_blk.nr_devices=1 no_timer_check nopti brd.rd_nr=1 brd.rd_size=65536";

impl Guest {
    /// Boots the kernel and runs cases, each a line of operations.
    ///
    /// # Errors
    /// If the machine does not come up, the kernel does not go on, or the agent does not come to the end; with
    /// the last that the kernel said.
    pub fn run(&self, cases: &[String]) -> Result<Answers, String> {
        let states = if self.states { " states" } else { "" };
        let cases = format!("swap={}{states}\n{}\n", self.swap, cases.join("\n"));
        let mut boots = 0;
        loop {
            let mut machine = self.boot(&cases, 1, false)?;
            let ended = machine.wait();
            let said = machine.said();
            boots += 1;
            // A kernel that the host gives no time to may find its timers broken before anything runs.
            if said.is_empty() && boots < BOOTS {
                continue;
            }
            ended?;
            return read(&said).map_err(|e| machine.with_last_words(&e));
        }
    }

    /// Boots the kernel with a case of several actors: a program for each, with strokes between them. Returns
    /// when they wait, with the machine stopped by the debugger's line.
    ///
    /// # Errors
    /// If the machine or the agent does not come up.
    pub fn hold(&self, programs: &str, actors: usize) -> Result<(Machine, Debugger), String> {
        // One CPU more than actors, for everybody else.
        let cpus = actors + 1;
        let mut machine = self.boot(&format!("swap={} threads\n{programs}\n", self.swap), cpus, true)?;
        while !machine.said().lines().any(|line| line == "ready") {
            machine.must_run()?;
            sleep(PULSE);
        }
        let up = machine.said().lines().next().and_then(|line| line.rsplit(' ').next()?.parse().ok());
        if up != Some(cpus) {
            return Err(format!("expected {cpus} CPUs in the guest, found {up:?}; does the kernel have SMP?"));
        }
        let debugger = Debugger::connect(&machine.socket()).map_err(|e| machine.with_last_words(&e))?;
        Ok((machine, debugger))
    }

    /// Boots the kernel, and runs a case of several actors so many times, phase by phase. Returns what the agent
    /// says.
    ///
    /// # Errors
    /// If the machine or the agent does not come to its end.
    pub fn rounds(
        &self,
        programs: &str,
        actors: usize,
        phases: &[String],
        wrong: &Wrong,
        rounds: u32,
    ) -> Result<String, String> {
        let Wrong { actor, op, word, got, .. } = wrong;
        let cases = format!(
            "swap={} rounds={rounds} phases={} wrong={actor},{op},{word},{got}\n{programs}\n",
            self.swap,
            phases.join(";")
        );
        let mut machine = self.boot(&cases, actors + 1, false)?;
        machine.wait()?;
        let said = machine.said();
        if said.lines().any(|line| line == "over 1") {
            Ok(said)
        } else {
            Err(machine.with_last_words("the agent ended"))
        }
    }

    fn boot(&self, cases: &str, cpus: usize, debugged: bool) -> Result<Machine, String> {
        let folder = tempfile::tempdir().map_err(|e| format!("a folder for the guest: {e}"))?;
        let initramfs = folder.path().join("initramfs");
        let archive = self.archive(cases)?;
        fs::write(&initramfs, archive).map_err(|e| format!("{}: {e}", initramfs.display()))?;
        let console = folder.path().join("console");
        let failed = |e| format!("{}: {e}", console.display());
        let log = File::create(&console).map_err(failed)?;
        let mut command = Command::new(QEMU);
        command
            .args(["-accel", "tcg", "-M", "pc", "-cpu", "qemu64", "-m", "512", "-net", "none"])
            // As sockets: without ACPI the kernel counts CPUs by a table that has no cores.
            .args(["-smp", &format!("{cpus},sockets={cpus},cores=1,threads=1")])
            .args(["-display", "none", "-monitor", "none", "-no-reboot", "-serial", "stdio", "-serial"])
            .arg(format!("file:{}", folder.path().join("answers").display()))
            .arg("-kernel")
            .arg(&self.image)
            .arg("-initrd")
            .arg(&initramfs)
            .args(["-append", COMMAND_LINE]);
        if debugged {
            let socket = folder.path().join("debugger");
            command
                .arg("-chardev")
                .arg(format!("socket,id=debugger,path={},server=on,wait=off", socket.display()))
                .args(["-gdb", "chardev:debugger"]);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(|e| format!("{QEMU}: {e}; `lostwrite kernel doctor` says what to install"))?;
        Ok(Machine { folder, child, begun: Instant::now(), limit: self.limit })
    }

    fn archive(&self, cases: &str) -> Result<Vec<u8>, String> {
        let agent = fs::read(&self.agent).map_err(|e| format!("{}: {e}", self.agent.display()))?;
        let mut archive = Archive::default();
        archive.folder("dev");
        archive.device("dev/console", (5, 1));
        archive.program("init", &agent);
        archive.file("cases", cases.as_bytes());
        Ok(archive.finish())
    }
}

/// How often a kernel is booted that does not come to the agent.
const BOOTS: usize = 3;

/// How often a machine is looked at.
const PULSE: Duration = Duration::from_millis(10);

/// A machine that runs. It ends with its owner.
pub struct Machine {
    folder: tempfile::TempDir,
    child: Child,
    begun: Instant,
    limit: Duration,
}

impl Machine {
    /// Waits for its end.
    ///
    /// # Errors
    /// If it had to be ended, at its limit.
    pub fn wait(&mut self) -> Result<(), String> {
        while self.child.try_wait().map_err(|e| format!("{QEMU}: {e}"))?.is_none() {
            self.in_time()?;
            sleep(PULSE);
        }
        Ok(())
    }

    /// What the agent has said so far.
    #[must_use]
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("answers")).unwrap_or_default()).into_owned()
    }

    /// An error that it is about, with the last that the kernel said.
    #[must_use]
    pub fn with_last_words(&self, e: &str) -> String {
        let console = fs::read(self.folder.path().join("console")).unwrap_or_default();
        format!("{e}; the kernel said: {}", last_words(&console))
    }

    /// # Errors
    /// If its limit is over.
    pub fn in_time(&self) -> Result<(), String> {
        if self.begun.elapsed() < self.limit {
            return Ok(());
        }
        Err(self.with_last_words(&format!("the guest did not end within {:?}", self.limit)))
    }

    fn must_run(&mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => self.in_time(),
            Ok(Some(_)) => Err(self.with_last_words("the guest has ended before its actors were ready")),
            Err(e) => Err(format!("{QEMU}: {e}")),
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("debugger")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The end of what a kernel said, in one line.
fn last_words(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let words = lines[lines.len().saturating_sub(4)..].join(" / ");
    if words.is_empty() { "nothing".to_owned() } else { words.escape_debug().to_string() }
}
