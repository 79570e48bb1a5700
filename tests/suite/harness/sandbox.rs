//! The real binary in an environment that holds nothing of the machine's.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{MiniStack, assert_nothing_refused, processes_in, signal};

/// A working folder, a home folder, and environment variables.
pub struct Sandbox {
    folder: TempDir,
    /// The app's name, no other test's: MiniStack's functions share one table of names and workers
    /// across accounts.
    pub app: String,
    environment: Vec<(String, String)>,
    /// Whether its programs are out of reach of a terminal's Ctrl-C.
    is_apart: bool,
}

/// A finished run.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Fails the test unless the run succeeded.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Fails the test unless the run ended with `code`, in one line of cause and maybe more.
    #[track_caller]
    pub fn fails(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self
    }
}

impl Sandbox {
    /// A sandbox that knows nothing of AWS.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let environment = [
            ("HOME", folder.path().join("home")),
            ("XDG_STATE_HOME", folder.path().join("state")),
        ]
        .map(|(name, path)| (name.to_owned(), path.to_str().unwrap().to_owned()));
        let sandbox = Self {
            folder,
            app: format!("App{}", fresh_number()),
            environment: environment.into(),
            is_apart: false,
        };
        std::fs::create_dir(sandbox.work()).unwrap();
        std::fs::create_dir(sandbox.folder.path().join("home")).unwrap();
        // Nothing on the way to a missing answer may ask the machine's own network.
        sandbox.with("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// A sandbox with its own account on `aws`: MiniStack takes an access key of twelve digits
    /// for the account itself.
    pub fn on(aws: &MiniStack) -> Self {
        let account = format!("{:012}", 222_000_000_000 + fresh_number());
        Self::on_account(aws, &account)
    }

    /// A sandbox that knows of AWS what this process knows: its variables, and the home folder with its profiles. Ctrl-C does
    /// not reach its programs.
    pub fn of_the_environment() -> Self {
        let mut sandbox = Self::new().without("AWS_EC2_METADATA_DISABLED");
        sandbox.is_apart = true;
        let known = std::env::vars()
            .filter(|(name, _)| !name.starts_with("UMB_") && name != "XDG_STATE_HOME");
        known.fold(sandbox, |sandbox, (name, value)| {
            sandbox.with(&name, &value)
        })
    }

    /// A sandbox in the account that MiniStack also finds without credentials.
    pub fn on_default_account(aws: &MiniStack) -> Self {
        Self::on_account(aws, "111111111111")
    }

    fn on_account(aws: &MiniStack, account: &str) -> Self {
        let sandbox = Self::at(&aws.endpoint).with("AWS_ACCESS_KEY_ID", account);
        sandbox.settings("");
        sandbox
    }

    /// A sandbox whose AWS is at `endpoint`, with credentials that nobody checks.
    pub fn at(endpoint: &str) -> Self {
        Self::new()
            .with("AWS_ENDPOINT_URL", endpoint)
            .with("AWS_REGION", "eu-west-1")
            .with("AWS_ACCESS_KEY_ID", "test")
            .with("AWS_SECRET_ACCESS_KEY", "test")
    }

    /// The same with one more variable, or another value of it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without a variable.
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> &str {
        let (_, value) = self
            .environment
            .iter()
            .find(|(known, _)| known == name)
            .unwrap();
        value
    }

    /// The folder that commands run in.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folder of the local stage of the app `app`.
    pub fn local_folder(&self, app: &str) -> PathBuf {
        self.folder.path().join("state/umb").join(app).join("local")
    }

    /// The process that serves the local stage of the app `app`, as its record names it.
    pub fn local_server(&self, app: &str) -> String {
        let record = fs::read(self.local_folder(app).join("server.json")).unwrap();
        let record: Value = serde_json::from_slice(&record).unwrap();
        record["pid"].to_string()
    }

    /// Writes `umb.toml`: the app's name, then `text`.
    pub fn settings(&self, text: &str) {
        self.whole_settings(&format!("app = \"{}\"\n{text}", self.app));
    }

    /// Writes `umb.toml`: `text` and nothing else.
    pub fn whole_settings(&self, text: &str) {
        std::fs::write(self.work().join("umb.toml"), text).unwrap();
    }

    /// Runs `umb` to its end.
    pub fn umb(&self, args: &[&str]) -> Run {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(args).output().unwrap();
        assert_nothing_refused();
        Run {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The whole name of the stage `prod`.
    pub fn prod(&self) -> String {
        format!("{}-Prod", self.app)
    }

    /// An output of a deployed stage.
    pub fn output(&self, stage: &str, key: &str) -> String {
        let stdout = self.umb(&["outputs", stage, key]).ok().stdout;
        stdout.trim().to_owned()
    }

    /// `umb`, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program(Path::new(env!("CARGO_BIN_EXE_umb")));
        command.args(args);
        command
    }

    /// Another program, not yet started.
    pub fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.environment.iter().cloned())
            .current_dir(self.work());
        if self.is_apart {
            command.process_group(0);
        }
        command
    }
}

impl Drop for Sandbox {
    /// Stops the local stage, and ends every other process of the sandbox. There must be none, unless the test failed.
    fn drop(&mut self) {
        if self.folder.path().join("state").exists() {
            let _ = self.command(&["destroy", "local", "--yes"]).output();
        }
        let left = self.left();
        for (pid, _) in &left {
            signal(pid, "KILL");
        }
        assert!(
            left.is_empty() || thread::panicking(),
            "still running: {left:?}"
        );
    }
}

impl Sandbox {
    /// The processes still running after five seconds: a process that was told to end needs a moment.
    fn left(&self) -> Vec<(String, String)> {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let left = processes_in(self.folder.path());
            if left.is_empty() || thread::panicking() || Instant::now() > deadline {
                return left;
            }
            thread::yield_now();
        }
    }
}

/// A number that no other test of this run gets.
fn fresh_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
