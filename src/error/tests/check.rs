//! Every error as a person sees it, wrapped as a terminal of 80 columns does. A variant without an example fails the test.

use std::fmt::Write as _;
use std::io;

use itertools::Itertools as _;
use strum::VariantNames;

use crate::aws;
use crate::aws::cloudformation::Status;
use crate::model::{AccountId, App, Region, StackRef, StageName};
use crate::stack::{Class, Culprit, Diagnosis};

use super::super::Failure;

/// How many columns a terminal has.
const COLUMNS: usize = 80;

/// Compares all examples of a type of error with the recorded ones.
pub(super) fn check<E: Into<Failure> + AsRef<str> + VariantNames>(name: &str, examples: Vec<E>) {
    let covered: Vec<_> = examples
        .iter()
        .map(|error| error.as_ref().to_owned())
        .collect();
    for variant in E::VARIANTS {
        assert!(
            covered.iter().any(|name| name == variant),
            "no example of {variant}"
        );
    }
    let mut text = String::new();
    for (variant, error) in covered.iter().zip(examples) {
        let _ = writeln!(text, "--- {variant}\n{}", shown(&error.into()));
    }
    insta::assert_snapshot!(name, text);
}

fn shown(failure: &Failure) -> String {
    let mut lines = vec![format!("error: {}", failure.cause())];
    lines.extend(
        failure
            .chain()
            .iter()
            .map(|cause| format!("  caused by: {cause}")),
    );
    lines.extend(failure.hint_text().map(|hint| format!("hint: {hint}")));
    lines.iter().map(|line| wrapped(line)).join("\n")
}

fn wrapped(line: &str) -> String {
    let letters = line.chars().chunks(COLUMNS);
    letters
        .into_iter()
        .map(|mut letters| letters.join(""))
        .join("\n")
}

pub(super) fn dev() -> StageName {
    StageName::dev()
}

pub(super) fn stateful() -> StackRef {
    StackRef::stateful(&App::default(), &dev())
}

pub(super) fn account(digit: char) -> AccountId {
    std::iter::repeat_n(digit, 12)
        .collect::<String>()
        .parse()
        .expect("valid")
}

pub(super) fn region() -> Region {
    "eu-west-1".parse().expect("valid")
}

pub(super) fn denied() -> aws::Error {
    aws::Error::refused(
        "CloudFormation DescribeStacks",
        "AccessDenied",
        "User: arn:aws:iam::111111111111:user/jo is not authorized to perform: cloudformation:DescribeStacks",
    )
}

pub(super) fn refused_file() -> io::Error {
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        "failed to open file `users.jsonl`: Permission denied",
    )
}

pub(super) fn diagnosis(stack: StackRef, class: Option<Class>) -> Box<Diagnosis> {
    Box::new(Diagnosis {
        stack,
        status: Status::new("UPDATE_ROLLBACK_COMPLETE"),
        status_reason: None,
        culprit: class.map(|class| Culprit {
            logical_id: "Table".to_owned(),
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            status: Status::new("UPDATE_FAILED"),
            reason: "the reason of the service".to_owned(),
            class,
            request_id: None,
            at: None,
        }),
        console: "https://eu-west-1.console.aws.amazon.com/cloudformation/".to_owned(),
    })
}
