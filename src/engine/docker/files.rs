//! Files in a node's volume, through the Engine's archive endpoint.
//!
//! It works whether the node runs or not, and needs no program in the image.

use std::collections::BTreeSet;
use std::io::Read;

use anyhow::anyhow;
use bollard::query_parameters::{ContainerArchiveInfoOptions, DownloadFromContainerOptions, UploadToContainerOptions};
use bytes::Bytes;
use futures_util::TryStreamExt;
use tar::{Builder, EntryType, Header};

use super::{DockerEngine, errors, timestamps};
use crate::cluster::observed::DataFacts;
use crate::engine::{EngineError, EngineErrorKind, NodeFile, Result};
use crate::spec::{ClusterName, NODE_DIR, NODE_UID, NodeId};

/// A folder in a node's volume at which the volume is mounted once more.
///
/// An archive entry of this name is the volume's root. An Engine ignores an entry `.`, and since 28.5 it refuses one
/// that names the root from its parent (`../data`).
pub const SELF: &str = ".self";
/// Bytes of a header of a tar archive; files are padded to multiples of it.
const TAR_BLOCK: usize = 512;
/// The mode of folders that redos creates.
const FOLDER_MODE: u32 = 0o700;

/// Writes files into a node's volume.
pub async fn write(engine: &DockerEngine, cluster: &ClusterName, node: NodeId, files: &[NodeFile]) -> Result<()> {
    let name = node.container_name(cluster);
    let operation = || format!("write the configuration of {name}");
    let tar = archive(files).map_err(|error| EngineError::new(EngineErrorKind::Other, operation(), error))?;
    let options = UploadToContainerOptions { path: NODE_DIR.to_owned(), ..Default::default() };
    let body = bollard::body_full(Bytes::from(tar));
    let uploaded = engine.docker.upload_to_container(&name, Some(options), body).await;
    uploaded.map_err(|error| engine.failed(operation(), error))
}

/// Reads a file of a container. `None` where it does not exist.
pub async fn read(engine: &DockerEngine, container: &str, path: &str) -> Result<Option<Vec<u8>>> {
    let options = DownloadFromContainerOptions { path: path.to_owned() };
    let download = engine.docker.download_from_container(container, Some(options));
    let tar = download.try_fold(Vec::new(), |mut all, chunk| async move {
        all.extend_from_slice(&chunk);
        Ok(all)
    });
    let tar = match tar.await {
        Ok(tar) => tar,
        Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => {
            let missing = errors::message(&error).contains("No such container");
            return if missing { Err(engine.failed(format!("read {path} of {container}"), error)) } else { Ok(None) };
        }
        Err(error) => return Err(engine.failed(format!("read {path} of {container}"), error)),
    };
    let failed =
        |error: anyhow::Error| EngineError::new(EngineErrorKind::Other, format!("read {path} of {container}"), error);
    let mut archive = tar::Archive::new(tar.as_slice());
    for entry in archive.entries().map_err(|error| failed(error.into()))? {
        let mut entry = entry.map_err(|error| failed(error.into()))?;
        if entry.header().entry_type() == EntryType::Regular {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(|error| failed(error.into()))?;
            return Ok(Some(content));
        }
    }
    Err(failed(anyhow!("it is not a file")))
}

/// Size and last change of a file of a container. `None` where it does not exist.
///
/// The Engine answers without an archive of the file, which would take it three times as long.
pub async fn facts(engine: &DockerEngine, container: &str, path: &str) -> Result<Option<DataFacts>> {
    let options = ContainerArchiveInfoOptions { path: path.to_owned() };
    match engine.docker.get_container_archive_info(container, Some(options)).await {
        Ok(stat) => Ok(stat
            .modification_time
            .as_deref()
            .and_then(timestamps::seconds)
            .and_then(|changed_at| Some(DataFacts { changed_at, bytes: u64::try_from(stat.size).ok()? }))),
        Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => Ok(None),
        Err(error) => Err(engine.failed(format!("look at {path} of {container}"), error)),
    }
}

/// Whether a file of a container belongs to this user. `None` where it does not exist.
pub async fn belongs_to(engine: &DockerEngine, container: &str, path: &str, user: u32) -> Result<Option<bool>> {
    let headers = headers(engine, container, path, 1).await?;
    Ok(headers.first().and_then(|header| Some(header.uid().ok()? == u64::from(user))))
}

/// Whether a folder exists and has something in it.
pub async fn is_filled(engine: &DockerEngine, container: &str, folder: &str) -> Result<bool> {
    Ok(headers(engine, container, folder, 2).await?.len() == 2)
}

/// The first headers of the archive that the Engine makes of a path.
///
/// A folder's own header comes before those of its files. There are fewer if the archive is shorter; none if the path
/// does not exist.
async fn headers(engine: &DockerEngine, container: &str, path: &str, most: usize) -> Result<Vec<Header>> {
    let options = DownloadFromContainerOptions { path: path.to_owned() };
    let mut download = std::pin::pin!(engine.docker.download_from_container(container, Some(options)));
    let mut head = Vec::new();
    // A name of up to 100 bytes needs no further header, and none of redos's files has a longer one.
    while head.len() < most * TAR_BLOCK {
        match download.try_next().await {
            Ok(Some(chunk)) => head.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) if errors::status(&error) == Some(errors::NOT_FOUND) => return Ok(Vec::new()),
            Err(error) => return Err(engine.failed(format!("look at {path} of {container}"), error)),
        }
    }
    let header = |block: &[u8]| {
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(block);
        header
    };
    // An archive ends with empty blocks.
    let blocks = head.chunks_exact(TAR_BLOCK).take(most).take_while(|block| block.iter().any(|byte| *byte != 0));
    Ok(blocks.map(header).collect())
}

/// The files as a tar archive for [`NODE_DIR`], with all folders from the volume's root.
fn archive(files: &[NodeFile]) -> anyhow::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    // Without it a new volume stays root's.
    let mut folders = BTreeSet::from([SELF.to_owned()]);
    let mut entries = Vec::new();
    for file in files {
        let path = file.path.strip_prefix(NODE_DIR).and_then(|path| path.strip_prefix('/'));
        let path = path.filter(|path| !path.is_empty() && !path.split('/').any(|part| matches!(part, "" | "." | "..")));
        let path = path.ok_or_else(|| anyhow!("{} is not a path in {NODE_DIR}", file.path))?;
        folders.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
        entries.push((path, file));
    }
    for folder in &folders {
        tar.append(&header(folder, EntryType::Directory, FOLDER_MODE, 0)?, std::io::empty())?;
    }
    for (path, file) in entries {
        let header = header(path, EntryType::Regular, file.mode, file.content.len())?;
        tar.append(&header, file.content.as_slice())?;
    }
    Ok(tar.into_inner()?)
}

/// A header of the node's user. The name is set by hand: the library refuses `..`.
fn header(path: &str, kind: EntryType, mode: u32, size: usize) -> anyhow::Result<Header> {
    let mut header = Header::new_gnu();
    let field = &mut header.as_old_mut().name;
    let bytes = path.as_bytes();
    // A zero byte ends the field.
    if bytes.len() >= field.len() {
        return Err(anyhow!("the path {path} is too long"));
    }
    field[..bytes.len()].copy_from_slice(bytes);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(NODE_UID.into());
    header.set_gid(NODE_UID.into());
    header.set_size(size as u64);
    header.set_cksum();
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> NodeFile {
        NodeFile { path: path.to_owned(), content: b"x".to_vec(), mode: 0o400 }
    }

    #[test]
    fn folders_come_first_and_everything_belongs_to_the_node() {
        let tar = archive(&[file("/data/conf/a"), file("/data/conf/deep/b")]).expect("a tar");
        let mut entries = tar::Archive::new(tar.as_slice());
        let entries = entries.entries().expect("entries").map(|entry| {
            let entry = entry.expect("an entry");
            let header = entry.header();
            assert_eq!(header.uid().expect("an owner"), u64::from(NODE_UID));
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            (name, header.mode().expect("a mode"))
        });
        let expected =
            [(".self", 0o700), ("conf", 0o700), ("conf/deep", 0o700), ("conf/a", 0o400), ("conf/deep/b", 0o400)];
        assert_eq!(entries.collect::<Vec<_>>(), expected.map(|(name, mode)| (name.to_owned(), mode)));
    }

    #[test]
    fn a_path_outside_is_refused() {
        for bad in ["/etc/passwd", "/data", "/data/", "/data/../etc/x", "/database/x", "data/x", "/data//x"] {
            assert!(archive(&[file(bad)]).is_err(), "{bad}");
        }
    }
}
