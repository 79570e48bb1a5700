//! The Lambda function that travels inside this binary; `build.rs` made and checked it.

/// The function's deployment package: a zip whose one entry is `bootstrap`.
pub(crate) const ZIP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/handler.zip"));

/// The SHA-256 of [`ZIP`], in hexadecimal.
pub(crate) const SHA256: &str = env!("UMB_HANDLER_SHA256");

/// What it runs on, as Lambda names it: `x86_64` or `arm64`.
pub(crate) const ARCHITECTURE: &str = env!("UMB_HANDLER_ARCHITECTURE");
