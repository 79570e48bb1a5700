//! The pipeline on fakecloud, which has CodePipeline in CloudFormation and executions that end. It takes long to
//! build (`cargo install fakecloud`), so the test is run where `UMB_TEST_FAKECLOUD` names its binary, and ignored
//! elsewhere. It is under the AGPL, and runs as a separate process.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Sandbox, free_port, request};

use super::around::deploy_pipeline;

const PATIENCE: Duration = Duration::from_mins(1);

/// A running fakecloud; it ends with the test.
struct FakeCloud {
    endpoint: String,
    process: Child,
}

impl FakeCloud {
    fn start(program: &str) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let mut process = Command::new(program)
            .args([
                "--addr",
                &address,
                "--region",
                "eu-west-1",
                "--account-id",
                "111111111111",
            ])
            .env_clear()
            .env("FAKECLOUD_CODEBUILD_DISABLE_BACKEND", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let endpoint = format!("http://{address}");
        let health = format!("{endpoint}/_fakecloud/health");
        let started = Instant::now();
        while !request("GET", &health, &[], None).is_ok_and(|answer| answer.status == 200) {
            assert!(process.try_wait().unwrap().is_none(), "{program} has ended");
            assert!(started.elapsed() < PATIENCE, "{program} does not answer");
            thread::sleep(Duration::from_millis(10));
        }
        Self { endpoint, process }
    }
}

impl Drop for FakeCloud {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

#[test]
#[cfg_attr(
    not(fakecloud),
    ignore = "UMB_TEST_FAKECLOUD names no binary of fakecloud"
)]
fn a_pipeline_is_deployed_run_read_and_destroyed() {
    let program = std::env::var("UMB_TEST_FAKECLOUD").unwrap();
    let cloud = FakeCloud::start(&program);
    let sandbox = Sandbox::at(&cloud.endpoint);
    sandbox.settings(
        "[pipeline]\naccount = \"111111111111\"\nregion = \"eu-west-1\"\nconnection = \"hub\"\n\
         repository = \"octo/backend\"\napproval = [\"prod\"]\nnotify = \"mailto:ops@example.com\"",
    );
    let app = sandbox.app.clone();
    sandbox
        .umb(&[
            "connection",
            "create",
            "--provider",
            "GitHub",
            "--name",
            "hub",
            "--no-wait",
        ])
        .ok();
    let deployed = deploy_pipeline(&sandbox, &["--yes"]).ok();
    assert!(
        deployed
            .stdout
            .contains(&format!("{app}-Pipeline.PipelineName = {app}-Pipeline\n")),
        "{deployed:#?}"
    );
    let again = deploy_pipeline(&sandbox, &["--yes"]).ok();
    assert!(
        again
            .stdout
            .contains(&format!("{app}-Pipeline (no changes)")),
        "{again:#?}"
    );
    run_and_read(&sandbox);
    // The connection is in use as long as there is a pipeline.
    let used = sandbox.umb(&["connection", "delete", "--yes"]).fails(1);
    assert!(
        used.stderr.contains(&format!("is in use: {app}-Pipeline")),
        "{used:#?}"
    );
    let outputs = sandbox
        .umb(&["outputs", "pipeline", "ArtifactBucketName"])
        .ok()
        .stdout;
    let url = format!("{}/{}/artifact", cloud.endpoint, outputs.trim());
    request("PUT", &url, &[], Some(b"x")).unwrap();
    let destroyed = sandbox.umb(&["destroy", "all", "--yes"]).ok();
    assert!(
        destroyed.stdout.contains(&format!(
            "{app}-Pipeline is destroyed\n{app}-Bootstrap is destroyed\n"
        )),
        "{destroyed:#?}"
    );
    sandbox.umb(&["pipeline", "status"]).fails(1);
    let left = sandbox.umb(&["connection", "list", "--json"]).ok().stdout;
    assert_eq!(left.trim(), "[]");
}

/// Runs the pipeline, which has the stages of its template.
fn run_and_read(sandbox: &Sandbox) {
    let run = sandbox.umb(&["pipeline", "run", "--watch"]).ok();
    let id = run.stdout.trim();
    assert!(
        run.stderr
            .contains(&format!("the execution {id} succeeded")),
        "{run:#?}"
    );
    let status = sandbox.umb(&["pipeline", "status", "--json"]).ok().stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["execution"]["id"], id, "{status:#}");
    let stages: Vec<_> = status["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| &stage["name"])
        .collect();
    assert_eq!(
        stages,
        [
            "Source",
            "UpdatePipeline",
            "Synth",
            "Prod-Stateful",
            "Prod-Stateless"
        ]
    );
}
