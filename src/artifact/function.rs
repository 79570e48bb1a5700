//! The function's deployment package: embedded in this binary, or a project's own.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::package::{ENTRY, EXECUTABLE};
use super::{mark, package};

/// The function's deployment package.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    /// A zip whose one entry is `bootstrap`.
    pub(crate) zip: Cow<'static, [u8]>,
    /// The zip's SHA-256, in hexadecimal digits.
    pub(crate) sha256: String,
    /// What it runs on, as Lambda names it: `x86_64` or `arm64`.
    pub(crate) architecture: &'static str,
}

impl Artifact {
    /// The embedded function, which `build.rs` has built and checked.
    pub(crate) fn embedded() -> Self {
        Self {
            zip: Cow::Borrowed(include_bytes!(concat!(env!("OUT_DIR"), "/handler.zip"))),
            sha256: env!("UMB_HANDLER_SHA256").to_owned(),
            architecture: env!("UMB_HANDLER_ARCHITECTURE"),
        }
    }

    /// Packs an executable.
    ///
    /// # Errors
    /// As for [`Artifact::from_zip`].
    pub(crate) fn from_executable(executable: &[u8]) -> Result<Self, Error> {
        let zip = package::pack([(ENTRY, executable)], EXECUTABLE);
        Self::from_zip(zip.map_err(Error::Unfit)?)
    }

    /// Checks a package of a project's own function.
    ///
    /// # Errors
    /// When Lambda could not run it, or when it keeps another contract than that of the API that this umb deploys.
    pub(crate) fn from_zip(zip: Vec<u8>) -> Result<Self, Error> {
        let (executable, architecture) = package::unpack(&zip).map_err(Error::Unfit)?;
        let own = umb_handler::contract::SHA256;
        match mark::contract(&executable) {
            None => return Err(Error::NoContract),
            Some(contract) if contract != own => return Err(Error::OtherContract),
            Some(_) => {}
        }
        Ok(Self {
            sha256: hex::encode(Sha256::digest(&zip)),
            zip: Cow::Owned(zip),
            architecture,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_function_passes_the_checks_of_any_other() {
        let embedded = Artifact::embedded();
        let checked = Artifact::from_zip(embedded.zip.to_vec()).expect("fit");
        assert_eq!(checked.sha256, embedded.sha256);
        let (executable, _) = package::unpack(&embedded.zip).expect("fit");
        let packed = Artifact::from_executable(&executable).expect("fit");
        assert_eq!(
            packed.sha256, embedded.sha256,
            "packing is not deterministic"
        );
    }

    #[test]
    fn what_lambda_could_not_run_is_refused() {
        let (executable, _) = package::unpack(&Artifact::embedded().zip).expect("fit");
        let patched = |from: &str, to: &str| {
            let mut bytes = executable.clone();
            let all: Vec<_> = memchr::memmem::find_iter(&executable, from).collect();
            assert!(!all.is_empty(), "no {from}");
            for at in all {
                bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
            Artifact::from_executable(&bytes)
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(
            patched("GLIBC_2.34", "GLIBC_2.99"),
            "Lambda cannot run the function: bootstrap needs glibc 2.99, and Amazon Linux 2023 has 2.34"
        );
        assert_eq!(
            patched("umb-contract:", "umb-nocntract"),
            Error::NoContract.to_string()
        );
        assert_eq!(
            patched(umb_handler::contract::SHA256, &"0".repeat(64)),
            Error::OtherContract.to_string()
        );
        for (zip, problem) in [
            (&b"PK"[..], "the package is no zip"),
            (
                &package::pack([(ENTRY, &b"#!/bin/sh\n"[..])], EXECUTABLE).expect("packed"),
                "is not a 64-bit ELF executable",
            ),
        ] {
            let text = Artifact::from_zip(zip.to_vec())
                .expect_err("refused")
                .to_string();
            assert!(text.contains(problem), "{text}");
        }
    }
}
