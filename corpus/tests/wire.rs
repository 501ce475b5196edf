//! The wire numbers of the byte form, frozen: a corpus written today decodes to the same cases for ever. To
//! be read beside the table in `docs/cases.md`.

use corpus::{Case, KNOBS, bytes};
use model::{Hardware, OpKind, Profile};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

fn from_hex(text: &str) -> Vec<u8> {
    text.split(' ').map(|b| u8::from_str_radix(b, 16).expect("hex")).collect()
}

/// Both ways: the case writes these bytes, and these bytes are the case.
fn frozen(line: &str, expected: &str) {
    let case: Case = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
    assert_eq!(hex(&bytes::encode(&case)), expected, "{line}");
    assert_eq!(bytes::decode(&from_hex(expected)).as_ref(), Ok(&case), "{expected}");
}

/// Bytes that an older version wrote still are the case.
fn still(line: &str, old: &str) {
    let case: Case = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
    assert_eq!(bytes::decode(&from_hex(old)).as_ref(), Ok(&case), "{old}");
}

const KINDS: &[(&str, &str)] = &[
    ("R1", "00 01"),
    ("W1", "01 01"),
    ("P1", "02 01"),
    ("D1", "03 01"),
    ("DD0", "04 00"),
    ("S1", "05 01"),
    ("I1", "06 01"),
    ("U1", "07 01"),
    ("IP1", "08 01"),
    ("UP1", "09 01"),
    ("F1", "0a 01"),
    ("Z1", "0b 01"),
    ("G0", "0c 00"),
    ("Q7", "0d 07"),
    ("K+", "0e 00"),
    ("K-", "0f 00"),
    ("CR1", "10 01"),
    ("CW1", "11 01"),
    ("CP1", "12 01"),
    ("M1", "13 01"),
    ("L1", "14 01"),
    ("X1", "15 01"),
    ("DR1", "16 01"),
    ("DW1", "17 01"),
    ("IW1", "18 01"),
    ("IPW1", "19 01"),
    ("B1", "1a 01"),
];
/// How many kinds version 1 knew.
const KINDS_V1: usize = 14;

#[test]
fn every_kind_of_operation_keeps_its_number() {
    let kinds: Vec<_> = KINDS.iter().map(|(op, _)| op.trim_end_matches(char::is_numeric)).collect();
    assert_eq!(kinds, OpKind::ALL.map(OpKind::letters), "a new kind needs a line here");
    for (n, (op, record)) in KINDS.iter().enumerate() {
        frozen(&format!("kernel=6.0 {op}"), &format!("02 00 00 00 00 00 00 01 {record}"));
        if n < KINDS_V1 {
            still(&format!("kernel=6.0 {op}"), &format!("01 00 00 00 01 {record}"));
        }
    }
}

#[test]
fn every_release_and_every_cpu_keeps_its_number() {
    let releases = vec!["6.0", "6.1.192", "5.18", "5.19", "6.1", "7.0-rc6", "7.3"];
    assert_eq!(releases, Profile::ALL.map(Profile::name), "a new release needs a line here");
    for (n, name) in releases.into_iter().enumerate() {
        frozen(&format!("kernel={name}"), &format!("02 00 0{n} 00 00 00 00 00"));
    }
    let cpus = vec!["hw0", "sw-dirty", "w1", "w2", "w3", "w4", "w5", "w7"];
    assert_eq!(cpus, Hardware::ALL.map(Hardware::name), "a new CPU needs a line here");
    for (n, name) in cpus.into_iter().enumerate() {
        frozen(&format!("kernel=6.0 hw={name}"), &format!("02 00 {n}0 00 00 00 00 00"));
    }
}

/// Release, knobs from the low byte to the high one: 0 is what the release has.
#[test]
fn every_knob_keeps_its_bits_and_its_values() {
    let names = [
        "migration-entry",
        "swap-in",
        "reclaim-batch",
        "fault-ref",
        "sticky",
        "exclusive",
        "mprotect",
        "migrate-frees-swap",
        "write-frees-slot",
        "pinned-stays-lazyfree",
        "sync-swap-in",
        "flush",
        "driver-dirties",
    ];
    assert_eq!(names.as_slice(), KNOBS.iter().map(|k| k.name).collect::<Vec<_>>(), "a new knob needs a line here");
    for (option, release_and_knobs) in [
        ("kernel=6.0 migration-entry=gated", "00 01 00"),
        ("kernel=6.0 migration-entry=ungated", "00 02 00"),
        ("kernel=6.1.192 migration-entry=ungated", "01 01 00"),
        ("kernel=6.1.192 migration-entry=none", "01 02 00"),
        ("kernel=6.0 swap-in=writable-clean", "00 04 00"),
        ("kernel=7.3 swap-in=read-only", "06 04 00"),
        ("kernel=6.0 reclaim-batch=all", "00 08 00"),
        ("kernel=6.1.192 reclaim-batch=non-exclusive", "01 08 00"),
        ("kernel=6.0 fault-ref=on", "00 10 00"),
        ("kernel=6.1.192 fault-ref=off", "01 10 00"),
        ("kernel=6.0 sticky=swap-backed", "00 20 00"),
        ("kernel=6.0 sticky=off", "00 40 00"),
        ("kernel=7.3 sticky=off", "06 20 00"),
        ("kernel=7.3 sticky=on", "06 40 00"),
        ("kernel=6.0 exclusive=off", "00 80 00"),
        ("kernel=5.18 exclusive=on", "02 80 00"),
        ("kernel=6.0 mprotect=exclusive", "00 00 01"),
        ("kernel=6.0 mprotect=never", "00 00 02"),
        ("kernel=5.18 mprotect=dirty", "02 00 01"),
        ("kernel=5.18 mprotect=exclusive", "02 00 02"),
        ("kernel=6.0 migrate-frees-swap=on", "00 00 04"),
        ("kernel=6.0 write-frees-slot=on", "00 00 08"),
        ("kernel=6.0 pinned-stays-lazyfree=on", "00 00 10"),
        ("kernel=6.0 sync-swap-in=free", "00 00 20"),
        ("kernel=6.0 flush=double", "00 00 40"),
        ("kernel=6.0 driver-dirties=off", "00 00 80"),
    ] {
        frozen(option, &format!("02 00 {release_and_knobs} 00 00 00"));
        frozen(&format!("{option} W0"), &format!("02 00 {release_and_knobs} 00 00 01 01 00"));
    }
}

#[test]
fn every_other_option_keeps_its_bits() {
    for (options, header) in [
        ("kernel=6.0", "02 00 00 00 00 00 00"),
        ("kernel=6.0 swap=disk", "02 10 00 00 00 00 00"),
        ("kernel=6.0 swap=ramdisk", "02 20 00 00 00 00 00"),
        ("kernel=6.0 shared=0", "02 00 00 00 00 01 00"),
        ("kernel=6.0 shared=1", "02 00 00 00 00 02 00"),
        ("kernel=6.0 shared=2", "02 00 00 00 00 04 00"),
        ("kernel=6.0 large=0", "02 00 00 00 00 00 01"),
        ("kernel=6.0 large=1,2", "02 00 00 00 00 00 06"),
        ("kernel=6.0 device-frames=2", "02 00 00 00 00 10 00"),
        ("kernel=6.0 device-frames=0", "02 00 00 00 00 30 00"),
        (
            "kernel=5.19 hw=w7 swap=disk migration-entry=gated sticky=off flush=double shared=0,2 large=1 device-frames=1",
            "02 10 73 41 40 25 02",
        ),
    ] {
        frozen(options, &format!("{header} 00"));
        frozen(&format!("{options} W0"), &format!("{header} 01 01 00"));
    }
}

#[test]
fn actors_keep_their_places() {
    frozen("kernel=6.0 cpu0: W0 | cpu1: R1", "02 01 00 00 00 00 00 02 01 00 40 01");
    frozen("kernel=6.0 cpu0: W0 | kswapd: P0 G0", "02 05 00 00 00 00 00 03 01 00 42 00 4c 00");
    frozen("kernel=6.0 cpu0: W0 | dma: B0", "02 09 00 00 00 00 00 02 01 00 5a 00");
    frozen("kernel=6.0 cpu0: W0 | kswapd: P0 | dma: B0", "02 0e 00 00 00 00 00 03 01 00 42 00 9a 00");
    frozen("kernel=6.0 cpu0: | cpu1: | cpu2: R2 | kswapd: P1", "02 07 00 00 00 00 00 02 80 02 c2 01");
    frozen("kernel=6.0 cpu0: | cpu1: | kswapd: | dma: B2", "02 0f 00 00 00 00 00 01 da 02");
    frozen(
        "kernel=6.0 cpu0: R0 | cpu1: R0 | cpu2: R0 | cpu3: R0",
        "02 03 00 00 00 00 00 04 00 00 40 00 80 00 c0 00",
    );
}

const SCHEDULES: [(&str, &str); 4] = [
    ("0 1 2 3", "00 00 01 00 02 00 03 00"),
    ("i0 i1 i2 i3 w", "04 00 05 00 06 00 07 00 08 00"),
    ("0*8 1*9 2*63 3*64", "00 07 01 c8 02 fe 03 ff"),
    // Longer runs are several.
    ("0*65 w*130", "00 ff 00 00 08 ff 08 ff 08 01"),
];

#[test]
fn schedules_keep_their_numbers() {
    for (schedule, records) in SCHEDULES {
        let line = format!("kernel=6.0 cpu0: | cpu1: | cpu2: | cpu3: | schedule: {schedule}");
        frozen(&line, &format!("02 03 00 00 00 00 00 00 {records}"));
        still(&line, &format!("01 03 00 00 00 {records}"));
    }
}

fn decoded(text: &str) -> String {
    bytes::decode(&from_hex(text)).expect("a known version").to_string()
}

/// Other strings that mean the same: what exists is reached from every byte, and run lengths repeat below
/// 192.
#[test]
fn numbers_are_reduced_modulo_what_exists() {
    for (text, line) in [
        ("02", "kernel=6.0"),
        ("02 00 00 00 00 00 00 ff", "kernel=6.0"),
        ("02 00 00 00 00 00 00 ff 01 00 03 00", "kernel=6.0 W0 D0"),
        ("02 00 00 00 00 00 00 01 01 05", "kernel=6.0 W2"),
        ("02 00 00 00 00 00 00 01 0e 05", "kernel=6.0 K+"),
        ("02 00 00 00 00 00 00 01 c1 00", "kernel=6.0 W0"),
        ("02 00 00 00 00 00 00 01 1b 00", "kernel=6.0 R0"),
        ("02 0c 00 00 00 00 00 01 01 00", "kernel=6.0 W0"),
        ("02 0d 00 00 00 00 00 01 41 00", "kernel=6.0 cpu0: | dma: B0"),
        ("02 05 00 00 00 00 00 01 41 00", "kernel=6.0 cpu0: | kswapd: P0"),
        ("02 30 00 00 00 00 00 00", "kernel=6.0"),
        ("02 00 07 00 00 00 00 00", "kernel=6.0"),
        ("02 00 80 00 00 00 00 00", "kernel=6.0"),
        ("02 00 00 03 00 00 00 00", "kernel=6.0"),
        ("02 00 00 60 00 00 00 00", "kernel=6.0"),
        ("02 00 00 00 03 00 00 00", "kernel=6.0"),
        ("02 00 00 00 00 c8 f8 00", "kernel=6.0"),
        ("02 00 00 00 00 00 00 00 00 bf", "kernel=6.0 cpu0: | schedule: 0*8"),
        ("02 01 00 00 00 00 00 00 03 08 17 00", "kernel=6.0 cpu0: | cpu1: | schedule: 1 i1"),
    ] {
        assert_eq!(decoded(text), line, "{text}");
    }
}

/// A corpus that version 1 wrote: its header, then the records of the tables above.
#[test]
fn version_1_decodes_to_the_same_cases_as_ever() {
    for (options, header) in [
        ("kernel=6.0", "01 00 00 00"),
        ("kernel=6.1.192", "01 40 00 00"),
        ("kernel=6.0 swap=disk", "01 10 00 00"),
        ("kernel=6.0 swap=ramdisk", "01 20 00 00"),
        ("kernel=6.0 migration-entry=gated", "01 00 01 00"),
        ("kernel=6.0 migration-entry=ungated", "01 00 02 00"),
        ("kernel=6.1.192 migration-entry=ungated", "01 40 01 00"),
        ("kernel=6.1.192 migration-entry=none", "01 40 02 00"),
        ("kernel=6.0 swap-in=writable-clean", "01 00 04 00"),
        ("kernel=6.0 reclaim-batch=all", "01 00 08 00"),
        ("kernel=6.1.192 reclaim-batch=non-exclusive", "01 40 08 00"),
        ("kernel=6.0 fault-ref=on", "01 00 10 00"),
        ("kernel=6.1.192 fault-ref=off", "01 40 10 00"),
        ("kernel=6.0 sticky=off", "01 00 20 00"),
        ("kernel=6.0 shared=0", "01 00 00 01"),
        ("kernel=6.0 shared=1", "01 00 00 02"),
        ("kernel=6.0 shared=2", "01 00 00 04"),
        ("kernel=6.0 device-frames=2", "01 00 00 10"),
        ("kernel=6.0 device-frames=0", "01 00 00 30"),
        (
            "kernel=6.1.192 swap=disk migration-entry=none swap-in=writable-clean sticky=off shared=0,2 device-frames=1",
            "01 50 26 25",
        ),
    ] {
        still(options, &format!("{header} 00"));
        still(&format!("{options} W0"), &format!("{header} 01 01 00"));
    }
    still("kernel=6.0 cpu0: W0 | cpu1: R1", "01 01 00 00 02 01 00 40 01");
    still("kernel=6.0 cpu0: W0 | kswapd: P0 G0", "01 05 00 00 03 01 00 42 00 4c 00");
    still("kernel=6.0 cpu0: | cpu1: | cpu2: R2 | kswapd: P1", "01 07 00 00 02 80 02 c2 01");
    for (text, line) in [
        ("01", "kernel=6.0"),
        ("01 00 00 00 ff", "kernel=6.0"),
        ("01 00 00 00 ff 01 00 03 00", "kernel=6.0 W0 D0"),
        ("01 00 00 00 01 01 05", "kernel=6.0 W2"),
        ("01 00 00 00 01 c1 00", "kernel=6.0 W0"),
        // Four bits of kind, of which 14 and 15 were the first two again.
        ("01 00 00 00 02 0e 00 0f 00", "kernel=6.0 R0 W0"),
        ("01 00 00 00 01 11 00", "kernel=6.0 W0"),
        ("01 04 00 00 01 01 00", "kernel=6.0 W0"),
        ("01 05 00 00 01 41 00", "kernel=6.0 cpu0: | kswapd: P0"),
        ("01 00 00 00 00 00 bf", "kernel=6.0 cpu0: | schedule: 0*8"),
        ("01 01 00 00 00 03 08 17 00", "kernel=6.0 cpu0: | cpu1: | schedule: 1 i1"),
    ] {
        assert_eq!(decoded(text), line, "{text}");
    }
}

/// `MAX_LEN` is what the fullest case takes, no more: two alternating runs cannot merge.
#[test]
fn the_fullest_case_is_as_long_as_the_longest() {
    let mut case: Case = "cpu0: | cpu1: | cpu2: | cpu3:".parse().expect("a case");
    for actor in 0..model::ACTORS {
        while case.programs.push(actor, model::Op::new(OpKind::Write, 2)) {}
    }
    for n in 0..=corpus::MAX_RUNS {
        case.schedule.push(model::Transition::run(n % 2), 64);
    }
    let bytes = bytes::encode(&case);
    assert_eq!(bytes.len(), bytes::MAX_LEN);
    assert_eq!(bytes::decode(&bytes), Ok(case));
}
