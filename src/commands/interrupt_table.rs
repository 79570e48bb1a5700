// What Ctrl-C does to each verb. This file names nothing else, because the test that walks the table at a terminal
// includes it.

/// What the first Ctrl-C does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    /// Ends the command; it says how to continue, if there is something to say. A second Ctrl-C is not needed.
    Stop(&'static str),
    /// Says what CloudFormation is doing and, at a terminal, asks whether to leave it running or to cancel it.
    Ask,
    /// Completes the running requests, then ends the command.
    Drain,
}

/// What the second Ctrl-C does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// Nothing: the first one has ended the command.
    Nothing,
    /// Ends the command at once.
    Stop,
}

const CLOUDFORMATION: &str =
    "CloudFormation completes what it has started; the same command continues from there";
const TRANSFER: &str = "the same command continues where this one stopped";
const PIPELINE: &str = "the pipeline continues by itself; `umb pipeline watch` follows it";

/// Verb, first Ctrl-C, second Ctrl-C. STAGE stands for a stage on AWS.
pub(crate) const TABLE: [(&str, First, Second); 46] = [
    ("plan STAGE", First::Ask, Second::Stop),
    (
        "plan pipeline",
        First::Stop(CLOUDFORMATION),
        Second::Nothing,
    ),
    ("deploy STAGE", First::Ask, Second::Stop),
    ("deploy local", First::Stop(""), Second::Nothing),
    ("deploy local --foreground", First::Drain, Second::Stop),
    (
        "deploy pipeline",
        First::Stop(CLOUDFORMATION),
        Second::Nothing,
    ),
    ("destroy STAGE", First::Ask, Second::Stop),
    ("destroy local", First::Stop(""), Second::Nothing),
    (
        "destroy pipeline",
        First::Stop(CLOUDFORMATION),
        Second::Nothing,
    ),
    ("destroy all", First::Stop(CLOUDFORMATION), Second::Nothing),
    ("outputs", First::Stop(""), Second::Nothing),
    ("users create", First::Stop(""), Second::Nothing),
    ("users get", First::Stop(""), Second::Nothing),
    ("users update", First::Stop(""), Second::Nothing),
    ("users list", First::Stop(""), Second::Nothing),
    ("users delete", First::Stop(""), Second::Nothing),
    ("users import", First::Stop(TRANSFER), Second::Nothing),
    ("users export", First::Stop(TRANSFER), Second::Nothing),
    (
        "users import --from",
        First::Stop("DynamoDB continues; the same command watches it again"),
        Second::Nothing,
    ),
    (
        "users export --to",
        First::Stop("DynamoDB continues; the same command watches it again"),
        Second::Nothing,
    ),
    ("users api", First::Stop(""), Second::Nothing),
    ("users curl", First::Stop(""), Second::Nothing),
    ("status", First::Stop(""), Second::Nothing),
    ("watch", First::Ask, Second::Stop),
    ("diagnose", First::Stop(""), Second::Nothing),
    ("drift", First::Stop(""), Second::Nothing),
    ("cancel", First::Ask, Second::Stop),
    ("rollback", First::Ask, Second::Stop),
    ("init", First::Stop(""), Second::Nothing),
    ("build", First::Stop(""), Second::Nothing),
    ("synth", First::Stop(""), Second::Nothing),
    (
        "connection create",
        First::Stop("the same command waits again"),
        Second::Nothing,
    ),
    (
        "connection status",
        First::Stop("the same command waits again"),
        Second::Nothing,
    ),
    ("connection list", First::Stop(""), Second::Nothing),
    ("connection delete", First::Stop(""), Second::Nothing),
    ("bootstrap", First::Stop(CLOUDFORMATION), Second::Nothing),
    ("pipeline status", First::Stop(PIPELINE), Second::Nothing),
    (
        "pipeline watch",
        First::Stop("the pipeline continues by itself; the same command follows it again"),
        Second::Nothing,
    ),
    ("pipeline run", First::Stop(PIPELINE), Second::Nothing),
    ("pipeline logs", First::Stop(PIPELINE), Second::Nothing),
    ("pipeline approve", First::Stop(PIPELINE), Second::Nothing),
    ("pipeline retry", First::Stop(PIPELINE), Second::Nothing),
    ("pipeline rollback", First::Stop(PIPELINE), Second::Nothing),
    ("pipeline stop", First::Stop(PIPELINE), Second::Nothing),
    (
        "pipeline smoke-test",
        First::Stop(PIPELINE),
        Second::Nothing,
    ),
    ("doctor", First::Stop(""), Second::Nothing),
];
