//! Spec, addresses and secrets to configuration texts.
