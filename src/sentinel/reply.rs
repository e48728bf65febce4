//! Parsers of what servers answer, pure.
