//! Getting the images.
