//! The wire numbers of the byte form, frozen: a corpus written today decodes to the same cases for ever. To be read
//! beside the table in `docs/cases.md`.

use corpus::{Case, bytes};
use model::OpKind;

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

#[test]
fn every_kind_of_operation_keeps_its_number() {
    let table = [
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
    ];
    let kinds: Vec<_> = table.iter().map(|(op, _)| op.trim_end_matches(char::is_numeric)).collect();
    assert_eq!(kinds, OpKind::ALL.map(OpKind::letters), "a new kind needs a line here");
    for (op, record) in table {
        frozen(&format!("kernel=6.0 {op}"), &format!("01 00 00 00 01 {record}"));
    }
}

#[test]
fn every_option_keeps_its_bits() {
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
        frozen(options, &format!("{header} 00"));
        frozen(&format!("{options} W0"), &format!("{header} 01 01 00"));
    }
}

#[test]
fn actors_keep_their_places() {
    frozen("kernel=6.0 cpu0: W0 | cpu1: R1", "01 01 00 00 02 01 00 40 01");
    frozen("kernel=6.0 cpu0: W0 | kswapd: P0 G0", "01 05 00 00 03 01 00 42 00 4c 00");
    frozen("kernel=6.0 cpu0: | cpu1: | cpu2: R2 | kswapd: P1", "01 07 00 00 02 80 02 c2 01");
    frozen("kernel=6.0 cpu0: R0 | cpu1: R0 | cpu2: R0 | cpu3: R0", "01 03 00 00 04 00 00 40 00 80 00 c0 00");
}

#[test]
fn schedules_keep_their_numbers() {
    let four = "kernel=6.0 cpu0: | cpu1: | cpu2: | cpu3: | schedule:";
    for (schedule, records) in [
        ("0 1 2 3", "00 00 01 00 02 00 03 00"),
        ("i0 i1 i2 i3 w", "04 00 05 00 06 00 07 00 08 00"),
        ("0*8 1*9 2*63 3*64", "00 07 01 c8 02 fe 03 ff"),
        // Longer runs are several.
        ("0*65 w*130", "00 ff 00 00 08 ff 08 ff 08 01"),
    ] {
        frozen(&format!("{four} {schedule}"), &format!("01 03 00 00 00 {records}"));
    }
}

/// Other strings that mean the same: what exists is reached from every byte, and run lengths repeat below 192.
#[test]
fn numbers_are_reduced_modulo_what_exists() {
    let decoded = |text: &str| bytes::decode(&from_hex(text)).expect("a known version").to_string();
    assert_eq!(decoded("01"), "kernel=6.0");
    assert_eq!(decoded("01 00 00 00 ff"), "kernel=6.0");
    assert_eq!(decoded("01 00 00 00 ff 01 00 03 00"), "kernel=6.0 W0 D0");
    assert_eq!(decoded("01 00 00 00 01 01 05"), "kernel=6.0 W2");
    assert_eq!(decoded("01 00 00 00 01 c1 00"), "kernel=6.0 W0");
    assert_eq!(decoded("01 04 00 00 01 01 00"), "kernel=6.0 W0", "a lone kswapd is a CPU");
    assert_eq!(decoded("01 05 00 00 01 41 00"), "kernel=6.0 cpu0: | kswapd: P0", "kswapd only reclaims");
    assert_eq!(decoded("01 00 00 00 00 00 bf"), "kernel=6.0 cpu0: | schedule: 0*8");
    assert_eq!(decoded("01 01 00 00 00 03 08 17 00"), "kernel=6.0 cpu0: | cpu1: | schedule: 1 i1");
}
