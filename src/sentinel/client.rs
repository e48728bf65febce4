//! [`super::Servers`] over the wire.
