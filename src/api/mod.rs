//! The HTTP API as its clients see it: signed requests out, answers or problems in.

mod client;
mod document;
mod error;
mod health;
mod signer;
mod smoke_test;

pub(crate) use client::{Answer, Call, Client};
pub(crate) use document::{compact, members, pretty};
pub(crate) use error::Error;
pub(crate) use signer::Signer;
