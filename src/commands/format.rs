//! How results are printed.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A form of a result. No subcommand has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: docs/formats.md.
    Json,
    /// A table for a page.
    Markdown,
    /// For CI systems: a test for each thing that can be wrong.
    Junit,
}

impl Format {
    const ALL: [Format; 4] = [Format::Text, Format::Json, Format::Markdown, Format::Junit];

    const fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Markdown => "markdown",
            Format::Junit => "junit",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Format::Text => "For people",
            Format::Json => "For programs; `lostwrite schema` has the form",
            Format::Markdown => "A table for a page",
            Format::Junit => "XML for CI systems",
        }
    }

    /// Takes these forms and no others.
    pub fn among(forms: &'static [Format]) -> impl TypedValueParser<Value = Format> {
        let named = |form: &Format| PossibleValue::new(form.name()).help(form.help());
        PossibleValuesParser::new(forms.iter().map(named))
            .map(|name| Format::ALL.into_iter().find(|f| f.name() == name).expect("one of the possible values"))
    }
}

/// Text and JSON.
pub const FOR_PROGRAMS: &[Format] = &[Format::Text, Format::Json];
