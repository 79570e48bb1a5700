//! What the tests stand on: the binary in a sandbox, the peers, and HTTP.

pub mod aws_model;
pub mod cloudformation;
mod codebuild;
mod gateway;
mod http;
mod invoke;
mod ministack;
mod moto;
mod peers;
mod process;
mod proxy;
mod recorder;
mod replay;
mod runner;
mod sandbox;
mod schema;
mod signal;
mod signing;
mod stacks;

pub use codebuild::{Container, Ran, output_folder};
pub use http::{Answer, request};
pub use invoke::{proxied, proxy_event};
pub use ministack::{MiniStack, ministack, ministack_with_iam, texts};
pub use moto::Moto;
pub use peers::{awscli, checkov, peer};
pub use process::{free_port, start_peer};
pub use proxy::Proxy;
pub use recorder::{Recorder, assert_nothing_refused};
pub use replay::{Reply, Request, replay};
pub use runner::runner;
pub use sandbox::{Run, Sandbox};
pub use schema::assert_documented;
pub use signal::{processes_in, signal};
pub use signing::{Key, signed};
pub use stacks::{failing, held};
