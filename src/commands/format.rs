//! How results are printed.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A form of a result. No subcommand has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: docs/reports.md.
    Json,
    /// The text form of kernel code.
    Listing,
    /// A table for a page.
    Markdown,
    /// For CI systems: a test for each thing that can be wrong.
    Junit,
    /// Ready to be sent.
    Mail,
    /// A page to step through.
    Html,
    /// A picture.
    Svg,
    /// For code scanning: a finding at a line of a listing.
    Sarif,
}

impl Format {
    const ALL: [Format; 9] = [
        Format::Text,
        Format::Json,
        Format::Listing,
        Format::Markdown,
        Format::Junit,
        Format::Mail,
        Format::Html,
        Format::Svg,
        Format::Sarif,
    ];

    const fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Listing => "listing",
            Format::Markdown => "markdown",
            Format::Junit => "junit",
            Format::Mail => "mail",
            Format::Html => "html",
            Format::Svg => "svg",
            Format::Sarif => "sarif",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Format::Text => "For people",
            Format::Json => "For programs; `lostwrite schema` has the form",
            Format::Listing => "The text form of kernel code, to be edited",
            Format::Markdown => "A table for a page",
            Format::Junit => "XML for CI systems",
            Format::Mail => "With a subject, where the versions come from, and how to run it",
            Format::Html => "A page to step through, in one file",
            Format::Svg => "A picture of the timeline",
            Format::Sarif => "For code scanning: the finding at a line of the listing",
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
