//! A timeline as a picture for slides and documents: a lifeline for each actor, the telling steps on them,
//! what they change beside.
//!
//! The text in it can be selected and searched; the colours follow the reader's choice of light or dark where
//! it is shown as a picture of its own.

use super::html::{sentence, title};
use super::story::{Mark, marks};
use super::timeline::{DRAIN, actor_name, cell, effects, for_ever, telling, wrap};
use super::witness::Witness;
use maud::{Markup, PreEscaped, html};
use oracle::Row;

const STYLE: &str = "\
text{font:13px ui-monospace,'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace;fill:#16191c;white-space:pre}\
.page{fill:#fff}.title{font-weight:bold;font-size:17px}.soft{fill:#555c64}.change{fill:#0a5a2a}\
.loud{fill:#b00020;font-weight:bold}.band{fill:#fdecee}.life{stroke:#c8ccd0}.dot{fill:#0b4fa8}.hit{fill:#b00020}\
@media (prefers-color-scheme:dark){text{fill:#e4e7ea}.page{fill:#14171a}.soft{fill:#a3abb3}.change{fill:#8be0a8}\
.loud{fill:#ff8f9c}.band{fill:#3a1b20}.life{stroke:#3b4249}.dot{fill:#8ab8ff}.hit{fill:#ff8f9c}}";

/// The width of a character, a little more than any of the fonts has.
const CHAR: f64 = 7.9;
const LINE: f64 = 18.0;
const MARGIN: f64 = 20.0;
/// Characters of the columns: step number, changes.
const STEP: usize = 6;
const CHANGES: usize = 36;
/// Between the lifeline and what stands beside it.
const DOT: f64 = 12.0;

/// The telling steps of the losing version.
#[must_use]
pub fn timeline_svg(witness: &Witness) -> String {
    let mut picture = Picture::new(witness);
    picture.draw();
    picture.finish()
}

struct Picture<'a> {
    witness: &'a Witness,
    actors: usize,
    /// Characters of an actor's column.
    column: usize,
    /// The bands and dots, under all text.
    under: Vec<Markup>,
    text: Vec<Markup>,
    y: f64,
}

impl Picture<'_> {
    fn new(witness: &Witness) -> Picture<'_> {
        let actors = witness.case.programs.actors as usize;
        let column = match actors {
            1 => 48,
            2 => 38,
            _ => 30,
        };
        Picture { witness, actors, column, under: Vec::new(), text: Vec::new(), y: MARGIN }
    }

    fn characters(&self) -> usize {
        STEP + self.actors * (self.column + 2) + CHANGES
    }

    fn width(&self) -> f64 {
        2.0 * MARGIN + self.characters() as f64 * CHAR
    }

    /// Where an actor's lifeline is.
    fn life(&self, actor: usize) -> f64 {
        MARGIN + (STEP + actor * (self.column + 2)) as f64 * CHAR
    }

    fn write(&mut self, class: &str, x: f64, y: f64, text: &str) {
        self.text.push(html! { text class=(class) x=(number(x)) y=(number(y)) { (text) } });
    }

    fn paragraph(&mut self, class: &str, text: &str) {
        for line in wrap(text, " ", self.characters()) {
            self.y += LINE;
            self.write(class, MARGIN, self.y, &line);
        }
    }

    fn draw(&mut self) {
        let side = &self.witness.losing;
        self.y += 4.0;
        self.paragraph("title", &title(self.witness));
        self.paragraph("soft", &format!("{} [{}]", side.version.title, side.version.provenance.source));
        self.paragraph("", &sentence(self.witness));
        self.y += 2.0 * LINE;
        let top = self.y + 6.0;
        for actor in 0..self.actors {
            let name = actor_name(&self.witness.case, actor);
            self.write("title", self.life(actor), self.y, &name);
        }
        self.y += 8.0;
        let mut drained = false;
        for row in side.rows() {
            let marks = marks(&self.witness.case, &side.trace, row);
            if marks.is_empty() && !telling(row, self.actors) {
                continue;
            }
            if !drained && row.step > side.trace.summary.program_steps {
                drained = true;
                self.y += LINE;
                self.write("soft", self.life(0) + DOT, self.y, DRAIN);
            }
            self.row(row, &marks);
        }
        if let Some(cycle) = side.trace.cycle {
            self.y += LINE;
            self.write("soft", self.life(0) + DOT, self.y, &for_ever(cycle));
        }
        for actor in 0..self.actors {
            let x = number(self.life(actor));
            self.under.insert(0, html! { line.life x1=(x) x2=(x) y1=(number(top)) y2=(number(self.y + 6.0)) {} });
        }
        self.y += LINE;
        self.paragraph("soft", &format!("case: {}", self.witness.case));
    }

    fn row(&mut self, row: &Row, marks: &[Mark]) {
        let top = self.y + 4.0;
        let actor = row.event.transition.actor().or(row.event.transition.cpu()).unwrap_or(0);
        let steps = wrap(&cell(row, self.actors), " ", self.column - 2);
        let changes = wrap(&effects(row, self.actors).join(", "), ", ", CHANGES);
        let first = self.y + LINE;
        self.write("soft", MARGIN, first, &format!("{:>4}", row.step));
        for (n, line) in steps.iter().enumerate() {
            self.write("", self.life(actor) + DOT, first + n as f64 * LINE, line);
        }
        for (n, line) in changes.iter().enumerate() {
            self.write("change", self.life(self.actors), first + n as f64 * LINE, line);
        }
        self.y += steps.len().max(changes.len()) as f64 * LINE;
        for mark in marks {
            let text = mark.to_string();
            let text = text.trim_start_matches("<== ");
            for line in wrap(text, " ", self.characters() - STEP) {
                self.y += LINE;
                self.write("loud", self.life(0) + DOT, self.y, &line);
            }
        }
        let class = if marks.is_empty() { "dot" } else { "hit" };
        if !marks.is_empty() {
            let (width, height) = (self.width() - MARGIN, self.y + 4.0 - top);
            self.under.push(html! {
                rect.band x=(number(MARGIN / 2.0)) y=(number(top)) width=(number(width)) height=(number(height)) rx="3" {}
            });
        }
        self.under.push(
            html! { circle class=(class) cx=(number(self.life(actor))) cy=(number(first - 4.5)) r="3.5" {} },
        );
    }

    fn finish(self) -> String {
        let (width, height) = (number(self.width()), number(self.y + MARGIN));
        let picture = html! {
            svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}"))
                role="img" aria-labelledby="title description" {
                title id="title" { (title(self.witness)) }
                desc id="description" { (sentence(self.witness)) }
                style { (PreEscaped(STYLE)) }
                rect.page width=(width) height=(height) {}
                @for shape in &self.under { (shape) }
                @for text in &self.text { (text) }
            }
        };
        picture.into_string() + "\n"
    }
}

/// Short, and the same on every machine.
fn number(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
