//! The HTTP API of the user-management backend.
//!
//! One [`router`](http::router) serves every front: the Lambda function ([`lambda`]), the local stage and the tests. It
//! reads requests and returns errors as RFC 9457 problem details ([`http`]). Below it is what knows no HTTP: users
//! ([`user`]), the states that they are in ([`revision`]), and DynamoDB ([`store`]).
//!
//! Data flows one way: a request's JSON text becomes DynamoDB attribute values ([`json`]), those become a valid user, and
//! the store writes it in one call. No step holds a number as a float.

pub mod contract;
pub mod http;
pub mod json;
pub mod lambda;
pub mod log;
pub mod revision;
pub mod store;
pub mod user;
