//! The HTTP API of the user-management backend.
//!
//! One [`router`](router::router) serves every front: the Lambda function ([`lambda`]), the local
//! stage and the tests. It knows users ([`user`]) and which state of them a request means ([`revision`]),
//! keeps them in DynamoDB ([`store`]) and answers errors as RFC 9457 problem details ([`problem`]).
//!
//! Data flows one way: a request's JSON text becomes DynamoDB attribute values ([`json`]), those
//! become a valid user, and the store writes it in one call. No step holds a number as a float.

pub mod contract;
pub mod json;
pub mod lambda;
pub mod log;
pub mod problem;
pub mod revision;
pub mod router;
pub mod store;
pub mod user;
