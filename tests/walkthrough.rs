//! The walkthrough shows what the commands really print. `TRYCMD=overwrite cargo test --test walkthrough`
//! writes it anew.

#[test]
fn the_walkthrough_is_what_the_commands_print() {
    trycmd::TestCases::new().case("docs/walkthrough.md").run();
}
