//! What an executable says of itself, so that it can be read without being run: `NAME:VALUE;`.

use memchr::memmem;

/// The mark of umb: its version.
const UMB: &str = "umb-version:";
/// The mark of the function: the SHA-256 of the contract that it keeps, in hexadecimal digits. `handler/src/contract.rs`
/// writes it.
const CONTRACT: &str = "umb-contract:";
/// How long a value may be.
const LONGEST: usize = 64;

/// This umb's own mark.
const OWN: &str = concat!("umb-version:", env!("CARGO_PKG_VERSION"), ";");

/// Returns which version of umb an executable is; `None` if it is no umb.
pub(crate) fn umb_version(executable: &[u8]) -> Option<semver::Version> {
    // So that this executable has its mark, whatever the compiler makes of the rest.
    std::hint::black_box(OWN);
    values(executable, UMB).find_map(|value| semver::Version::parse(value).ok())
}

/// Returns the SHA-256 of the contract that a function keeps; `None` if it does not say.
pub(crate) fn contract(executable: &[u8]) -> Option<&str> {
    let is_digest =
        |value: &&str| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    values(executable, CONTRACT).find(is_digest)
}

/// Everything that follows `name` up to a semicolon: the mark, and whatever else begins like one.
fn values<'a>(executable: &'a [u8], name: &str) -> impl Iterator<Item = &'a str> {
    let starts: Vec<_> = memmem::find_iter(executable, name)
        .map(|start| start + name.len())
        .collect();
    starts.into_iter().filter_map(|start| {
        let rest = executable.get(start..)?;
        let end = rest
            .iter()
            .take(LONGEST + 1)
            .position(|byte| *byte == b';')?;
        std::str::from_utf8(rest.get(..end)?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_behind_what_only_looks_like_one() {
        let bytes = b"umb-version: none;\0umb-version:\xff;umb-version:1.2.3;umb-version:4.5.6;";
        assert_eq!(
            umb_version(bytes)
                .map(|version| version.to_string())
                .as_deref(),
            Some("1.2.3")
        );
        assert_eq!(umb_version(b"umb-version:1.2"), None);
        let digest = "0".repeat(64);
        let text = format!("umb-contract:{digest};");
        assert_eq!(contract(text.as_bytes()), Some(&*digest));
        assert_eq!(contract(b"umb-contract:0;"), None);
    }
}
