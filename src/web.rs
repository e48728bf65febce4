//! HTTP for one page, read only, on the loopback address, for whoever has its token. It knows nothing of clusters.

mod gatekeeper;
mod server;

pub use gatekeeper::Gatekeeper;
pub use server::{Content, ContentKind, Site, serve};
