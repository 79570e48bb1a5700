//! The integration tests: the real binary, in a hermetic environment, against real peers.
//!
//! One file per command, one for what several share. They are one test binary, so that one
//! One MiniStack serves them all; every test has its own account and home folder.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that cannot go on should say where and stop"
)]

mod acceptance;
mod architecture;
mod artifact;
mod aws_requests;
mod bootstrap;
mod bulk;
mod bulk_interrupted;
mod chaos;
mod cloud;
mod connection;
mod contract;
mod drift;
mod errors;
mod failures;
mod first_contact;
mod function;
mod harness;
mod iam;
mod init;
mod interrupts;
mod json;
mod local;
mod local_auth;
mod permissions;
mod pipeline;
mod plan;
mod properties;
mod protection;
mod real_aws;
mod recovery;
mod round_trip;
mod status;
mod synth;
mod terminal;
mod transfer;
mod upgrade;
mod users;
