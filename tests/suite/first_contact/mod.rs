//! From the shell to the first call to AWS: what stops people on their first day.

mod files;
mod identity;
mod network;
mod output;
