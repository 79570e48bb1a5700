//! What a stack says of its origin, in its parameter `DeployedBy`.
//!
//! DescribeStacks returns the parameters, so one look at a stack tells which umb deployed it, and whether the stack is
//! what that umb would make of it. No resource refers to the parameter: another value alone changes nothing.

use std::fmt;

use semver::Version;

/// This umb's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which umb deployed a stack, and a digest of what it deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provenance {
    pub(crate) version: Version,
    /// Hexadecimal digits.
    pub(crate) digest: String,
}

impl Provenance {
    /// Reads the parameter's value; `None` where umb did not write it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (version, digest) = text.strip_prefix("umb ")?.split_once(", ")?;
        Some(Self {
            version: Version::parse(version).ok()?,
            digest: digest.to_owned(),
        })
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "umb {}, {}", self.version, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provenance_is_read_as_it_was_written() {
        let provenance = Provenance::parse("umb 1.2.3-rc.1, 00ff").expect("valid");
        assert_eq!(
            provenance.version,
            Version::parse("1.2.3-rc.1").expect("valid")
        );
        assert_eq!(Provenance::parse(&provenance.to_string()), Some(provenance));
        for other in ["", "umb", "umb 1.2.3", "umb x, 00ff"] {
            assert_eq!(Provenance::parse(other), None, "{other}");
        }
    }
}
