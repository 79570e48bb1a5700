//! The pipeline of an earlier version, with its roles, on moto.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::harness::{Moto, runner, texts};
use crate::pipeline::around::{ask, deploy_pipeline, describe, on_moto};

use super::fixture::{Stack, text};
use super::names::GONE;

/// Makes a stack as the earlier version did.
fn create(moto: &Moto, part: &str) -> Stack {
    let stack = Stack::read(part);
    let pairs: Vec<_> = stack
        .creation()
        .iter()
        .map(|(key, value)| format!("&{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    ask(moto, &format!("Action=CreateStack{}", pairs.concat()));
    let described = describe(moto, &stack.name);
    assert!(described.contains("CREATE_COMPLETE"), "{described}");
    stack
}

/// What AWS calls a stack's resources, by logical id.
fn physical_ids(moto: &Moto, stack: &Stack) -> BTreeMap<String, String> {
    let name = &stack.name;
    let answer = ask(
        moto,
        &format!("Action=DescribeStackResources&StackName={name}"),
    );
    let all = |element| {
        let texts = texts(&answer, element);
        let texts = texts.as_array().unwrap().iter();
        texts
            .map(|text| text.as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    all("LogicalResourceId")
        .into_iter()
        .zip(all("PhysicalResourceId"))
        .collect()
}

#[test]
fn a_deployed_pipeline_is_updated_in_place() {
    let (moto, _around, sandbox) = on_moto();
    sandbox.whole_settings(&text("pipeline.toml"));
    let stacks = ["Bootstrap", "Pipeline"].map(|part| create(&moto, part));
    let before = stacks.each_ref().map(|stack| physical_ids(&moto, stack));
    // A person sees everything first, and nothing is created meanwhile.
    let asked = deploy_pipeline(&sandbox, &[]).fails(3);
    assert!(
        asked.stderr.contains("! broader permissions") && !asked.stderr.contains("bucket created"),
        "{asked:#?}"
    );
    deploy_pipeline(&sandbox, &["--yes"]).ok();
    let after = stacks.each_ref().map(|stack| physical_ids(&moto, stack));
    for (before, after) in before.iter().zip(&after) {
        assert!(!before.is_empty());
        for (id, physical) in before {
            if GONE.contains(&id.as_str()) {
                assert_eq!(after.get(id), None, "{id}");
            } else {
                assert_eq!(after.get(id), Some(physical), "{id}");
            }
        }
    }
    sandbox
        .umb(&["plan", "pipeline", "--exit-code", "--runner", runner()])
        .ok();
}
