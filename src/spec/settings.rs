//! Settings: flags, environment, file and defaults become a [`super::Spec`].
