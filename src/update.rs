//! Progress and remarks of an effect while it works.
//!
//! It is on the ground floor, so that every room may use it.

/// One update. The listener draws it, prints it as a line or as JSON, or ignores it.
#[derive(Clone, Debug)]
pub enum Update {
    /// The progress of a subject, such as the pull of an image.
    Progress {
        /// The subject: an image reference.
        subject: String,
        /// What is happening: "pulling", "unpacking".
        text: String,
        /// Done and total in bytes, if they are known.
        bytes: Option<(u64, u64)>,
    },
    /// A remark for the user that is neither progress nor an error.
    Remark(String),
}
