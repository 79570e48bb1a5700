//! The HTTP API as its clients see it: signed requests out, responses or problems in.

mod call;
mod error;
mod health;
mod http;
mod page;
mod signer;
mod smoke_test;

pub(crate) use call::{Answer, Call};
pub(crate) use error::Error;
pub(crate) use health::Patience;
pub(crate) use http::Client;
pub(crate) use signer::Signer;
