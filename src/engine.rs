//! Effect 1, containers: small traits, by who needs them.
//!
//! [`docker`] implements them on the Docker Engine API and is the only place that names its client. [`sim`] implements
//! them in memory, for tests of the planner and of the verbs.
//!
//! Carrying out a plan takes [`Nodes`] and [`Clusters`]; faults take [`Containers`](containers::Containers), the lock
//! of a cluster [`Locks`](lock::Locks), images [`ImageStore`], logs and programs in nodes [`Streams`], and what has to
//! be known before a cluster is changed [`Probes`]. A verb gets an [`Engine`], which has all of them.
//!
//! Errors name the operation and the target.

mod clusters;
pub mod containers;
pub mod damage;
pub mod docker;
pub mod error;
pub mod fleet;
mod hosted;
pub mod image;
pub mod lock;
mod nodes;
mod probes;
#[cfg(feature = "testing")]
pub mod sim;
pub mod stored;
pub mod streams;

pub use clusters::{ClusterSummary, Clusters, Conflict, EngineVersion, INSPECT_LIMIT};
pub use error::{EngineError, EngineErrorKind, Result};
pub use hosted::{Hosted, conflicts_on, in_time, survey};
pub use image::ImageStore;
pub use nodes::{NodeFile, NodeProgram, Nodes};
pub use probes::{AppendOnlyStream, DataStream, FileStream, Probes, StoodIn, Tried};
pub use streams::Streams;

pub use crate::cluster::desired::NodeSpec;

use crate::dial::Dial;

/// All that a verb may ask of a container engine.
pub trait Engine:
    Clusters + Nodes + containers::Containers + lock::Locks + ImageStore + Probes + Streams + Dial + Hosted
{
}

impl<T: Clusters + Nodes + containers::Containers + lock::Locks + ImageStore + Probes + Streams + Dial + Hosted> Engine
    for T
{
}
