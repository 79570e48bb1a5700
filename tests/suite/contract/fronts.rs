//! The fronts that the API is served on, and what every answer of theirs looks like.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Answer, Caller, Sandbox, ministack, proxied, proxy_event, request};

/// How long a caller repeats what the gateway is too busy for.
const PATIENCE: Duration = Duration::from_mins(2);
/// A function that took this long may have run into a timeout.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long until it does: what the gateway asks for with `Retry-After`.
const PAUSE: Duration = Duration::from_secs(1);

/// Somewhere that the API is served.
pub struct Front {
    pub sandbox: Arc<Sandbox>,
    pub way: Way,
}

/// How requests get there.
pub enum Way {
    /// To the local stage at this address.
    Local { base: String },
    /// Through API Gateway.
    Deployed { base: String },
    /// Through API Gateway, signed; again while it, or the account's share of Lambda, is too busy.
    Signed {
        base: String,
        caller: Box<dyn Fn() -> Caller + Send + Sync>,
    },
    /// By invoking this function.
    Invoked { function: String },
}

/// A new stage `dev` on MiniStack.
fn deployed() -> Sandbox {
    let sandbox = Sandbox::on(ministack());
    // Many tests share it; throttling has its own test.
    sandbox.settings("stages.dev = { throttling_rate = 100000, throttling_burst = 100000 }");
    sandbox.umb(&["deploy", "dev"]).ok();
    sandbox
}

impl Front {
    /// A local stage of the test's own.
    pub fn local() -> Self {
        let sandbox = Sandbox::new();
        sandbox.umb(&["deploy", "local"]).ok();
        let base = sandbox.output("local", "EndpointURL");
        Self {
            sandbox: Arc::new(sandbox),
            way: Way::Local { base },
        }
    }

    /// The stage `dev` on MiniStack, which all tests share, with all that API Gateway does for it.
    pub fn deployed() -> &'static Self {
        static SHARED: LazyLock<Front> = LazyLock::new(|| {
            let sandbox = deployed();
            ministack().complete_import(&sandbox);
            let base = sandbox.output("dev", "EndpointURL");
            Front {
                sandbox: Arc::new(sandbox),
                way: Way::Deployed { base },
            }
        });
        &SHARED
    }

    /// The function of a stage `dev` on MiniStack, which all tests share.
    pub fn invoked() -> &'static Self {
        static SHARED: LazyLock<Front> = LazyLock::new(|| {
            let sandbox = deployed();
            let function = sandbox.output("dev", "APIHandlerName");
            Front {
                sandbox: Arc::new(sandbox),
                way: Way::Invoked { function },
            }
        });
        &SHARED
    }

    /// Whether API Gateway is in front of it.
    pub fn has_gateway(&self) -> bool {
        matches!(self.way, Way::Deployed { .. } | Way::Signed { .. })
    }

    pub fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        match &self.way {
            Way::Local { base } => {
                request(method, &format!("{base}{path}"), headers, body).unwrap()
            }
            Way::Deployed { base } => {
                // MiniStack reads the account off the credentials; it checks no signature without AUTH.
                let authorization = format!(
                    "AWS4-HMAC-SHA256 Credential={}/20260101/eu-west-1/execute-api/aws4_request, \
                     SignedHeaders=host, Signature=0",
                    self.sandbox.variable("AWS_ACCESS_KEY_ID")
                );
                let headers = [&[("Authorization", authorization.as_str())], headers].concat();
                request(method, &format!("{base}{path}"), &headers, body).unwrap()
            }
            Way::Signed { base, caller } => {
                let url = format!("{base}{path}");
                unless_busy(|| caller().send(method, &url, headers, body).unwrap())
            }
            Way::Invoked { function } => {
                static REQUESTS: AtomicU64 = AtomicU64::new(0);
                let id = format!("request-{}", REQUESTS.fetch_add(1, Ordering::Relaxed));
                let event = proxy_event(method, path, headers, body, &id);
                let response = ministack().invoke(&self.sandbox, function, &event);
                proxied(&response.unwrap())
            }
        }
    }

    pub fn text(&self, method: &str, path: &str, body: &str) -> Answer {
        let json = [("Content-Type", "application/json")];
        self.raw(method, path, &json, Some(body.as_bytes()))
    }

    pub fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.text(method, path, &body.to_string())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.raw("GET", path, &[], None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.raw("DELETE", path, &[], None)
    }

    /// Creates a user; returns the entity tag.
    pub fn create(&self, username: &str) -> String {
        let answer = self.json("POST", "users", &json!({ "username": username }));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.header("etag").to_owned()
    }

    /// Updates a user under a precondition.
    pub fn put(&self, path: &str, precondition: (&str, &str), body: &Value) -> Answer {
        let headers = [("Content-Type", "application/json"), precondition];
        self.raw("PUT", path, &headers, Some(body.to_string().as_bytes()))
    }
}

/// The answer to a request that has reached the function. API Gateway hands on no request of more than a stage accepts, and
/// Lambda refuses those beyond an account's share of it at once; after its timeout, the function may have done it all the same.
fn unless_busy(send: impl Fn() -> Answer) -> Answer {
    let started = Instant::now();
    loop {
        let sent = Instant::now();
        let answer = send();
        let is_refused = match answer.status {
            429 => true,
            504 => sent.elapsed() < SHORTEST_TIMEOUT,
            _ => false,
        };
        if !is_refused || started.elapsed() > PATIENCE {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Checks the shape of a problem answer: RFC 9457.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, detail: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let content_type = answer.header("content-type");
    assert_eq!(content_type, "application/problem+json", "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["detail"], detail);
    for member in ["type", "title"] {
        assert!(problem[member].is_string(), "{problem}");
    }
}

/// Checks that a body is refused because of its member `pointer`. API Gateway, where it refuses the body
/// itself, cannot say which.
#[track_caller]
pub fn assert_invalid(front: &Front, answer: &Answer, pointer: &str) {
    assert_problem(answer, 400, "The request body is not valid");
    let error = &answer.json()["errors"][0];
    let is_of_gateway = error["detail"] == "is not as the contract asks for";
    assert_eq!(
        error["pointer"],
        if is_of_gateway { "" } else { pointer },
        "{answer:?}"
    );
    assert!(front.has_gateway() || !is_of_gateway, "{answer:?}");
    assert_ne!(answer.header("x-request-id"), "");
}
