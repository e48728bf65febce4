//! Walks a plan: runs every step as soon as the steps that it waits for are done, reports events, decides nothing.
