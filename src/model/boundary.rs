//! The policy that bounds roles.

use super::text::{Invalid, checked_text};

checked_text! {
    /// The customer-managed policy, by name, that bounds every role of the app in whichever account the role is. Source:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>.
    PermissionsBoundary, check_boundary
}

fn check_boundary(name: &str) -> Result<(), Invalid> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    if name.starts_with("arn:") {
        Err(Invalid(
            "must be the policy's name alone, because each account has a policy of that name",
        ))
    } else if !name.is_empty() && name.len() <= 128 && name.chars().all(is_letter) {
        Ok(())
    } else {
        Err(Invalid(
            "must be the name of a policy: up to 128 letters, digits and +=,.@_-",
        ))
    }
}
