//! The engine and the servers in memory, for properties of the planner.
