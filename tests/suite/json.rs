//! `--json`: what programs read while stages are deployed, watched and destroyed.

use serde_json::{Value, json};

use crate::harness::{Run, Sandbox, assert_documented, failing, ministack};

/// Every line of the run as an object that has a type and a time, and is as it is documented; the last
/// one is the result.
fn lines(run: &Run) -> Vec<Value> {
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        assert!(line["type"].is_string() && line["at"].is_string(), "{line}");
    }
    assert_documented("event", &run.stdout);
    let last = lines.last().unwrap();
    assert_eq!(last["type"], "result");
    assert_eq!(last["exit_code"], run.code);
    lines
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn a_deploy_and_a_destroy_are_told_line_by_line() {
    let sandbox = Sandbox::on(ministack());
    let run = sandbox.umb(&["deploy", "dev", "--json"]).ok();
    assert_eq!(run.stderr, "");
    let told = lines(&run);
    assert_eq!(of_type(&told, "bucket_created").len(), 1);
    assert_eq!(of_type(&told, "artifact_uploaded").len(), 1);
    let started = of_type(&told, "stack_started");
    assert_eq!(started.len(), 2);
    assert_eq!(started[0]["operation"], "create");
    let table = told
        .iter()
        .find(|line| line["logical_id"] == "Table" && line["status"] == "CREATE_COMPLETE")
        .unwrap();
    assert_eq!(table["type"], "resource");
    assert_eq!(table["stack"], format!("{}-Dev-Stateful", sandbox.app));
    assert_eq!(
        of_type(&told, "stack_finished")[1]["status"],
        "CREATE_COMPLETE"
    );
    let deployed = of_type(&told, "deployed");
    assert_eq!(deployed[1]["outcome"], "created");
    let outputs = &deployed[1]["outputs"][format!("{}-Dev-Stateless", sandbox.app)];
    assert!(outputs["EndpointURL"].is_string(), "{outputs}");

    let told = lines(&sandbox.umb(&["deploy", "dev", "--json"]).ok());
    let outcomes: Vec<_> = of_type(&told, "deployed")
        .iter()
        .map(|line| line["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["unchanged", "unchanged"]);
    let told = lines(&sandbox.umb(&["watch", "dev", "--json"]).ok());
    assert_eq!(of_type(&told, "stack").len(), 2);

    let told = lines(&sandbox.umb(&["destroy", "dev", "--yes", "--json"]).ok());
    assert_eq!(of_type(&told, "destroyed").len(), 2);
    assert_eq!(
        of_type(&told, "remnants")[0]["remnants"][0]["kind"],
        "bucket"
    );
}

#[test]
fn a_failure_is_the_result() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev"]).ok();
    let run = sandbox.umb(&["destroy", "dev", "--json"]).fails(3);
    let result = lines(&run).pop().unwrap();
    assert_eq!(result["status"], "declined");
    assert_eq!(result["error"]["hint"], "pass --yes to skip the question");
    assert!(run.stderr.starts_with("error: "), "{run:#?}");
}

/// The answer of a command as one line.
fn line(sandbox: &Sandbox, args: &[&str]) -> String {
    let answer: Value = serde_json::from_str(&sandbox.umb(args).ok().stdout).unwrap();
    answer.to_string()
}

#[test]
fn documents_are_as_they_are_documented() {
    let aws = ministack();
    let sandbox = Sandbox::on(aws);
    assert_documented("plan", &line(&sandbox, &["plan", "prod", "--json"]));
    sandbox.umb(&["deploy", "dev"]).ok();
    let stack = format!("{}-Dev-Stateless", sandbox.app);
    let mut template = aws.template(&sandbox, &stack);
    let role = &mut template["Resources"]["APIHandlerRole"]["Properties"];
    role["Policies"] = json!([]);
    template["Resources"]["Bad"] = failing("APIHandler");
    aws.update_stack(&sandbox, (&stack, &template), &[], &[]);
    aws.until_status(&sandbox, &stack, "UPDATE_ROLLBACK_COMPLETE");
    assert_documented("diagnoses", &line(&sandbox, &["diagnose", "dev", "--json"]));

    template["Resources"].as_object_mut().unwrap().remove("Bad");
    aws.update_stack(
        &sandbox,
        (&stack, &template),
        &[("DeployedBy", "hand")],
        &[],
    );
    aws.until_status(&sandbox, &stack, "UPDATE_COMPLETE");
    let plan = line(&sandbox, &["plan", "dev", "--json"]);
    assert!(plan.contains("\"broader\":[{"), "{plan}");
    assert_documented("plan", &plan);

    let group = aws.resources(&sandbox)["log groups"][0].clone();
    let retention = json!({"logGroupName": group, "retentionInDays": 1}).to_string();
    let action = "Logs_20140328.PutRetentionPolicy";
    aws.target(&sandbox, "logs", action, &retention);
    let drifts = line(&sandbox, &["drift", "dev", "--json"]);
    assert!(drifts.contains("RetentionInDays"), "{drifts}");
    assert_documented("drifts", &drifts);
    assert_documented("status", &line(&sandbox, &["status", "--json"]));
    assert_documented("outputs", &line(&sandbox, &["outputs", "dev", "--json"]));
}
