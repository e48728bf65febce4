//! The page of `redos serve`, and the documents that keep it current.

use minijinja::{Environment, context};
use schemars::JsonSchema;
use serde::Serialize;

use super::logs::EventDocument;
use crate::error::Failure;
use crate::spec::{API_VERSION, ClusterName};
use crate::view::{History, Sample, Told, ViewMoment};

const TEMPLATE: &str = include_str!("../../templates/serve.html");
/// The name of the template. Its extension makes the renderer escape.
const NAME: &str = "serve.html";

/// Renders the page. Only style and script with this nonce count in a browser.
///
/// # Errors
/// None: the template has what it names.
pub fn live_page(cluster: &ClusterName, nonce: &str) -> Result<String, Failure> {
    let mut environment = Environment::new();
    environment.add_template(NAME, TEMPLATE).map_err(anyhow::Error::new)?;
    let template = environment.get_template(NAME).map_err(anyhow::Error::new)?;
    Ok(template.render(context! { cluster => cluster.as_str(), nonce }).map_err(anyhow::Error::new)?)
}

/// `kind: Live`: what a page that shows a cluster does not have yet.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveDocument<'a> {
    pub api_version: &'static str,
    /// Always `Live`, the kind of document.
    pub kind: &'static str,
    /// Whether the moments are all that there are, and not only new ones.
    pub is_complete: bool,
    /// The last look; `null` before the first.
    pub sample: Option<&'a Sample>,
    /// The moments after those that were told, oldest first.
    pub moments: Vec<&'a ViewMoment>,
    /// The last events, oldest first; `null` when there is no new one.
    pub events: Option<Vec<EventDocument<'a>>>,
}

impl<'a> LiveDocument<'a> {
    /// The document for a page that has this much already.
    pub fn since(history: &'a History, told: Told) -> Self {
        let has_news = told.events != history.told().events || told == Told::default();
        Self {
            api_version: API_VERSION,
            kind: "Live",
            is_complete: told.moments == 0,
            sample: history.latest(),
            moments: history.moments_after(told).collect(),
            events: has_news.then(|| history.events().iter().map(EventDocument::new).collect()),
        }
    }
}

/// `kind: ReportList`: the reports of failover tests in a folder.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedReport {
    /// The name of its folder.
    pub name: String,
    /// The path of its page.
    pub path: String,
    /// What was tested, such as `kill`.
    pub scenario: String,
    /// `pass`, `fail` or `invalid`.
    pub verdict: String,
    /// When the test began, RFC 3339.
    pub date: String,
}
