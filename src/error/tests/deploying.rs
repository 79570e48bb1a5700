//! Errors of AWS, stacks, stages and the pipeline.

use strum::VariantArray;

use crate::aws::cloudformation::Status;
use crate::aws::{self, Cause, EnvError};
use crate::model::{App, StackRef};
use crate::stack::{self, Class};
use crate::{artifact, pipeline, stage};

use super::check::{account, check, denied, dev, diagnosis, region, stateful};

#[test]
fn of_calls() {
    check(
        "aws",
        <Cause as VariantArray>::VARIANTS
            .iter()
            .copied()
            .map(aws::Error::example)
            .collect(),
    );
    let wrong = EnvError::WrongAccount {
        expected: account('1'),
        actual: account('2'),
        caller: "arn:aws:iam::222222222222:user/jo".to_owned(),
    };
    let elsewhere = EnvError::WrongRegion {
        expected: region(),
        actual: "us-west-2".parse().expect("a region"),
    };
    check("aws_env", vec![EnvError::Aws(denied()), elsewhere, wrong]);
}

#[test]
fn of_stacks() {
    use stack::Error as E;
    let stack = stateful();
    let status = Status::new("UPDATE_IN_PROGRESS");
    let mut examples = vec![
        E::Aws(denied()),
        E::Foreign {
            stack: stack.clone(),
        },
        E::NoNamespace,
        E::WouldLoseData {
            stack: stack.clone(),
            logical_id: "Table".to_owned(),
            resource_type: "AWS::DynamoDB::Table".to_owned(),
            paths: vec!["KeySchema".to_owned()],
        },
        E::OperationInProgress {
            stack: stack.clone(),
            status,
        },
        E::StackChanged {
            stack: stack.clone(),
        },
        E::NothingTo {
            verb: "cancel",
            stage: dev(),
            states: Vec::new(),
        },
        E::DriftUnknown {
            stack: stack.clone(),
            reason: "Throttling".to_owned(),
        },
        E::ChangeSetFailed {
            stack: stack.clone(),
            reason: "Transform failed".to_owned(),
        },
        E::DestroyFailed {
            diagnosis: diagnosis(stack.clone(), Some(Class::Dependency)),
        },
        E::DeletedMeanwhile {
            stack: stack.clone(),
        },
        E::LostContact {
            stack: stack.clone(),
            source: denied(),
        },
        E::StackFailed {
            diagnosis: diagnosis(StackRef::bootstrap(&App::default()), None),
        },
    ];
    examples.extend(unfinished(&stack));
    check("stack", examples);
}

/// Stacks that an operation left in a state that it should not have.
fn unfinished(stack: &StackRef) -> Vec<stack::Error> {
    use stack::Error as E;
    let mut examples = Vec::new();
    for status in [
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_FAILED",
        "DELETE_FAILED",
        "IMPORT_ROLLBACK_FAILED",
    ] {
        let status = Status::new(status);
        examples.push(E::NeedsRepair {
            stack: stack.clone(),
            status,
        });
    }
    for class in Class::VARIANTS.iter().copied() {
        examples.push(E::StackFailed {
            diagnosis: diagnosis(stack.clone(), Some(class)),
        });
    }
    examples
}

#[test]
fn of_stages() {
    use stage::Error as E;
    let table = || "UserManagementBackend-Dev-Stateful-Table".to_owned();
    check(
        "stage",
        vec![
            E::Stack(stack::Error::NoNamespace),
            E::Template(crate::template::Error::example()),
            E::ForeignTable { table: table() },
            E::TableExists {
                stage: dev(),
                table: table(),
                items: 7,
            },
            E::PipelineCannotImport {
                stage: dev(),
                table: table(),
            },
            E::Leftover { stack: stateful() },
            E::NotAsPlanned {
                stack: stateful().name(),
                planned: vec!["APIHandler".to_owned()],
                now: Vec::new(),
            },
            E::RollbackUndoes {
                stack: stateful(),
                undone: vec!["requests may come from any address".to_owned()],
            },
            E::Downgrade {
                stack: stateful(),
                newer: "2.0.0".to_owned(),
                own: "1.0.0".to_owned(),
            },
            E::OtherPlan {
                stage: dev(),
                reason: "its account is 111111111111, not 222222222222".to_owned(),
            },
            E::NoFunction { stage: dev() },
            E::AlarmOff {
                stage: dev(),
                reason:
                    "Threshold Crossed: 1 datapoint [0.4] was greater than the threshold (0.05)"
                        .to_owned(),
            },
            E::PolicyDiffers {
                stack: StackRef::stateless(&App::default(), &dev()),
                api: "ab12cd34ef".to_owned(),
                is_wanted: true,
                is_there: false,
            },
            E::CodeFailed {
                function: "App-Dev-APIHandler".to_owned(),
                reason: "InvalidZipFile".to_owned(),
            },
        ],
    );
}

#[test]
fn of_the_pipeline() {
    use pipeline::Error as E;
    let pipeline = || "UserManagementBackend-Pipeline".to_owned();
    let name = || "octo".to_owned();
    let mut examples = vec![
        E::NoConnection {
            connection: name(),
            account: account('1'),
            region: region(),
        },
        E::Ambiguous {
            name: name(),
            count: 2,
        },
        E::OtherProvider {
            name: name(),
            actual: "GitLab".to_owned(),
            wanted: "GitHub",
        },
        E::ConnectionInUse {
            name: name(),
            pipelines: vec![pipeline()],
        },
        E::ConnectionBroken {
            name: name(),
            provider: "GitLab".to_owned(),
        },
        E::NoPipeline {
            pipeline: pipeline(),
            account: account('1'),
            region: region(),
        },
        E::NoExecution {
            pipeline: pipeline(),
            id: "6f9e".to_owned(),
        },
        E::HasEnded {
            id: "6f9e".to_owned(),
        },
        E::NothingTo {
            pipeline: pipeline(),
            verb: "retry",
        },
        E::SeveralWait {
            stages: vec!["Prod-Stateful".to_owned(), "Qa-Stateful".to_owned()],
        },
        E::NoStage {
            stage: "qa".to_owned(),
            known: vec!["Source".to_owned(), "Synth".to_owned()],
        },
        E::NoBuild {
            execution: "6f9e".to_owned(),
            wanted: Some("Publish".to_owned()),
        },
    ];
    examples.extend(of_the_runner());
    examples.push(E::File(std::io::Error::other("umb: no such file")));
    examples.push(E::Stack(stack::Error::NoNamespace));
    examples.push(E::Template(crate::template::Error::example()));
    examples.push(E::Aws(denied()));
    check("pipeline", examples);
}

fn of_the_runner() -> Vec<pipeline::Error> {
    use pipeline::Error as E;
    let unfit = |is_own, reason: &str| E::UnfitRunner {
        path: "/usr/local/bin/umb".into(),
        is_own,
        reason: reason.to_owned(),
    };
    vec![
        unfit(true, "it is not a 64-bit ELF executable for Linux"),
        unfit(false, "it is umb 0.1.0, and this is umb 0.2.0"),
        E::NothingRefused {
            pipeline: "App-Pipeline".to_owned(),
            digest: "00ff".to_owned(),
        },
        E::UnknownFormat {
            path: "manifest.json".into(),
        },
    ]
}

#[test]
fn of_a_function() {
    use artifact::Error as E;
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    check(
        "artifact",
        vec![
            E::Unfit("bootstrap needs glibc 2.41, and Amazon Linux 2023 has 2.34".into()),
            E::NoContract,
            E::OtherContract,
            E::NoSource("handler".into()),
            E::NoArchive(zip::result::ZipError::FileNotFound),
            E::NotLinux {
                platform: "macos".to_owned(),
            },
            E::NoCargo(missing()),
            E::Interrupted,
            E::Cargo {
                verb: "test".to_owned(),
            },
            E::File(std::io::Error::other("handler.zip: no such file")),
        ],
    );
}
