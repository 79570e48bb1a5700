//! The HTTP API as its clients see it: signed requests out, answers or problems in.

mod client;
mod document;
mod error;
mod health;

pub(crate) use client::{Client, Signer, path_segment};
pub(crate) use document::pretty;
pub(crate) use error::Error;
