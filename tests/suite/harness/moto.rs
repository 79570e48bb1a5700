//! moto, which has CodePipeline's API: a process per test, because all of its callers are in one account.

use std::process::Child;

use super::{Recorder, start_peer};

/// A running moto.
pub struct Moto {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    process: Child,
}

impl Moto {
    /// moto with nothing in it, in account 111111111111.
    pub fn start() -> Self {
        let (peer, process) = start_peer("moto", "/moto-api/", |command, port| {
            command
                .args(["moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
                .env("MOTO_ACCOUNT_ID", "111111111111");
        });
        let recorder = Recorder::bind();
        let endpoint = recorder.endpoint.clone();
        recorder.serve(&peer);
        Self { endpoint, process }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}
