//! The verdict of a failover test: that it passes what is good, and that nothing bad gets past it.

mod model;
mod mutants;
mod verdict;
