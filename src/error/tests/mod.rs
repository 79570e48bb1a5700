//! Every error as a person sees it.

mod check;
mod deploying;
mod using;
