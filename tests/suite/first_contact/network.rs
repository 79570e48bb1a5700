//! Proxies, certificates, and what responds instead of AWS.

use std::fs;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::harness::{
    AWS, HttpProxy, PrivateServer, Proxy, Reply, Sandbox, ministack, replay, slow_uplink,
};

/// The host and port of an address.
fn host(endpoint: &str) -> &str {
    endpoint.trim_start_matches("http://")
}

/// An office: AWS is behind a proxy, and the office's authority signs for it. The sandbox knows neither.
fn office() -> (HttpProxy, PrivateServer, Sandbox) {
    let server = PrivateServer::before(host(&ministack().endpoint));
    let proxy = HttpProxy::before(&server.address, None);
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &format!("https://{AWS}"));
    fs::write(sandbox.work().join("authority.pem"), &server.authority).unwrap();
    (proxy, server, sandbox)
}

fn authority(sandbox: &Sandbox) -> String {
    let path = sandbox.work().join("authority.pem");
    path.to_str().unwrap().to_owned()
}

/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>
#[test]
fn every_call_to_aws_and_to_the_api_goes_through_the_proxy() {
    let (proxy, _server, sandbox) = office();
    let bundle = authority(&sandbox);
    let sandbox = sandbox
        .with("HTTPS_PROXY", &format!("http://{}", proxy.address))
        .with("AWS_CA_BUNDLE", &bundle);
    sandbox.umb(&["deploy", "dev"]).ok();
    let url = sandbox.output("dev", "EndpointURL");
    assert!(url.starts_with(&format!("https://{AWS}/")), "{url}");
    sandbox
        .umb(&["users", "create", "jane", "--stage", "dev"])
        .ok();
    sandbox.umb(&["destroy", "all", "--yes"]).ok();
    let asked = proxy.asked();
    let tunnel = format!("CONNECT {AWS}:443");
    assert!(
        asked.len() > 10 && asked.iter().all(|one| *one == tunnel),
        "{asked:#?}"
    );
}

#[test]
fn a_proxy_gets_its_credentials_and_nobody_else_sees_them() {
    // jane:s@cret
    let proxy = HttpProxy::before(host(&ministack().endpoint), Some("Basic amFuZTpzQGNyZXQ="));
    let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", &format!("http://{AWS}"));
    let with = |name: &str, user: &str| {
        let url = format!("http://{user}@{}", proxy.address);
        let sandbox = Sandbox::on(ministack())
            .with("AWS_ENDPOINT_URL", &format!("http://{AWS}"))
            .with(name, &url);
        sandbox.umb(&["plan", "dev"])
    };
    with("http_proxy", "jane:s%40cret").ok();
    with("HTTP_PROXY", "jane:s%40cret").ok();
    with("ALL_PROXY", "jane:s%40cret").ok();
    assert!(
        proxy
            .asked()
            .iter()
            .all(|one| one.contains(&format!(" http://{AWS}/")))
    );

    let run = with("HTTP_PROXY", "jane:other").fails(1);
    assert!(run.stderr.contains("407"), "{run:#?}");
    assert!(
        run.stderr.contains(AWS) && !run.stderr.contains("other@"),
        "{run:#?}"
    );
    // Without one, nobody knows the name.
    let run = sandbox.umb(&["plan", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains(&format!("no connection to http://{AWS}\n")),
        "{run:#?}"
    );
}

#[test]
fn this_machine_is_never_behind_a_proxy() {
    let dead = "http://127.0.0.1:1";
    let sandbox = Sandbox::on(ministack())
        .with("HTTP_PROXY", dead)
        .with("HTTPS_PROXY", dead)
        .with("ALL_PROXY", dead);
    sandbox.umb(&["plan", "dev"]).ok();
    sandbox.umb(&["deploy", "local"]).ok();
    sandbox.umb(&["users", "--stage", "local", "list"]).ok();
    // Nor is what NO_PROXY names.
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &format!("http://{AWS}"));
    let run = sandbox.umb(&["plan", "dev"]).fails(1);
    let through = format!("no connection to http://{AWS} through the proxy {dead} (HTTP_PROXY)");
    assert!(run.stderr.contains(&through), "{run:#?}");
    let run = sandbox
        .with("NO_PROXY", ".example")
        .umb(&["plan", "dev"])
        .fails(1);
    assert!(
        run.stderr
            .contains(&format!("no connection to http://{AWS}\n")),
        "{run:#?}"
    );
}

#[test]
fn what_is_no_proxy_is_an_error() {
    for value in ["socks5://127.0.0.1:1080", "http://", "http://a b"] {
        let sandbox = Sandbox::on(ministack()).with("HTTPS_PROXY", value);
        let run = sandbox.umb(&["plan", "dev"]).fails(1);
        let said = "error: HTTPS_PROXY is not the address of an HTTP proxy: ";
        assert!(run.stderr.starts_with(said), "{run:#?}");
    }
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>
#[test]
fn the_authority_that_somebody_names_is_trusted_and_no_other() {
    let (proxy, _server, sandbox) = office();
    let sandbox = sandbox.with("HTTPS_PROXY", &proxy.address);
    let run = sandbox.umb(&["plan", "dev"]).fails(1);
    assert!(
        run.stderr
            .contains(&format!("no connection to https://{AWS}"))
            && run.stderr.contains("UnknownIssuer")
            && run.stderr.contains("AWS_CA_BUNDLE"),
        "{run:#?}"
    );
    let bundle = authority(&sandbox);
    let sandbox = sandbox.with("SSL_CERT_FILE", &bundle);
    sandbox.umb(&["plan", "dev"]).ok();
    let sandbox = sandbox
        .without("SSL_CERT_FILE")
        .with("AWS_CA_BUNDLE", &bundle);
    sandbox.umb(&["plan", "dev"]).ok();
    let folder = sandbox.work().join("../home/.aws");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("config"),
        format!("[default]\nca_bundle = {bundle}\n"),
    )
    .unwrap();
    sandbox.without("AWS_CA_BUNDLE").umb(&["plan", "dev"]).ok();
}

#[test]
fn a_file_without_certificates_is_named() {
    let (proxy, _server, sandbox) = office();
    let mut sandbox = sandbox.with("HTTPS_PROXY", &proxy.address);
    for (name, value, said) in [
        (
            "AWS_CA_BUNDLE",
            "/nonexistent",
            "the certificates of AWS_CA_BUNDLE, /nonexistent, cannot be read",
        ),
        (
            "AWS_CA_BUNDLE",
            "/dev/null",
            "AWS_CA_BUNDLE, /dev/null, has no certificate that can be trusted",
        ),
        (
            "AWS_CA_BUNDLE",
            "/",
            "the certificates of AWS_CA_BUNDLE, /, cannot be read",
        ),
        (
            "SSL_CERT_FILE",
            "/dev/null",
            "SSL_CERT_FILE, /dev/null, has no certificate that can be trusted",
        ),
    ] {
        sandbox = sandbox.with(name, value);
        let run = sandbox.umb(&["plan", "dev"]).fails(1);
        assert!(
            run.stderr.starts_with(&format!("error: {said}\n")),
            "{run:#?}"
        );
        assert!(run.stderr.contains("hint: "), "{run:#?}");
        sandbox = sandbox.without(name);
    }
    // Where no server has to prove who it is, nobody looks for certificates.
    let sandbox = Sandbox::on(ministack()).with("AWS_CA_BUNDLE", "/nonexistent");
    sandbox.umb(&["plan", "dev"]).ok();
}

/// A portal that wants a login, a proxy, another program on the port.
#[test]
fn what_is_not_aws_is_named_with_its_status() {
    for (status, kind, body) in [
        (200, "text/html", "<html>Sign in</html>"),
        (301, "text/html", ""),
        (400, "text/html; charset=utf-8", "<html>Bad request</html>"),
        (503, "text/html", "<html>Later</html>"),
        (403, "text/plain", "no"),
        (200, "application/json", "{\"status\":\"ok\"}"),
    ] {
        let answer =
            format!("{status} OK\r\nContent-Type: {kind}\r\nLocation: https://portal.example/");
        let body = body.to_owned();
        let endpoint = replay(move |_| {
            let head = format!(
                "HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            Reply::whole(head.into_bytes())
        });
        let sandbox = Sandbox::at(&endpoint).with("AWS_MAX_ATTEMPTS", "1");
        let run = sandbox.umb(&["plan", "dev"]).fails(1);
        let said =
            format!("{endpoint}/ responded with status {status} and {kind}, and not as AWS does");
        assert!(run.stderr.contains(&said), "{run:#?}");
        assert!(
            run.stderr
                .contains("hint: sign in to the network if it wants that"),
            "{run:#?}"
        );
    }
}

#[test]
fn an_endpoint_that_is_none_is_named() {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        for value in [
            "localhost:4566",
            "htp://localhost",
            "https://",
            "http://localhost:1\n",
        ] {
            let run = Sandbox::on(ministack())
                .with(name, value)
                .umb(&["plan", "dev"])
                .fails(1);
            let said = format!("error: {name} = `{}` is not valid: ", value.escape_debug());
            assert!(run.stderr.starts_with(&said), "{run:#?}");
        }
    }
    for url in ["http://127.0.0.1:1", "http://no-such-host.invalid"] {
        let sandbox = Sandbox::on(ministack()).with("AWS_ENDPOINT_URL", url);
        let run = sandbox
            .with("AWS_MAX_ATTEMPTS", "1")
            .umb(&["plan", "dev"])
            .fails(1);
        assert!(
            run.stderr.contains(&format!("no connection to {url}\n")),
            "{run:#?}"
        );
        assert!(!run.stderr.contains("SdkBody"), "{run:#?}");
    }
    // An empty one is none.
    let run = Sandbox::on(ministack())
        .with("AWS_ENDPOINT_URL", "")
        .with("AWS_ENDPOINT_URL_STS", &ministack().endpoint)
        .with("HTTPS_PROXY", "http://127.0.0.1:1")
        .with("AWS_MAX_ATTEMPTS", "1")
        .umb(&["plan", "dev"])
        .fails(1);
    assert!(
        run.stderr.contains(".amazonaws.com through the proxy"),
        "{run:#?}"
    );
}

/// At 1 Mbit/s, the function takes longer than any call may that uploads nothing.
#[test]
fn an_upload_takes_as_long_as_the_network_needs() {
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev"]).ok();
    let slow = slow_uplink(host(&ministack().endpoint), 125_000);
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &slow);
    let run = sandbox.umb(&["deploy", "dev", "--code-only"]).ok();
    assert!(
        run.stderr.contains("uploading the function: 2."),
        "{run:#?}"
    );
}

/// An API in a world whose clocks are an hour ahead. The SDK corrects itself in the same way.
#[test]
fn a_clock_that_is_wrong_is_corrected_by_the_servers() {
    const HOUR: Duration = Duration::from_hours(1);
    const FIVE_MINUTES: Duration = Duration::from_mins(5);
    let sandbox = Sandbox::on(ministack());
    sandbox.umb(&["deploy", "dev"]).ok();
    let proxy = Proxy::over(&ministack().endpoint, |request| {
        if !request.path.contains("/_user_request_/") {
            return None;
        }
        let there = SystemTime::now() + HOUR;
        // 20261128T100000Z, as SigV4 has it; AWS takes five minutes more or less.
        let signature = |time: SystemTime| {
            let text = DateTime::from(time).fmt(Format::DateTime).unwrap();
            text.replace(['-', ':'], "")
        };
        let valid = signature(there - FIVE_MINUTES)..signature(there + FIVE_MINUTES);
        if valid.contains(&request.header("x-amz-date").to_owned()) {
            return Some(Reply::json(200, &serde_json::json!({"users": []})));
        }
        let body = "{\"message\":\"Signature expired\"}";
        let date = DateTime::from(there).fmt(Format::HttpDate).unwrap();
        let head = format!(
            "HTTP/1.1 403 Forbidden\r\nDate: {date}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Some(Reply::whole(head.into_bytes()))
    });
    let sandbox = sandbox.with("AWS_ENDPOINT_URL", &proxy.endpoint);
    sandbox.umb(&["users", "--stage", "dev", "list"]).ok();
    let calls = proxy.calls();
    let sent = calls
        .iter()
        .filter(|call| call.contains("_user_request_"))
        .count();
    assert_eq!(sent, 2, "{calls:#?}");
}
