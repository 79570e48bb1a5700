//! Proxies, as the AWS CLI and curl read them from the environment. Source:
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>.

use std::net::IpAddr;

use aws_smithy_http_client::proxy::ProxyConfig;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::error::Error;

/// The variables of each kind. Where both cases are set, the lower one counts, as it does for the AWS CLI.
const HTTPS: [&str; 2] = ["https_proxy", "HTTPS_PROXY"];
const HTTP: [&str; 2] = ["http_proxy", "HTTP_PROXY"];
const ALL: [&str; 2] = ["all_proxy", "ALL_PROXY"];
const NO: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    /// The variable that names it.
    pub(super) variable: &'static str,
    /// Its address, with credentials if it needs some.
    uri: Uri,
}

impl Proxy {
    /// Its address without credentials.
    pub(super) fn shown(&self) -> String {
        let authority = self.uri.authority().map_or("", |all| all.as_str());
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{}://{host}", self.uri.scheme_str().unwrap_or("http"))
    }

    pub(super) fn uri(&self) -> Uri {
        self.uri.clone()
    }

    /// Whether the proxy itself is reached by TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    /// What a connector does with it.
    pub(super) fn config(&self) -> Result<ProxyConfig, Error> {
        ProxyConfig::all(self.uri()).map_err(|_| Error::InvalidProxy {
            variable: self.variable,
            reason: "it is not a URL such as http://proxy.example.com:3128",
        })
    }
}

/// The proxies of the environment, and what needs none.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    /// Where to go without a proxy: a list such as `localhost,10.0.0.0/8,.example.com`.
    no: String,
}

impl Proxies {
    /// Reads the environment's variables by `variable`. An empty one is none.
    ///
    /// # Errors
    /// For an address that cannot be that of a proxy.
    pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let first = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| {
                let value = variable(name)?.trim().to_owned();
                (!value.is_empty()).then_some((name, value))
            })
        };
        let all = first(ALL);
        let proxy = |names| {
            let named = first(names).or_else(|| all.clone());
            named.map(|(name, value)| parse(name, &value)).transpose()
        };
        Ok(Self {
            http: proxy(HTTP)?,
            https: proxy(HTTPS)?,
            no: first(NO).map(|(_, value)| value).unwrap_or_default(),
        })
    }

    /// The proxy that a request to `uri` goes through. This machine, and the services of a machine on AWS that only it
    /// reaches, never have one.
    pub(super) fn of(&self, uri: &Uri) -> Option<&Proxy> {
        let host = uri.host()?;
        if is_near(host) {
            return None;
        }
        let proxy = match uri.scheme_str() {
            Some("http") => self.http.as_ref(),
            _ => self.https.as_ref(),
        }?;
        let matcher = Matcher::builder().all("http://proxy").no(self.no.as_str());
        matcher.build().intercept(uri).map(|_| proxy)
    }
}

fn parse(variable: &'static str, value: &str) -> Result<Proxy, Error> {
    let invalid = |reason| Error::InvalidProxy { variable, reason };
    // Without a scheme, it is an HTTP proxy.
    let with_scheme = if value.contains("://") {
        value.to_owned()
    } else {
        format!("http://{value}")
    };
    let uri: Uri = with_scheme
        .parse()
        .map_err(|_| invalid("it is not a URL such as http://proxy.example.com:3128"))?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(invalid("umb knows proxies for http:// and https:// only")),
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(invalid("it names no host"));
    }
    Ok(Proxy { variable, uri })
}

/// Whether a host is this machine, or a link-local address such as that of instance metadata.
fn is_near(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Proxies, Error> {
        Proxies::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// The proxy of a URL, and the variable that names it.
    fn of(variables: &[(&str, &str)], url: &str) -> Option<(String, &'static str)> {
        let proxies = read(variables).expect("they are valid");
        let proxy = proxies.of(&url.parse().expect("a URL"));
        proxy.map(|proxy| (proxy.shown(), proxy.variable))
    }

    const AWS: &str = "https://sts.eu-west-1.amazonaws.com/";

    #[test]
    fn each_scheme_has_its_variables_and_the_lower_case_counts() {
        let both = [
            ("HTTPS_PROXY", "http://upper:1"),
            ("https_proxy", "http://lower:2"),
        ];
        let lower = Some(("http://lower:2".to_owned(), "https_proxy"));
        assert_eq!(of(&both, AWS), lower);
        assert_eq!(of(&both, "http://sts.example/"), None);
        let upper = Some(("http://upper:1".to_owned(), "HTTPS_PROXY"));
        let empty = [("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "")];
        assert_eq!(of(&empty, AWS), upper);
        let all = [("ALL_PROXY", "all:3"), ("http_proxy", "plain:4")];
        assert_eq!(
            of(&all, AWS),
            Some(("http://all:3".to_owned(), "ALL_PROXY"))
        );
        assert_eq!(
            of(&all, "http://sts.example/"),
            Some(("http://plain:4".to_owned(), "http_proxy"))
        );
    }

    #[test]
    fn what_is_near_or_excepted_has_none() {
        let proxy = ("HTTPS_PROXY", "http://proxy:1");
        for near in [
            "https://127.0.0.1/",
            "https://127.1.2.3:4/",
            "https://localhost:4566/",
            "https://LOCALHOST/",
            "https://[::1]:4566/",
            "https://169.254.169.254/",
            "https://[fd00:ec2::254]/",
        ] {
            assert_eq!(of(&[proxy], near), None, "{near}");
        }
        for no in [
            "*",
            "amazonaws.com",
            ".amazonaws.com",
            "example.com, eu-west-1.amazonaws.com",
        ] {
            assert_eq!(of(&[proxy, ("no_proxy", no)], AWS), None, "{no}");
        }
        for no in ["example.com", "aws.com", ""] {
            assert!(of(&[proxy, ("NO_PROXY", no)], AWS).is_some(), "{no}");
        }
        let network = [proxy, ("NO_PROXY", "10.0.0.0/8")];
        assert_eq!(of(&network, "https://10.1.2.3/"), None);
    }

    #[test]
    fn credentials_are_never_shown() {
        let proxy = [("HTTPS_PROXY", "http://jane:s%40cret@proxy:3128")];
        let shown = Some(("http://proxy:3128".to_owned(), "HTTPS_PROXY"));
        assert_eq!(of(&proxy, AWS), shown);
    }

    #[test]
    fn what_is_no_proxy_is_refused_by_the_variables_name() {
        for (value, reason) in [
            (
                "socks5://proxy:1080",
                "umb knows proxies for http:// and https:// only",
            ),
            (
                "http://",
                "it is not a URL such as http://proxy.example.com:3128",
            ),
            (
                "http://a b",
                "it is not a URL such as http://proxy.example.com:3128",
            ),
        ] {
            let error = read(&[("https_proxy", value)]).expect_err(value);
            assert_eq!(
                error.to_string(),
                format!("https_proxy is not the address of an HTTP proxy: {reason}")
            );
        }
    }
}
