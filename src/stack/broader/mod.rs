//! What becomes broader: the one model of it, for plans, deploys and the pipeline.

mod compare;
mod grants;
mod openings;

pub(crate) use compare::{Broader, digest, lines};
pub(super) use compare::{beyond, broader, opened};
