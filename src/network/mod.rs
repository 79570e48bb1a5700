//! How umb reaches the network: directly or through a proxy, and whose certificates it trusts. AWS's SDKs and the client of
//! the HTTP API go the same way.

mod connector;
mod error;
mod proxies;
mod trust;
mod uplink;

pub(crate) use connector::{Network, Route};
pub(crate) use error::{Error, Unreached};
pub(crate) use trust::CaBundle;
pub(crate) use uplink::upload_time;
