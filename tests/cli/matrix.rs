//! `matrix`.

use crate::common::{cells, lostwrite, printed};

#[test]
fn matrix_is_as_expected_and_its_cases_replay() {
    let args = ["matrix", "--impl", "v1", "--impl", "v2"];
    let out = printed(&lostwrite(&args).success());
    assert_eq!(out, printed(&lostwrite(&args).success()), "the same every time");
    let row = |name: &str| {
        let line = out.lines().find(|l| l.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("{out}"));
        cells(line)
    };
    assert_eq!(
        row("version"),
        ["version", "dirty", "dirty", "load", "store", "dirty", "restore", "store", "window"]
    );
    assert_eq!(row("v1")[3], "V");
    assert_eq!(row("v1")[5..7], ["L", "L"]);
    assert!(row("v2")[1..8].iter().all(|c| c.starts_with("ok ")), "{out}");
    assert!(
        out.contains("hardware hw0, kernel 6.0 around each version") && out.contains("every cell as expected"),
        "{out}"
    );
    let replays: Vec<_> =
        out.lines().filter_map(|l| l.trim().strip_prefix("lostwrite replay --impl v1 '")).collect();
    assert_eq!(replays.len(), 3, "{out}");
    for case in replays {
        let case = case.strip_suffix('\'').expect("a quoted case");
        let shown = lostwrite(&["replay", "--impl", "v1", case]).success();
        assert!(printed(&shown).contains("WRONG VALUE") || printed(&shown).contains("STALE VALUE"), "{case}");
    }
}

#[test]
fn matrix_exits_with_1_where_a_loss_is_not_found() {
    // Nothing to look with.
    let args = ["matrix", "--impl", "v1", "--budget", "10", "--samples", "0"];
    let out = printed(&lostwrite(&args).code(1));
    assert!(
        out.contains("ok? 0 NOT FOUND") && out.contains("3 cells NOT as expected; 8 cells not exhausted"),
        "{out}"
    );
}

#[test]
fn matrix_prints_json_and_markdown() {
    let args = ["matrix", "--impl", "pre-fix", "--kernel", "6.1.192", "--hardware", "hw0", "--format"];
    let with = |format: &str| {
        let args: Vec<_> = args.iter().copied().chain([format]).collect();
        printed(&lostwrite(&args).success())
    };
    let json: serde_json::Value = serde_json::from_str(&with("json")).expect("JSON");
    assert_eq!(json["format"], 2);
    let row = &json["tables"][0]["rows"][0];
    assert_eq!((&row["impl"], &row["kernel"]), (&"pre-fix".into(), &"6.1.192".into()));
    let cells = row["cells"].as_array().expect("cells");
    let s3 = cells.iter().find(|c| c["scenario"] == "sampled-dirty").expect("sampled-dirty");
    assert_eq!(
        (&s3["verdict"], &s3["expected"], &s3["as_expected"]),
        (&"lost".into(), &"required".into(), &true.into())
    );
    assert!(s3["states"].as_u64() > Some(100) && s3["transitions"].as_u64() > s3["states"].as_u64());
    assert!(s3["case"].as_str().is_some_and(|c| c.starts_with("kernel=6.1.192 ")), "{s3}");
    let markdown = with("markdown");
    assert!(markdown.lines().any(|l| l.starts_with("| pre-fix | L | L | V |")), "{markdown}");
}

/// One kernel around all versions unless each is to have its own.
#[test]
fn matrix_takes_kernels_hardware_and_knobs() {
    let table = |args: &[&str]| printed(&lostwrite(&[&["matrix", "--impl", "5.18"], args].concat()).success());
    let row = |out: &str| {
        let line = out.lines().find(|l| l.starts_with("5.18 ")).unwrap_or_else(|| panic!("{out}"));
        cells(line).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(table(&[]), table(&["--kernel", "6.0", "--hardware", "hw0"]));
    let (around_6_0, native) = (row(&table(&[])), row(&table(&["--kernel", "native"])));
    assert_eq!(around_6_0[1], "L");
    // 5.18 finds no exclusive page in its own kernel: the write fault copies, and the copy has no slot to be
    // stale.
    assert!(native[1].starts_with("ok "), "{native:?}");
    let both = table(&["--impl", "v1", "--kernel", "native"]);
    assert_eq!(row(&both)[1], "5.18", "where they differ, a column says so: {both}");
    // The same knob by hand.
    let by_hand = printed(&lostwrite(&["matrix", "--impl", "5.18", "--knob", "exclusive=off"]).code(1));
    assert!(by_hand.contains(", kernel 6.0 around") && row(&by_hand)[1].starts_with("ok "), "{by_hand}");
}

/// A table for each CPU, in their order.
#[test]
fn matrix_takes_all_hardware() {
    let out = printed(&lostwrite(&["matrix", "--impl", "v2", "--hardware", "all"]).success());
    let titles: Vec<_> = out.lines().filter_map(|l| l.strip_prefix("hardware ")?.split(',').next()).collect();
    assert_eq!(titles, corpus::surfaces().iter().map(|s| s.name).collect::<Vec<_>>());
    let rows: Vec<_> = out.lines().filter(|l| l.starts_with("v2 ")).map(cells).collect();
    for (hardware, row) in titles.iter().zip(&rows) {
        let loses_s4 = ["w1", "w2", "w4", "w7"].contains(hardware);
        // On w7 a stale load is shorter than the loss.
        // What a CPU does to the entry of others is of no known scenario.
        assert_eq!(["L", "V"].contains(&row[7].trim_end_matches('*')), loses_s4, "{hardware}: {row:?}");
    }
}
