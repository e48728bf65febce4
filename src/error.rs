//! Failure kinds, hints and exit codes.
