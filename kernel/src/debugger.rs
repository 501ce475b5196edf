//! The line to a machine's debugger: the GDB remote serial protocol over a local socket, as much of it as is
//! needed to stop the machine, hold CPUs, and look at memory.
//!
//! CPU `n` of the machine is thread `n + 1` of the protocol.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The line. The machine stands still when it is opened.
pub struct Debugger {
    line: UnixStream,
    /// What came and was not looked at yet.
    bytes: Vec<u8>,
}

/// Why a machine has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A CPU came to a breakpoint, or has done one step.
    Trap(usize),
    /// It was told to.
    Told,
}

/// How long an answer may take: the machine may be on a slow host.
const PATIENCE: Duration = Duration::from_secs(20);

/// The answer for memory that is not mapped: EFAULT.
const UNMAPPED: &str = "E14";

/// How long nothing may come when the line was opened.
const SETTLED: Duration = Duration::from_millis(50);

/// The number of the instruction pointer among the registers of x86-64, 8 bytes each.
const RIP: usize = 16;

impl Debugger {
    /// Opens it.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn connect(socket: &Path) -> Result<Debugger, String> {
        let line = UnixStream::connect(socket).map_err(|e| format!("the machine's debugger: {e}"))?;
        let mut debugger = Debugger { line, bytes: Vec::new() };
        debugger.ask("qSupported:vContSupported+")?;
        // QEMU writes single registers only for somebody who has asked what they are.
        debugger.ask("qXfer:features:read:target.xml:0,ffb")?;
        debugger.ask("?")?;
        // The machine stops because somebody connects, and may say so by itself.
        while debugger.packet(SETTLED)?.is_some() {}
        Ok(debugger)
    }

    /// All CPUs run.
    ///
    /// # Errors
    /// If the line is broken.
    pub fn go(&mut self) -> Result<(), String> {
        self.send("vCont;c")
    }

    /// Waits for a stop that comes by itself.
    ///
    /// # Errors
    /// If the line is broken.
    pub fn stopped(&mut self, within: Duration) -> Result<Option<Stop>, String> {
        match self.packet(within)? {
            Some(packet) => stop(&packet).map(Some),
            None => Ok(None),
        }
    }

    /// Stops the machine. It may have stopped by itself at that moment.
    ///
    /// # Errors
    /// If it does not.
    pub fn halt(&mut self) -> Result<Stop, String> {
        self.line.write_all(&[3]).map_err(|e| format!("the machine's debugger: {e}"))?;
        self.stopped(PATIENCE)?.ok_or_else(|| "the machine does not stop".to_owned())
    }

    /// Lets one CPU do one step, while the others stand still.
    ///
    /// # Errors
    /// If it does not.
    pub fn step(&mut self, cpu: usize) -> Result<(), String> {
        self.send(&format!("vCont;s:{:x}", cpu + 1))?;
        self.stopped(PATIENCE)?.map(drop).ok_or_else(|| format!("CPU {cpu} does not do a step"))
    }

    /// A breakpoint at an address, on every CPU.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn set(&mut self, address: u64) -> Result<(), String> {
        self.done(&format!("Z1,{address:x},1"))
    }

    /// No breakpoint any more.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn clear(&mut self, address: u64) -> Result<(), String> {
        self.done(&format!("z1,{address:x},1"))
    }

    /// A register of a CPU, by its number in the protocol: rax, rbx, rcx, rdx, rsi, rdi, ...
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn register(&mut self, cpu: usize, number: usize) -> Result<u64, String> {
        self.choose(cpu)?;
        let all = self.ask("g")?;
        let bytes = unhex(all.get(16 * number..16 * number + 16).unwrap_or_default());
        let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        bytes.map(u64::from_le_bytes).ok_or_else(|| format!("the machine's debugger: no registers in '{all}'"))
    }

    /// The instruction pointer of a CPU.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn place(&mut self, cpu: usize) -> Result<u64, String> {
        self.register(cpu, RIP)
    }

    /// Has a CPU go on somewhere else.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn put(&mut self, cpu: usize, place: u64) -> Result<(), String> {
        self.choose(cpu)?;
        self.done(&format!("P{RIP:x}={}", hex(&place.to_le_bytes())))
    }

    /// Memory as a CPU sees it; nothing if nothing is mapped there.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn read(&mut self, cpu: usize, address: u64, length: usize) -> Result<Option<Vec<u8>>, String> {
        self.choose(cpu)?;
        let answer = self.ask(&format!("m{address:x},{length:x}"))?;
        if answer == UNMAPPED {
            return Ok(None);
        }
        unhex(&answer)
            .map(Some)
            .ok_or_else(|| format!("the machine's debugger: '{answer}' for memory at {address:#x}"))
    }

    /// Writes to memory as a CPU sees it. False if nothing is mapped there.
    ///
    /// # Errors
    /// If the machine refuses.
    pub fn write(&mut self, cpu: usize, address: u64, bytes: &[u8]) -> Result<bool, String> {
        self.choose(cpu)?;
        let command = format!("M{address:x},{:x}:{}", bytes.len(), hex(bytes));
        match &*self.ask(&command)? {
            "OK" => Ok(true),
            UNMAPPED => Ok(false),
            other => Err(format!("the machine's debugger: '{other}' to '{command}'")),
        }
    }

    fn choose(&mut self, cpu: usize) -> Result<(), String> {
        self.done(&format!("Hg{:x}", cpu + 1))
    }

    fn done(&mut self, command: &str) -> Result<(), String> {
        match &*self.ask(command)? {
            "OK" => Ok(()),
            other => Err(format!("the machine's debugger: '{other}' to '{command}'")),
        }
    }

    fn ask(&mut self, command: &str) -> Result<String, String> {
        self.send(command)?;
        self.packet(PATIENCE)?.ok_or_else(|| format!("the machine's debugger does not answer '{command}'"))
    }

    fn send(&mut self, command: &str) -> Result<(), String> {
        let sum = command.bytes().fold(0u8, u8::wrapping_add);
        let packet = format!("${command}#{sum:02x}");
        self.line.write_all(packet.as_bytes()).map_err(|e| format!("the machine's debugger: {e}"))
    }

    /// The next packet.
    fn packet(&mut self, within: Duration) -> Result<Option<String>, String> {
        let failed = |e: std::io::Error| format!("the machine's debugger: {e}");
        let until = Instant::now() + within;
        loop {
            if let Some(packet) = take(&mut self.bytes) {
                self.line.write_all(b"+").map_err(failed)?;
                return Ok(Some(packet));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.line.set_read_timeout(Some(left)).map_err(failed)?;
            let mut piece = [0; 4096];
            match self.line.read(&mut piece) {
                Ok(0) => return Err("the machine has ended".to_owned()),
                Ok(n) => self.bytes.extend(&piece[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }
}

/// Takes the first whole packet out of what came; acknowledgements go with it.
fn take(bytes: &mut Vec<u8>) -> Option<String> {
    let begin = bytes.iter().position(|byte| *byte == b'$')?;
    let end = begin + bytes[begin..].iter().position(|byte| *byte == b'#')?;
    if bytes.len() < end + 3 {
        return None;
    }
    let packet = String::from_utf8_lossy(&bytes[begin + 1..end]).into_owned();
    bytes.drain(..end + 3);
    Some(packet)
}

fn stop(packet: &str) -> Result<Stop, String> {
    let thread = packet.split_once("thread:").map_or("", |(_, rest)| rest);
    let thread = thread.rsplit('.').next().and_then(|rest| rest.split(';').next());
    let cpu = thread.and_then(|n| usize::from_str_radix(n, 16).ok()?.checked_sub(1));
    match (packet.get(..3), cpu) {
        (Some("T05"), Some(cpu)) => Ok(Stop::Trap(cpu)),
        (Some("T02" | "S02"), _) => Ok(Stop::Told),
        (Some("W00" | "W01" | "X09"), _) => Err("the machine has ended".to_owned()),
        _ => Err(format!("the machine's debugger: '{packet}'; expected why it has stopped")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;

    #[test]
    fn packets_are_taken_one_by_one() {
        let mut bytes = b"+$OK#9a+$T05thread:01;#07$par".to_vec();
        assert_eq!(take(&mut bytes).as_deref(), Some("OK"));
        let trap = take(&mut bytes).expect("a packet");
        assert_eq!(stop(&trap), Ok(Stop::Trap(0)));
        assert_eq!(take(&mut bytes), None);
        assert_eq!(stop("T05thread:p01.03;"), Ok(Stop::Trap(2)));
        assert_eq!(stop("T02thread:01;"), Ok(Stop::Told));
        assert!(stop("W00").is_err() && stop("E01").is_err());
        assert_eq!(unhex(&hex(&[0, 0xab, 9])), Some(vec![0, 0xab, 9]));
        assert!(unhex("E1x").is_none() && unhex("zz").is_none());
    }

    /// A machine that answers what it is told to.
    #[test]
    fn the_line_is_spoken_as_the_protocol_has_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).expect("a socket");
        let machine = std::thread::spawn(move || {
            let (mut line, _) = listener.accept().expect("somebody");
            let mut heard = Vec::new();
            let mut reader = BufReader::new(line.try_clone().expect("the same"));
            let answers =
                ["", "l<target/>", "T05thread:01;#00+$T05thread:01;", "OK", "OK", "0011223344556677", "OK", "E22"];
            for answer in answers {
                let mut packet = Vec::new();
                reader.read_until(b'#', &mut packet).expect("a packet");
                let mut sum = [0; 2];
                reader.read_exact(&mut sum).expect("its sum");
                heard.push(String::from_utf8(packet).expect("text"));
                let sum = answer.bytes().fold(0u8, u8::wrapping_add);
                write!(line, "+${answer}#{sum:02x}").expect("written");
            }
            // Not closed before everything was acknowledged.
            (heard, line)
        });
        let mut debugger = Debugger::connect(&path).expect("it answers");
        debugger.set(0xffff_ffff_8100_0000).expect("OK");
        assert_eq!(debugger.read(1, 0x10000, 8), Ok(Some(vec![0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77])));
        let refused = debugger.write(0, 0x10, &[1]).expect_err("refused");
        assert!(refused.contains("'E22' to 'M10,1:01'"), "{refused}");
        let (heard, _) = machine.join().expect("it ended");
        assert!(heard[3].ends_with("$Z1,ffffffff81000000,1#") && heard[4].ends_with("$Hg2#"), "{heard:?}");
        assert!(heard[5].ends_with("$m10000,8#") && heard[7].ends_with("$M10,1:01#"), "{heard:?}");
    }
}
