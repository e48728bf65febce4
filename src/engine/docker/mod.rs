//! The Docker Engine API; the only place that names bollard.
