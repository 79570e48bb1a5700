//! Whose certificates umb trusts: those of a file that somebody names, else those of this machine.

use std::env;
use std::path::PathBuf;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::error::Error;

/// The variable that names a file of certificates for AWS's tools.
const AWS_CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// A file of certificates in PEM that replaces those of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaBundle {
    /// The variable or setting that names it.
    source: &'static str,
    path: PathBuf,
}

impl CaBundle {
    /// The file that the environment names, else `setting`, which is the profile's. Source:
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>.
    pub(crate) fn find(setting: Option<&str>) -> Option<Self> {
        let named = |source, path: PathBuf| {
            let is_said = !path.as_os_str().is_empty();
            is_said.then_some(Self { source, path })
        };
        env::var_os(AWS_CA_BUNDLE)
            .and_then(|path| named(AWS_CA_BUNDLE, path.into()))
            .or_else(|| named("the profile's ca_bundle", setting?.trim().into()))
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let read = CertificateDer::pem_file_iter(&self.path).and_then(Iterator::collect);
        let certificates: Vec<_> = read.map_err(|error| Error::UnreadableBundle {
            source_name: self.source,
            path: self.path.clone(),
            source: Box::new(error),
        })?;
        Ok(certificates)
    }
}

/// Returns what TLS trusts. It takes a while, so that it should be called only where TLS is used.
///
/// # Errors
/// When there is no certificate to trust, or the file cannot be read.
pub(super) fn tls_context(bundle: Option<&CaBundle>) -> Result<TlsContext, Error> {
    // The machine's own are those that SSL_CERT_FILE and SSL_CERT_DIR name, where they are set.
    let certificates = match bundle {
        Some(bundle) => bundle.certificates()?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    // The connector takes no certificate that cannot be one.
    let valid = certificates
        .iter()
        .filter(|der| RootCertStore::empty().add((*der).clone()).is_ok());
    let pem: String = valid.map(|der| to_pem(der)).collect();
    if pem.is_empty() {
        let named = bundle.cloned().or_else(of_the_machine);
        return Err(
            named.map_or(Error::NoCertificates, |bundle| Error::EmptyBundle {
                source_name: bundle.source,
                path: bundle.path,
            }),
        );
    }
    let store = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|_| Error::NoCertificates)
}

/// What replaces the machine's certificates for all programs.
fn of_the_machine() -> Option<CaBundle> {
    let named = |source| {
        let path = env::var_os(source).filter(|path| !path.is_empty())?.into();
        Some(CaBundle { source, path })
    };
    named("SSL_CERT_FILE").or_else(|| named("SSL_CERT_DIR"))
}

/// The text form of a certificate: RFC 7468.
fn to_pem(der: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}
