//! A commit with a function of its own: it is built and deployed, and whatever its code tries, it reaches nothing else.

use serde_json::json;

use crate::function::{AFTER, BEFORE, change, write_source};

use super::world::{ACCOUNT, World};

/// What the commit's build script tries with the credentials that it finds, by name.
fn attempts(world: &World) -> Vec<(&'static str, String)> {
    let (app, assets) = (&world.sandbox.app, world.asset_bucket());
    let [folder, bucket] =
        ["ArtifactFolder", "ArtifactBucketName"].map(|key| &world.parameters[key]);
    let runner = &world.parameters["RunnerSHA256"];
    let put = |bucket: &str, key: &str| {
        format!("aws s3api put-object --bucket {bucket} --key {key} --body Cargo.toml")
    };
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/{app}-{name}-eu-west-1");
    let assume = |name: &str| {
        format!(
            "aws sts assume-role --role-session-name x --role-arn {}",
            role(name)
        )
    };
    let stack = format!("{app}-Prod-Stateful");
    vec![
        // So that a refusal says something: it may write its own artifact.
        (
            "its own artifact",
            put(bucket, &format!("{folder}/Function/own")),
        ),
        (
            "another commit",
            put(bucket, &format!("{folder}/Source/other")),
        ),
        (
            "a template",
            put(bucket, &format!("{folder}/Templates/other")),
        ),
        (
            "the package",
            put(bucket, &format!("{folder}/Handler/other")),
        ),
        ("a plan", put(bucket, &format!("{folder}/Plan1/other"))),
        ("what only people allow", put(&assets, "approvals/one/00ff")),
        ("the runner", put(&assets, &format!("runner/{runner}"))),
        ("a deployed function", put(&assets, "handler/other.zip")),
        (
            "a policy of the bucket",
            format!("aws s3api delete-bucket-policy --bucket {assets}"),
        ),
        ("the role that deploys", assume("Deployment")),
        ("the role that guards", assume("Check")),
        ("the role of Synth", assume("PipelineSynth")),
        (
            "a role",
            format!("aws iam delete-role --role-name {app}-Check-eu-west-1"),
        ),
        (
            "a stack",
            format!("aws cloudformation delete-stack --stack-name {stack}"),
        ),
    ]
}

/// A build script that does all of that before what it is for, says how each ended, and rewrites the settings.
fn hostile_build_script(attempts: &[(&str, String)]) -> String {
    let list = json!(attempts)
        .to_string()
        .replace('[', "(")
        .replace(']', ")");
    let list = list
        .strip_prefix('(')
        .and_then(|list| list.strip_suffix(')'))
        .unwrap();
    format!(
        "    for (name, command) in [{list}] {{\n\
         let ended = std::process::Command::new(\"sh\").args([\"-c\", command]).output()?;\n\
         println!(\"cargo::warning=tried {{name}}: {{}}\", ended.status.success());\n    }}\n\
         std::fs::write(\"../umb.toml\", \"app = \\\"Hostile\\\"\")?;\n"
    )
}

#[test]
fn a_function_is_deployed_and_its_code_reaches_nothing_else() {
    let world = World::new("[function]\nsource = \"handler\"\n[stages.prod]\nalarm = false");
    let sandbox = &world.sandbox;
    write_source(sandbox);
    change(sandbox, "src/http/problem.rs", BEFORE, AFTER);
    let attempts = attempts(&world);
    let script = hostile_build_script(&attempts);
    let begin = "fn main() -> Result<(), Box<dyn Error>> {\n";
    change(sandbox, "build.rs", begin, &format!("{begin}{script}"));
    world.commit_folder(&sandbox.work());

    let ran = world.build("Function", "Function");
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.output.contains("test result: ok. "), "{ran:#?}");
    let (own, others) = attempts.split_first().unwrap();
    assert!(
        ran.output.contains(&format!("tried {}: true", own.0)),
        "{ran:#?}"
    );
    for (name, _) in others {
        assert!(
            ran.output.contains(&format!("tried {name}: false")),
            "{name}: {ran:#?}"
        );
    }

    let ran = world.build("Synth", "Synth");
    assert_eq!(ran.code, 0, "{ran:#?}");
    world.publish();
    world.cloudformation("Prod-Stateful", "Stateful.Prepare");
    let ran = world.build("Prod-Stateful", "Plan");
    assert_eq!(ran.code, 0, "{ran:#?}");
    let done = world.cloudformation("Prod-Stateful", "Stateful.Deploy");
    assert_eq!(done["status"], "CREATE_COMPLETE", "{done}");
    let ran = world.build("Prod-Stateless", "Stateless.Deploy");
    assert_eq!(ran.code, 0, "{ran:#?}");
    let run = sandbox
        .umb(&["users", "get", "nobody", "--stage", "prod"])
        .fails(1);
    assert!(run.stderr.contains(AFTER), "{run:#?}");
}
