//! What CI systems read: JUnit and SARIF.

use crate::common::{S1, lostwrite, printed, repository, written};
use report::{Replayed, Witness, finding_json, replay_junit, sarif};
use roxmltree::{Document, Node};
use serde_json::Value;

/// What a reader of JUnit relies on, and the test cases.
fn cases<'a>(xml: &'a Document) -> Vec<Node<'a, 'a>> {
    let root = xml.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let number =
        |node: &Node, name: &str| node.attribute(name).and_then(|n| n.parse::<usize>().ok()).expect("a count");
    let mut all = Vec::new();
    let (mut tests, mut failures) = (0, 0);
    for suite in root.children().filter(Node::is_element) {
        assert_eq!(suite.tag_name().name(), "testsuite");
        assert!(suite.attribute("name").is_some_and(|n| !n.is_empty()));
        let own: Vec<_> = suite.children().filter(|n| n.has_tag_name("testcase")).collect();
        let failed = own.iter().filter(|c| failure(c).is_some()).count();
        assert_eq!((number(&suite, "tests"), number(&suite, "failures")), (own.len(), failed));
        let mut names: Vec<_> = own.iter().map(|c| c.attribute("name").expect("a name")).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), own.len(), "every test has a name of its own");
        assert!(own.iter().all(|c| c.attribute("classname").is_some()));
        (tests, failures) = (tests + own.len(), failures + failed);
        all.extend(own);
    }
    assert_eq!((number(&root, "tests"), number(&root, "failures")), (tests, failures));
    all
}

fn failure<'a>(case: &Node<'a, 'a>) -> Option<Node<'a, 'a>> {
    case.children().find(|n| n.has_tag_name("failure"))
}

fn skipped(case: &Node) -> bool {
    case.children().any(|n| n.has_tag_name("skipped"))
}

#[test]
fn matrix_as_junit_has_a_test_for_each_cell() {
    let args = ["matrix", "--impl", "v1", "--impl", "v2", "--format", "junit"];
    let text = printed(&lostwrite(&args).success());
    let xml = Document::parse(&text).expect("XML");
    let all = cases(&xml);
    assert_eq!(all.len(), 2 * impls::Scenario::ALL.len());
    assert!(all.iter().all(|c| failure(c).is_none()), "{text}");
    // Nothing to look with: what must be found is not.
    let text = printed(&lostwrite(&[&args[..], &["--budget", "10", "--samples", "0"]].concat()).code(1));
    let xml = Document::parse(&text).expect("XML");
    let failed: Vec<_> = cases(&xml).into_iter().filter(|c| failure(c).is_some()).collect();
    let names: Vec<_> = failed.iter().filter_map(|c| c.attribute("name")).collect();
    assert_eq!(names, ["v1 stale-load", "v1 sampled-dirty", "v1 sampled-restore"], "{text}");
    let message = failure(&failed[0]).and_then(|f| f.attribute("message")).expect("a message");
    assert_eq!(message, "no loss was found; by the table it is required");
}

#[test]
fn conform_as_junit_has_a_test_for_each_column() {
    let good = repository("corpus/ground-truth/cases.tsv");
    let text = printed(&lostwrite(&["conform", "--format", "junit", &good]).success());
    let xml = Document::parse(&text).expect("XML");
    let all = cases(&xml);
    assert!(all.len() >= 8 && all.iter().all(|c| failure(c).is_none()), "{text}");
    // A row that says the opposite.
    let rows = std::fs::read_to_string(&good).expect("a file");
    let lie =
        |line: &str| if line.contains("\tok") { line.replacen("\tok", "\tLOST@1", 1) } else { line.to_owned() };
    let lies: Vec<_> = rows.lines().map(lie).collect();
    let (_folder, path) = written("cases.tsv", lies.join("\n") + "\n");
    let run = lostwrite(&["conform", "--format", "junit", &path]);
    if run.get_output().status.code() == Some(1) {
        let text = printed(&run);
        let xml = Document::parse(&text).expect("XML");
        let failed = cases(&xml).into_iter().filter_map(|c| failure(&c)).collect::<Vec<_>>();
        assert!(
            !failed.is_empty() && failed.iter().all(|f| f.text().is_some_and(|t| t.contains("kernel: "))),
            "{text}"
        );
    }
}

#[test]
fn replays_as_junit_fail_with_their_timeline() {
    let case: corpus::Case = S1.parse().expect("a case");
    let traces: Vec<_> = impls::thread().into_iter().map(|v| (v, oracle::trace(v, &case))).collect();
    let complaint = |t: &oracle::Trace| t.finding.map(|f| format!("expected ok, found <{f}> & \"more\""));
    let replayed: Vec<_> = traces
        .iter()
        .map(|(version, trace)| Replayed {
            place: "a.case:1",
            case: &case,
            version,
            trace,
            complaint: complaint(trace),
        })
        .collect();
    let text = replay_junit("a.case", &replayed).expect("XML");
    let xml = Document::parse(&text).expect("XML");
    let all = cases(&xml);
    let failed: Vec<_> = all.iter().filter(|c| failure(c).is_some()).collect();
    assert_eq!((all.len(), failed.len()), (4, 1), "{text}");
    assert_eq!(failed[0].attribute("name"), Some("a.case:1: pre-fix"));
    let failure = failure(failed[0]).expect("it failed");
    assert!(
        failure.attribute("message").is_some_and(|m| m.contains("<step") && m.contains("& \"more\"")),
        "{text}"
    );
    assert!(
        failure
            .text()
            .is_some_and(|t| t.contains("DIRTY BIT LOST") && t.contains("lostwrite replay --impl pre-fix"))
    );
    assert!(!skipped(failed[0]));
}

const RACE: &str = "kernel=6.0 cpu0: W0 F0 I0 D0 | cpu1: W0 | schedule: 0*26 1*3";

fn witness(version: &str, case: &str) -> Witness {
    Witness::of(impls::find(version).expect("registered"), &case.parse().expect("a case"), None)
}

/// The line of the step at fault in the file of the version: that of the clear whose returned word is
/// ignored.
#[test]
fn sarif_points_at_the_line_of_the_listing() {
    let log = sarif(&[witness("v1", RACE), witness("pre-fix", S1), witness("v3", S1)]);
    // What the schema of SARIF 2.1.0 allows, by the types that are made from it.
    let typed: serde_sarif::sarif::Sarif = serde_json::from_value(log.clone()).expect("SARIF");
    let again = serde_json::to_value(&typed).expect("JSON");
    let run = &log["runs"][0];
    assert_eq!(again["runs"][0]["results"].as_array().map(Vec::len), Some(2), "what does not lose is no result");
    let results = run["results"].as_array().expect("results");
    for (result, version, step) in
        [(&results[0], "v1", "ClearPteIgnored"), (&results[1], "pre-fix", "InstallMigrationEntry")]
    {
        let location = &result["locations"][0];
        let physical = &location["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str().expect("a file");
        assert_eq!(physical["artifactLocation"]["uriBaseId"], "SRCROOT");
        let text = std::fs::read_to_string(repository(uri)).unwrap_or_else(|e| panic!("{uri}: {e}"));
        let line = physical["region"]["startLine"].as_u64().expect("a line") as usize;
        assert!(text.lines().nth(line - 1).is_some_and(|l| l.contains(step)), "{version}: {uri}:{line}");
        assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "migrate_vma_collect_pmd");
        assert_eq!((&result["ruleId"], &result["level"]), (&"last-write".into(), &"note".into()));
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["timeline/v1"].as_str().is_some_and(|k| k.len() == 16));
        assert_eq!(result["properties"]["version"], version);
    }
    // A flow for each actor; every step in order, and those that tell the story are marked.
    let flows = results[0]["codeFlows"][0]["threadFlows"].as_array().expect("flows");
    let ids: Vec<_> = flows.iter().map(|f| f["id"].as_str().unwrap_or_default()).collect();
    assert_eq!(ids, ["cpu0", "cpu1", "interrupt1"]);
    for flow in flows {
        let steps = flow["locations"].as_array().expect("steps").iter().map(|l| l["executionOrder"].as_u64());
        assert!(steps.is_sorted());
    }
    let essential =
        flows[0]["locations"].as_array().expect("steps").iter().filter(|l| l["importance"] == "essential");
    assert_eq!(essential.count(), 3);
    assert!(
        run["tool"]["driver"]["rules"].as_array().is_some_and(|rules| rules.len() == oracle::Judge::ALL.len())
    );
}

/// A listing that claims to be correct and loses is an error, at the line of its file.
#[test]
fn sarif_points_into_a_file_of_ones_own() {
    let json = printed(&lostwrite(&["explain", "pre-fix", "--format", "json"]).success());
    let json = json.replace("\"pre-fix\"", "\"mine\"").replace("\"correct\": false", "\"correct\": true");
    let (_folder, path) = written("my listing.json", &json);
    let mut version = impls::file::read(&path, &json).expect("a version").version;
    version.file = Some(path.clone().leak());
    let version: &'static impls::Version = Box::leak(Box::new(version));
    let log = sarif(&[Witness::alone(version, &S1.parse().expect("a case"), None)]);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["level"], "error");
    let physical = &result["locations"][0]["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().expect("a file");
    assert!(uri.starts_with("file:///") && uri.ends_with("my%20listing.json"), "{uri}");
    let line = physical["region"]["startLine"].as_u64().expect("a line") as usize;
    assert!(json.lines().nth(line - 1).is_some_and(|l| l.contains("InstallMigrationEntry")), "{line}");
}

/// The rows of the JSON are the steps, and the marked ones are those of the timeline.
#[test]
fn a_finding_as_json_holds_both_executions() {
    let finding = finding_json(&witness("v1", RACE));
    let losing = &finding["losing"];
    let rows = losing["rows"].as_array().expect("rows");
    assert!(rows.iter().enumerate().all(|(n, r)| r["step"] == n + 1));
    for (mark, word) in [("cause", "dirty-bit-lost"), ("data_lost", "data-lost"), ("finding", "finding")] {
        let step = losing["marked"][mark].as_u64().expect("a step") as usize;
        assert!(rows[step - 1]["marks"].as_array().is_some_and(|m| m.contains(&word.into())), "{mark}");
    }
    let dropped = losing["marked"]["cause"].as_u64().expect("a step") as usize;
    let step = rows[dropped - 1]["listing_step"].as_u64().expect("a step of the listing") as usize;
    let line = &losing["version"]["listing"][step - 1];
    assert_eq!(line["text"], rows[dropped - 1]["text"]);
    assert!(line["line"].is_u64() && losing["version"]["file"] == "impls/versions/v1.listing");
    assert_eq!(finding["beside"]["finding"], Value::Null);
    let pairs = finding["alignment"].as_array().expect("an alignment");
    let first = finding["first_difference"].as_u64().expect("they differ") as usize;
    assert!(pairs[..first].iter().all(|p| p["alike"] == true) && pairs[first]["alike"] == false);
    let case = finding["case"]["json"].to_string();
    let text = printed(&lostwrite(&["convert", &case]).success());
    assert_eq!(finding["case"]["text"], text.trim());
}
