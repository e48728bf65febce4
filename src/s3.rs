//! Files in buckets: S3, and servers that speak its protocol (MinIO, Ceph, …).
//!
//! [`account`] finds credentials where the tools of AWS look for them. A [`Bucket`] makes one small request after the other
//! over a [`wire`], so that little is in memory and whatever breaks is made again. [`ObjectReader`] and [`Upload`] look like
//! files to code that blocks.

pub mod account;
pub mod address;
pub mod bucket;
pub mod error;
pub mod reader;
pub mod upload;
mod wire;

pub use account::Account;
pub use address::ObjectAddress;
pub use bucket::Bucket;
pub use error::S3Error;
pub use reader::ObjectReader;
pub use upload::Upload;
