//! `redos images list`: the images that redos uses or could use.

use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::list::since;
use super::text_table::{Column, Table};
use super::units::bytes;
use super::{Named, Ui};

/// One image: an item of `kind: ImageList`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// The reference of the image.
    pub image: String,
    /// Which nodes run on it: `redis`, `haproxy`.
    pub runs: &'static str,
    /// Whether a new cluster would run on it.
    pub used: bool,
    /// Its id; `null` when the Engine does not have it.
    pub id: Option<String>,
    /// Its size in bytes; `null` when the Engine does not have it.
    pub size: Option<u64>,
    /// When it was made, RFC 3339; `null` when the Engine does not have it.
    pub created_at: Option<String>,
}

impl Named for Image {
    fn name(&self) -> String {
        self.image.clone()
    }
}

/// The images as a table.
pub fn images_text(images: &[Image], now: SystemTime, ui: &Ui) -> String {
    let mut table = Table::new([
        Column::text("IMAGE"),
        Column::new("RUNS"),
        Column::new("HERE"),
        Column::new("USED BY UP"),
        Column::number("SIZE"),
        Column::new("CREATED"),
    ]);
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    for image in images {
        table.row([
            image.image.clone(),
            image.runs.to_owned(),
            yes(image.id.is_some()),
            yes(image.used),
            image.size.map_or_else(|| "-".to_owned(), bytes),
            since(image.created_at.as_deref(), now),
        ]);
    }
    table.render(ui.width())
}
