//! What a stack says of its making, in its parameter `DeployedBy`.
//!
//! DescribeStacks answers the parameters, so one look at a stack tells whether it is what umb would make
//! of it, and which umb made it. No resource refers to the parameter: another value alone changes
//! nothing, and goes along with what does.

use std::fmt;

use semver::Version;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Stack;

/// The parameter.
const DEPLOYED_BY: &str = "DeployedBy";
/// This umb's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// So many hexadecimal digits of a SHA-256 tell two states of one stack apart.
const DIGITS: usize = 16;

/// Which umb made a stack, and a digest of what the stack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) version: Version,
    pub(crate) digest: String,
}

impl Mark {
    /// Reads the mark among a stack's parameters; none where umb did not deploy it last.
    pub(crate) fn of<'a>(
        parameters: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> Option<Self> {
        let (_, mark) = parameters
            .into_iter()
            .find(|(key, _)| *key == DEPLOYED_BY)?;
        let (version, digest) = mark.strip_prefix("umb ")?.split_once(", ")?;
        Some(Self {
            version: Version::parse(version).ok()?,
            digest: digest.to_owned(),
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "umb {}, {}", self.version, self.digest)
    }
}

/// Marks a stack that is otherwise finished; answers its digest.
pub(super) fn mark(stack: &mut Stack) -> String {
    let digest = digest(stack);
    stack
        .parameters
        .insert(DEPLOYED_BY.to_owned(), format!("umb {VERSION}, {digest}"));
    digest
}

/// What changes when anything of a stack does. The serialisation is a canonical one: serde_json keeps
/// the keys of an object sorted.
fn digest(stack: &Stack) -> String {
    let whole: Value = serde_json::json!([stack.template, stack.parameters, stack.tags]);
    let mut digest = hex::encode(Sha256::digest(whole.to_string()));
    digest.truncate(DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let of = |value: &str| Mark::of([(&DEPLOYED_BY.to_owned(), &value.to_owned())]);
        let mark = of("umb 1.2.3-rc.1, 00ff").expect("a mark");
        assert_eq!(mark.version, Version::parse("1.2.3-rc.1").expect("valid"));
        assert_eq!(of(&mark.to_string()), Some(mark));
        for other in ["", "umb", "umb 1.2.3", "umb x, 00ff"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(Mark::of([]), None);
    }
}
