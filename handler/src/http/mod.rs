//! HTTP: routes, preconditions and problem details.

mod preconditions;
mod problem;
mod router;

pub use problem::Problem;
pub use router::{MAX_BODY, REQUEST_ID, RequestId, router};
