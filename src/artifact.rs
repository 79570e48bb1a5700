//! The Lambda function that is embedded in this binary. `build.rs` builds and checks it.

/// The function's deployment package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Artifact {
    /// A zip whose one entry is `bootstrap`.
    pub(crate) zip: &'static [u8],
    /// The zip's SHA-256, in hexadecimal digits.
    pub(crate) sha256: &'static str,
    /// What it runs on, as Lambda names it: `x86_64` or `arm64`.
    pub(crate) architecture: &'static str,
}

impl Artifact {
    /// The embedded function.
    pub(crate) const EMBEDDED: Self = Self {
        zip: include_bytes!(concat!(env!("OUT_DIR"), "/handler.zip")),
        sha256: env!("UMB_HANDLER_SHA256"),
        architecture: env!("UMB_HANDLER_ARCHITECTURE"),
    };
}
