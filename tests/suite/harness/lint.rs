//! cfn-lint, which knows AWS's own schemas.

use std::path::PathBuf;
use std::process::Command;

use super::peer;

/// Regions of three partitions: not every one has every type and property.
const REGIONS: [&str; 6] = [
    "ap-southeast-2",
    "cn-north-1",
    "eu-west-1",
    "sa-east-1",
    "us-east-1",
    "us-gov-west-1",
];

/// Fails the test if cfn-lint has anything to say of the templates.
#[track_caller]
pub fn assert_lints(templates: &[PathBuf]) {
    let output = Command::new(peer("cfn-lint"))
        .args(["--include-checks=I", "--regions"])
        .args(REGIONS)
        .arg("--")
        .args(templates)
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
