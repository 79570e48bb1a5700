//! What becomes broader: the one model of it, for plans, deploys and the pipeline.

mod compare;
mod definition;
mod grants;
mod openings;
mod text;

pub(crate) use compare::{Broader, digest, lines};
pub(super) use compare::{access_beyond, beyond, broader};
