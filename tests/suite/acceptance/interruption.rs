//! Ctrl-C: the run stops after the current step, and still destroys what it created.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::signal::unix::{SignalKind, signal};

use super::account::block_on;
use super::report::Report;

/// Whether somebody has interrupted the run.
#[derive(Clone, Default)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// Nobody can.
    pub fn never() -> Self {
        Self::default()
    }

    /// SIGINT and SIGTERM do from now on, and no longer end the process.
    pub fn listen() -> Self {
        let interruption = Self::default();
        let heard = interruption.clone();
        let (mut int, mut term) = block_on(async {
            let listen = |kind| signal(kind).unwrap();
            (
                listen(SignalKind::interrupt()),
                listen(SignalKind::terminate()),
            )
        });
        thread::spawn(move || {
            block_on(async {
                loop {
                    tokio::select! {
                        _ = int.recv() => {}
                        _ = term.recv() => {}
                    }
                    heard.0.store(true, Ordering::Relaxed);
                    Report::Direct.line(
                        "\ninterrupted: after this step, everything is destroyed, which takes minutes",
                    );
                }
            });
        });
        interruption
    }

    /// Fails the test if somebody has interrupted it.
    pub fn check(&self) {
        assert!(
            !self.0.load(Ordering::Relaxed),
            "the acceptance run was interrupted"
        );
    }
}
