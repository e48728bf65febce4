//! The proxy: its statistics and its Runtime API.
