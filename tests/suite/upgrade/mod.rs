//! What earlier versions left behind is brought to this one: nothing is replaced, nothing is lost.

mod fixture;
mod local;
mod names;
mod pipeline;
mod plan;
mod stage;
