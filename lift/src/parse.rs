//! From text to syntax: the functions of a file.

use crate::preprocess::{Preprocessed, preprocess};
use crate::table::Table;
use impls::text::{Problem, Problems};
use std::collections::BTreeMap;
use tree_sitter::{Node, Parser, Tree};

/// A file of C, parsed.
#[derive(Debug)]
pub struct Source {
    /// Its name, as it was given.
    pub file: String,
    /// What is in it.
    pub text: String,
    /// Without directives, as long as the text.
    pub clean: Preprocessed,
    tree: Tree,
}

impl Source {
    /// Parses a text. Never fails: what is no C is found when a function is read.
    ///
    /// # Panics
    /// If the grammar does not fit the parser, which a build would have shown.
    #[must_use]
    pub fn new(file: &str, text: &str, table: &Table) -> Source {
        let clean = preprocess(text, table);
        let mut parser = Parser::new();
        let language = tree_sitter_c::LANGUAGE.into();
        let tree = parser.set_language(&language).ok().and_then(|()| parser.parse(&clean.text, None));
        let tree = tree.unwrap_or_else(|| panic!("the grammar of C does not fit the parser"));
        Source { file: file.to_owned(), text: text.to_owned(), clean, tree }
    }

    /// The text of each function, comments included.
    #[must_use]
    pub fn texts(&self) -> BTreeMap<&str, &str> {
        let text = |(name, node): (_, Node<'_>)| (name, self.text.get(node.byte_range()).unwrap_or_default());
        self.functions().into_iter().map(text).collect()
    }

    /// The functions that can be lifted, in the order in which they stand.
    #[must_use]
    pub fn liftable(&self, table: &Table) -> Vec<String> {
        let mut all: Vec<_> = self
            .functions()
            .into_iter()
            .filter(|(name, _)| table.get(name).is_some_and(|r| r.role == "function"))
            .collect();
        all.sort_by_key(|(_, node)| node.start_byte());
        all.into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// The statements of all functions, block by block: bytes.
    #[must_use]
    pub fn blocks(&self) -> Vec<Vec<std::ops::Range<usize>>> {
        fn look(node: Node<'_>, out: &mut Vec<Vec<std::ops::Range<usize>>>) {
            let inner = pieces(node);
            if node.kind() == "compound_statement" {
                let unlabelled = |mut n: Node<'_>| {
                    while let ("labeled_statement", Some(last)) = (n.kind(), pieces(n).pop()) {
                        n = last;
                    }
                    n.byte_range()
                };
                out.push(inner.iter().map(|n| unlabelled(*n)).collect());
            } else if ["if_statement", "else_clause", "while_statement", "for_statement"].contains(&node.kind()) {
                // A statement without braces is a block of its own.
                let alone =
                    inner.iter().filter(|n| n.kind().ends_with("_statement") && n.kind() != "compound_statement");
                out.extend(alone.map(|n| vec![n.byte_range()]));
            }
            inner.into_iter().for_each(|n| look(n, out));
        }
        let mut out = Vec::new();
        let mut functions: Vec<_> = self.functions().into_values().collect();
        functions.sort_by_key(Node::start_byte);
        functions.into_iter().for_each(|f| look(f, &mut out));
        out
    }

    /// Conditions and the parts of them that `&&` and `||` join, and numbers: bytes.
    #[must_use]
    pub fn details(&self) -> (Vec<std::ops::Range<usize>>, Vec<std::ops::Range<usize>>) {
        fn look(
            node: Node<'_>,
            conditions: &mut Vec<std::ops::Range<usize>>,
            numbers: &mut Vec<std::ops::Range<usize>>,
        ) {
            match node.kind() {
                "if_statement" => {
                    let inner = node.child_by_field_name("condition").and_then(|c| pieces(c).pop());
                    conditions.extend(inner.map(|n| n.byte_range()));
                }
                "binary_expression" if node.child(1).is_some_and(|o| ["&&", "||"].contains(&o.kind())) => {
                    conditions.extend(pieces(node).iter().map(Node::byte_range));
                }
                "number_literal" => numbers.push(node.byte_range()),
                _ => {}
            }
            pieces(node).into_iter().for_each(|n| look(n, conditions, numbers));
        }
        let (mut conditions, mut numbers) = (Vec::new(), Vec::new());
        self.functions().into_values().for_each(|f| look(f, &mut conditions, &mut numbers));
        (conditions, numbers)
    }

    /// The functions, by name.
    pub fn functions(&self) -> BTreeMap<&str, Node<'_>> {
        let mut out = BTreeMap::new();
        // Without recursion: how deep a file goes is not known yet.
        let mut open = vec![self.tree.root_node()];
        while let Some(node) = open.pop() {
            if node.kind() == "function_definition" {
                if let Some(name) = declarator(node).and_then(|d| d.child_by_field_name("declarator")) {
                    out.insert(self.of(name), node);
                }
                continue;
            }
            let mut cursor = node.walk();
            open.extend(node.children(&mut cursor));
        }
        out
    }

    /// Where the file stops being C outside of a function that could be read: it may have been cut off.
    #[must_use]
    pub fn cut_off(&self) -> Option<Problem> {
        let root = self.tree.root_node();
        let mut cursor = root.walk();
        let whole = |node: &Node<'_>| node.kind() == "function_definition" && !node.is_missing();
        let bad = root.children(&mut cursor).find(|n| n.is_error() && !whole(n))?;
        // What is in braces that never close is one error up to the end.
        let at = bad.start_byte();
        Some(
            Problem::error(
                at..self.text[at..].find('\n').map_or(self.text.len(), |n| at + n),
                "this is no C",
                "up to the end of the file, or for some lines",
            )
            .help("is the file whole? a brace or a parenthesis that never closes reads like that"),
        )
    }

    /// The text of a piece.
    pub fn of(&self, node: Node<'_>) -> &str {
        &self.clean.text[node.byte_range()]
    }

    /// The line of a place, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        impls::text::line(&self.text, at)
    }

    /// One problem, as a message with its line and a caret under the place.
    #[must_use]
    pub fn problem(&self, problem: Problem) -> Problems {
        Problems { file: self.file.clone(), text: self.text.clone(), all: vec![problem] }
    }

    /// Why a function cannot be read at all; `None` if it can.
    pub fn broken(&self, node: Node<'_>) -> Option<Problem> {
        let range = node.byte_range();
        let unknown =
            self.clean.unknown.iter().find(|(lines, _)| lines.start < range.end && range.start < lines.end);
        if let Some((lines, asked)) = unknown {
            let end = self.text[lines.start..].find('\n').map_or(lines.end, |n| lines.start + n);
            return Some(
                Problem::error(
                    lines.start..end,
                    format!("whether `{asked}` holds is not known"),
                    "which side holds?",
                )
                .help("say so with --config FILE, such as the .config of a kernel: a line `CONFIG_X=y` for each; or leave one side of it in the file"),
            );
        }
        if let Some(deep) = deeper_than(node, DEEPEST) {
            let what = format!("this is nested deeper than {DEEPEST} levels of syntax");
            return Some(
                Problem::error(deep.byte_range(), what, "here")
                    .help("move a part of it into a function of its own, or write it as statements"),
            );
        }
        if !node.has_error() {
            return None;
        }
        fn find(node: Node<'_>) -> Option<Node<'_>> {
            if node.is_error() || node.is_missing() {
                return Some(node);
            }
            let mut cursor = node.walk();
            let children: Vec<_> = node.children(&mut cursor).collect();
            children.into_iter().find_map(find)
        }
        let place = find(node).unwrap_or(node);
        let shown: String = self.of(place).chars().take(40).collect();
        let what =
            if place.is_missing() { "something is missing here".to_owned() } else { format!("`{shown}` is no C") };
        Some(
            Problem::error(place.byte_range(), what, "cannot be parsed")
                .help("a macro that is no C by itself: expand it, or add it to the table as an attribute"),
        )
    }
}

/// Levels of syntax in a function; one of the kernel has fifty.
const DEEPEST: usize = 400;

/// The first piece that lies deeper than so many levels.
fn deeper_than(node: Node<'_>, most: usize) -> Option<Node<'_>> {
    let mut open = vec![(node, 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > most {
            return Some(node);
        }
        let mut cursor = node.walk();
        open.extend(node.children(&mut cursor).map(|child| (child, depth + 1)));
    }
    None
}

/// The declarator of a function: its name and parameters.
pub fn declarator(function: Node<'_>) -> Option<Node<'_>> {
    let mut node = function.child_by_field_name("declarator")?;
    while node.kind() != "function_declarator" {
        node = node.child_by_field_name("declarator")?;
    }
    Some(node)
}

/// The name that a declarator declares, and whether it is a pointer.
pub fn declared<'t>(source: &'t Source, mut node: Node<'t>) -> Option<(&'t str, bool)> {
    // An array counts as a pointer.
    let mut pointer = false;
    while node.kind() != "identifier" {
        pointer |= ["pointer_declarator", "array_declarator"].contains(&node.kind());
        node = node.child_by_field_name("declarator")?;
    }
    Some((source.of(node), pointer))
}

/// The name of a type: of a struct without `struct`.
pub fn type_name(source: &Source, declaration: Node<'_>) -> String {
    let Some(node) = declaration.child_by_field_name("type") else { return String::new() };
    let named = node.child_by_field_name("name").unwrap_or(node);
    source.of(named).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pieces of a piece, comments left out.
pub fn pieces(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|n| n.kind() != "comment").collect()
}
