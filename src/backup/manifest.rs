//! What a backup says of itself: JSON in a skippable frame at the end of the file; pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checksum::crc64;
use crate::spec::images::Release;
use crate::spec::{ClusterName, Group, NodeId};

/// The format that this redos writes, and the newest that it reads.
pub const FORMAT: u32 = 1;
/// The magic number of a skippable frame of zstd.
const SKIPPABLE: u32 = 0x184d_2a5b;
/// The last bytes of a backup.
const SIGNATURE: &[u8; 8] = b"redosbak";
/// The bytes after the JSON: its checksum, its length, the signature.
pub const TRAILER: usize = 8 + 4 + SIGNATURE.len();
/// The bytes before the JSON: the magic number and the length of the frame.
const FRAME_HEADER: usize = 8;
/// The longest JSON. The settings of a cluster take a few kB.
const JSON_MAX: usize = 1024 * 1024;

/// What a backup holds, without any secret.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The format of the file.
    pub format_version: u32,
    /// The version of redos that wrote it.
    pub redos_version: String,
    /// When the snapshot was begun, RFC 3339.
    pub created_at: String,
    pub cluster: ClusterName,
    pub group: Group,
    /// The node that sent the snapshot.
    pub node: NodeId,
    /// Whether that node was the master.
    pub from_master: bool,
    /// The server and its version.
    pub server: Release,
    /// The version of the RDB format.
    pub rdb_version: u32,
    /// The id of the replication history.
    pub replication_id: String,
    /// The offset in that history.
    pub replication_offset: i64,
    /// The number of keys in all databases.
    pub keys: u64,
    /// How many of them expire.
    pub expiring_keys: u64,
    /// Whether the numbers are those of the snapshot itself. With several databases they are those of a moment before.
    pub keys_are_exact: bool,
    /// The size of the RDB in bytes, uncompressed.
    pub rdb_bytes: u64,
    /// The SHA-256 of the RDB.
    pub rdb_sha256: String,
    /// Whether the file was written encrypted. If not, whoever has it can read the data.
    pub encrypted: bool,
    /// The settings of the cluster.
    pub settings: serde_json::Value,
}

/// The version alone, which every format has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyFormat {
    format_version: u32,
}

/// Why the end of a file is not a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoManifest {
    /// The signature is missing.
    Missing,
    /// It is not what was written.
    Damaged(String),
    /// It has this format, which is newer.
    Newer(u32),
}

/// The manifest as a frame that every zstd program skips.
///
/// # Errors
/// It cannot be written as JSON.
pub fn frame(manifest: &Manifest) -> serde_json::Result<Vec<u8>> {
    let json = serde_json::to_vec(manifest)?;
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    Ok([
        &SKIPPABLE.to_le_bytes(),
        &length(json.len() + TRAILER),
        json.as_slice(),
        &crc64(0, &json).to_le_bytes(),
        &length(json.len()),
        SIGNATURE,
    ]
    .concat())
}

/// The length of the JSON, by the trailer of the file.
///
/// # Errors
/// It is no trailer.
pub fn json_length(trailer: &[u8]) -> Result<usize, NoManifest> {
    let rest = trailer.strip_suffix(SIGNATURE).ok_or(NoManifest::Missing)?;
    let length = rest.last_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(NoManifest::Missing)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > JSON_MAX {
        return Err(NoManifest::Damaged("the length of its manifest is wrong".to_owned()));
    }
    Ok(length)
}

/// The length of the whole frame with a JSON of this length.
pub const fn frame_length(json: usize) -> usize {
    FRAME_HEADER + json + TRAILER
}

/// Parses the JSON and the trailer after it.
///
/// # Errors
/// It is not what was written, or of a newer format.
pub fn parse(json_and_trailer: &[u8]) -> Result<Manifest, NoManifest> {
    let damaged = |why: String| NoManifest::Damaged(format!("its manifest {why}"));
    let length = json_length(json_and_trailer)?;
    let (json, trailer) = json_and_trailer.split_at_checked(length).ok_or(NoManifest::Missing)?;
    if trailer.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) != Some(crc64(0, json)) {
        return Err(damaged("has a wrong checksum".to_owned()));
    }
    let AnyFormat { format_version } = serde_json::from_slice(json).map_err(|error| damaged(error.to_string()))?;
    if format_version > FORMAT {
        return Err(NoManifest::Newer(format_version));
    }
    serde_json::from_slice(json).map_err(|error| damaged(format!("is not understood: {error}")))
}
