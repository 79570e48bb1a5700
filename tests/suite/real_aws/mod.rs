//! What AWS does that emulators do not, played in front of one.

mod account;
mod api;
mod cycle;
mod templates;
mod waits;
