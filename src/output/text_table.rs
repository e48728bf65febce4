//! Tables: no borders, two spaces between columns, readable at 80 columns and by `awk`.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets};
use console::measure_text_width;

/// Spaces between two columns.
const GAP: usize = 2;

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    heading: Cow<'static, str>,
    alignment: CellAlignment,
    is_optional: bool,
    wraps: bool,
    is_left_out: bool,
}

impl Column {
    /// Names, words, addresses: never broken into lines.
    pub fn new(heading: impl Into<Cow<'static, str>>) -> Self {
        Self {
            heading: heading.into(),
            alignment: CellAlignment::Left,
            is_optional: false,
            wraps: false,
            is_left_out: false,
        }
    }

    /// Numbers, aligned to the right.
    pub fn number(heading: impl Into<Cow<'static, str>>) -> Self {
        Self { alignment: CellAlignment::Right, ..Self::new(heading) }
    }

    /// Sentences: broken into lines where the table is too wide.
    pub fn text(heading: impl Into<Cow<'static, str>>) -> Self {
        Self { wraps: true, ..Self::new(heading) }
    }

    /// Left out where the table is too wide; the rightmost column first.
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Left out unless `wanted`.
    pub fn only_if(self, wanted: bool) -> Self {
        Self { is_left_out: !wanted, ..self }
    }
}

/// A table that is being built.
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row with a cell for each column, also for those that are left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The finished text, made to fit `width` columns as far as possible.
    ///
    /// A line below it names the columns that are left out.
    pub fn render(self, width: Option<u16>) -> String {
        let shown = self.shown(width.map(usize::from));
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        table.set_header(shown.iter().map(|index| &*self.columns[*index].heading));
        for row in &self.rows {
            table.add_row(shown.iter().filter_map(|index| row.get(*index)));
        }
        for (position, drawn) in table.column_iter_mut().enumerate() {
            let column = &self.columns[shown[position]];
            drawn.set_padding((0, if position + 1 == shown.len() { 0 } else { GAP as u16 }));
            drawn.set_cell_alignment(column.alignment);
            if !column.wraps {
                drawn.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.extend(width.and_then(|width| self.left_out(width, &shown)));
        lines.join("\n")
    }

    /// A line that names the columns which a wider terminal would show.
    fn left_out(&self, width: u16, shown: &[usize]) -> Option<String> {
        let is_missing = |(index, column): &(usize, &Column)| !column.is_left_out && !shown.contains(index);
        let missing = self.columns.iter().enumerate().filter(is_missing).map(|(_, column)| &*column.heading);
        let missing = missing.collect::<Vec<_>>().join(", ");
        (!missing.is_empty()).then(|| format!("(left out at {width} columns: {missing})"))
    }

    /// The columns that are shown at this width.
    fn shown(&self, width: Option<usize>) -> Vec<usize> {
        let mut shown: Vec<usize> = (0..self.columns.len()).filter(|index| !self.columns[*index].is_left_out).collect();
        let needed = |shown: &[usize]| {
            let widths: usize = shown.iter().map(|index| self.content_width(*index)).sum();
            widths + GAP * shown.len().saturating_sub(1)
        };
        while width.is_some_and(|width| needed(&shown) > width) {
            let Some(position) = shown.iter().rposition(|index| self.columns[*index].is_optional) else { break };
            shown.remove(position);
        }
        shown
    }

    fn content_width(&self, index: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(index)).flat_map(|cell| cell.lines());
        cells.chain([&*self.columns[index].heading]).map(measure_text_width).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let columns = [
            Column::new("NODE"),
            Column::new("STATE"),
            Column::new("ABSENT").only_if(false),
            Column::number("OFFSET"),
            Column::new("ADDRESS").optional(),
            Column::text("WHY"),
        ];
        let mut table = Table::new(columns);
        table.row(["redis-1", "running", "x", "1234567", "172.18.255.223", ""].map(str::to_owned));
        let why = "it exited with code 137, out of memory";
        table.row(["redis-2", "exited", "x", "-", "172.18.255.222", why].map(str::to_owned));
        table
    }

    #[test]
    fn columns_line_up_and_numbers_are_to_the_right() {
        let wanted = "\
NODE     STATE     OFFSET  ADDRESS         WHY
redis-1  running  1234567  172.18.255.223
redis-2  exited         -  172.18.255.222  it exited with code 137, out of memory";
        assert_eq!(sample().render(None), wanted);
    }

    #[test]
    fn what_is_too_wide_loses_optional_columns_then_breaks_sentences_but_never_names() {
        let wanted = "\
NODE     STATE     OFFSET  WHY
redis-1  running  1234567
redis-2  exited         -  it exited with code 137,
                           out of memory
(left out at 52 columns: ADDRESS)";
        assert_eq!(sample().render(Some(52)), wanted);
    }
}
