//! What an effect tells the user while it works: the ground floor of events, which every room may use.

/// One update. The listener draws it, prints it as a line or as JSON, or ignores it.
#[derive(Clone, Debug)]
pub enum Update {
    /// Something with progress of its own, such as the pull of an image.
    Progress {
        /// What it is about: an image reference.
        subject: String,
        /// What is happening: "pulling", "unpacking".
        text: String,
        /// Done and total, in bytes, when known.
        bytes: Option<(u64, u64)>,
    },
    /// A remark for the user that is neither progress nor an error.
    Remark(String),
}
