//! Shapes for the time line.
//!
//! A lane is drawn 1000 wide and stretched to the page, so that it is as readable on a phone as on a desk. It has only
//! bars, ticks and dots with strokes that do not stretch, and no text.

use std::fmt::{Display, Write};

/// How wide a lane is drawn.
pub(super) const WIDTH: f64 = 1000.0;

/// Shapes of one lane.
#[derive(Clone, Debug, Default)]
pub(super) struct Shapes {
    text: String,
}

impl Shapes {
    /// A bar; `title` is shown under the mouse pointer.
    ///
    /// Bars that touch must have the same edges in the text, or a browser shows a gap. So the edges are rounded first,
    /// and the width is their difference.
    pub(super) fn bar(&mut self, class: &str, x: (f64, f64), y: (f64, f64), title: impl Display) {
        let written = |x: f64| (x.clamp(0.0, WIDTH) * 100.0).round() / 100.0;
        let (left, width) = (written(x.0), (written(x.1) - written(x.0)).max(0.0));
        // Writing to a string cannot fail.
        let _ = write!(
            self.text,
            "<rect class=\"{class}\" x=\"{left:.2}\" y=\"{:.2}\" width=\"{width:.2}\" height=\"{:.2}\">",
            y.0,
            (y.1 - y.0).max(0.0)
        );
        self.title(title);
        self.text.push_str("</rect>");
    }

    /// An upright line.
    pub(super) fn tick(&mut self, class: &str, x: f64, y: (f64, f64), title: impl Display) {
        let _ = write!(self.text, "<path class=\"{class}\" d=\"M{x:.2} {:.2}V{:.2}\">", y.0, y.1);
        self.title(title);
        self.text.push_str("</path>");
    }

    /// Many upright lines or dots as one shape: a line of no length with round ends is a dot.
    pub(super) fn many(&mut self, class: &str, points: impl IntoIterator<Item = (f64, f64, f64)>) {
        let mut path = String::new();
        for (x, from, to) in points {
            let _ = write!(path, "M{x:.1} {from:.1}V{to:.1}");
        }
        if !path.is_empty() {
            let _ = write!(self.text, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    fn title(&mut self, title: impl Display) {
        let title = title.to_string();
        if !title.is_empty() {
            let escaped = title.replace('&', "&amp;").replace('<', "&lt;");
            let _ = write!(self.text, "<title>{escaped}</title>");
        }
    }

    /// The finished picture of this height, in pixels.
    pub(super) fn finish(self, height: f64) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {height}\" preserveAspectRatio=\"none\" height=\"{height}\">{}</svg>",
            self.text
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of an attribute in all shapes.
    fn all(svg: &str, name: &str) -> Vec<f64> {
        let name = format!(" {name}=\"");
        let values = svg.split(&name).skip(1);
        values.map(|rest| rest.split('"').next().expect("a value").parse().expect("a number")).collect()
    }

    #[test]
    fn bars_that_touch_leave_no_seam() {
        let mut shapes = Shapes::default();
        let edge = |number: u32| f64::from(number) * WIDTH / 118.0;
        (0..118).for_each(|number| shapes.bar("ok", (edge(number), edge(number + 1)), (0.0, 1.0), ""));
        let (lefts, widths) = (all(&shapes.text, "x"), all(&shapes.text, "width"));
        for (index, (left, width)) in lefts.iter().zip(&widths).enumerate() {
            let next = lefts.get(index + 1).copied().unwrap_or(WIDTH);
            assert!(
                (left + width - next).abs() < 0.001,
                "bar {index} ends at {} and the next begins at {next}",
                left + width
            );
        }
    }
}
