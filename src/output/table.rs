//! Tables: no borders, two spaces between columns, readable at 80 columns and by `awk`.

use comfy_table::{CellAlignment, ContentArrangement, Row, presets};

/// A table under construction.
pub struct Table {
    table: comfy_table::Table,
    /// Columns of numbers, which are aligned to the right.
    numbers: Vec<usize>,
}

impl Table {
    /// A table with these headings. One that begins with `>` is of numbers, aligned to the right.
    pub fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let numbers = (0..headings.len()).filter(|column| headings[*column].starts_with('>')).collect();
        table.set_header(Row::from(headings.iter().map(|heading| heading.trim_start_matches('>')).collect::<Vec<_>>()));
        Self { table, numbers }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells.into_iter().collect::<Vec<_>>());
    }

    /// The finished text. Where it is wider than `width` columns, long cells are wrapped.
    pub fn render(mut self, width: Option<u16>) -> String {
        if let Some(width) = width {
            self.table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        for (index, column) in self.table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if self.numbers.contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<String> = self.table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&["NODE", "STATE", ">OFFSET", "WHY"]);
        table.row(["redis-1", "running", "1234567", ""].map(str::to_owned));
        table.row(["redis-2", "exited", "-", "it exited with code 137, out of memory"].map(str::to_owned));
        table
    }

    #[test]
    fn columns_line_up_and_numbers_are_to_the_right() {
        let wanted = "\
NODE     STATE     OFFSET  WHY
redis-1  running  1234567
redis-2  exited         -  it exited with code 137, out of memory";
        assert_eq!(sample().render(None), wanted);
    }

    #[test]
    fn what_is_too_wide_is_wrapped() {
        let text = sample().render(Some(50));
        assert!(text.lines().all(|line| line.chars().count() <= 50), "{text}");
        assert!(text.contains("redis-2  exited         -"), "{text}");
    }
}
