//! What becomes broader: the one model of it, for plans, deploys and the pipeline.

mod compare;
mod grants;
mod openings;

pub(super) use compare::{Broader, beyond, broader, is_relevant};
