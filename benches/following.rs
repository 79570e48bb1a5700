//! What following stacks costs, measured on a simulated CloudFormation: `cargo bench --bench following`.
//!
//! Ten umbs follow ten stacks for half a minute; then one follows a stack that has an hour's events in
//! that time. The exit code says whether every budget was kept.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "a bench prints, stops where it cannot go on, and uses a part of the tests' harness"
)]

#[path = "../tests/suite/harness/mod.rs"]
mod harness;

use std::fmt::Write as _;
use std::process::{Child, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Request, Sandbox, replay};

/// CloudFormation's rate is not published; what callers report is about ten a second for each action of
/// an account and region.
const RATE: f64 = 10.0;
/// How long the shortest operation takes.
const SHORTEST: Duration = Duration::from_secs(20);
/// How many events one page of DescribeStackEvents holds.
const PAGE: usize = 100;

/// When which action was asked for.
type Asked = Arc<Mutex<Vec<(Instant, String)>>>;

/// A stack whose update takes a while.
#[derive(Debug, Clone, Copy)]
struct Update {
    began: Instant,
    takes: Duration,
    /// So many events come each second.
    events: f64,
}

impl Update {
    fn is_over(&self) -> bool {
        self.began.elapsed() >= self.takes
    }

    /// How many events there are by now, that of the beginning and that of the end included.
    fn events(&self) -> usize {
        let elapsed = self.began.elapsed().min(self.takes).as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousands"
        )]
        let events = (elapsed * self.events) as usize;
        1 + events + usize::from(self.is_over())
    }

    fn status(&self) -> &'static str {
        if self.is_over() {
            "UPDATE_COMPLETE"
        } else {
            "UPDATE_IN_PROGRESS"
        }
    }
}

/// A CloudFormation that has the stacks `App<n>-Dev-Stateful`, each under way as `updates` says; and when
/// it was asked what.
fn cloudformation(updates: Vec<Update>) -> (String, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let endpoint = replay(move |request| {
        let action = request.body.split(['=', '&']).nth(1).unwrap_or_default();
        log.lock()
            .unwrap()
            .push((Instant::now(), action.to_owned()));
        answer(request, &updates)
    });
    (endpoint, asked)
}

fn answer(request: &Request, updates: &[Update]) -> (u16, String) {
    if request.is("GetCallerIdentity") {
        let identity = "<Account>111111111111</Account><Arn>arn:aws:iam::111111111111:root</Arn>";
        return (200, wrapped("GetCallerIdentity", identity));
    }
    let (_, name) = request.body.split_once("App").unwrap();
    if !name.contains("Stateful") {
        let error = "<Code>ValidationError</Code><Message>It does not exist</Message>";
        return (
            400,
            format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>"),
        );
    }
    let number: usize = name.split('-').next().unwrap().parse().unwrap();
    let update = updates[number];
    if request.is("DescribeStacks") {
        return (200, stack(number, update));
    }
    let token = request.body.split("NextToken=").nth(1);
    let skipped = token.map_or(0, |token| token.split('&').next().unwrap().parse().unwrap());
    (200, events(number, update, skipped))
}

fn wrapped(action: &str, result: &str) -> String {
    format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
}

fn arn(number: usize) -> String {
    format!("arn:aws:cloudformation:eu-west-1:111111111111:stack/App{number}-Dev-Stateful/1")
}

fn stack(number: usize, update: Update) -> String {
    let tags = [
        ("umb:app", format!("App{number}")),
        ("umb:stage", "dev".to_owned()),
    ]
    .map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>"))
    .concat();
    let member = format!(
        "<StackId>{}</StackId><StackName>App{number}-Dev-Stateful</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{}</StackStatus><Tags>{tags}</Tags>",
        arn(number),
        update.status()
    );
    wrapped(
        "DescribeStacks",
        &format!("<Stacks><member>{member}</member></Stacks>"),
    )
}

/// One page of events, newest first.
fn events(number: usize, update: Update, skipped: usize) -> String {
    let count = update.events();
    let mut members = String::new();
    for index in (0..count.saturating_sub(skipped)).rev().take(PAGE) {
        let is_last = update.is_over() && index + 1 == count;
        let (id, physical, status) = if index == 0 || is_last {
            (
                "Stack",
                arn(number),
                if is_last {
                    update.status()
                } else {
                    "UPDATE_IN_PROGRESS"
                },
            )
        } else {
            ("Table", "table".to_owned(), "UPDATE_COMPLETE")
        };
        write!(
            members,
            "<member><EventId>{index}</EventId><StackId>{}</StackId><StackName>S</StackName>\
             <LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>AWS::DynamoDB::Table</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>\
             <ResourceStatus>{status}</ResourceStatus></member>",
            arn(number)
        )
        .unwrap();
    }
    let next = skipped + PAGE;
    let token = if next < count {
        format!("<NextToken>{next}</NextToken>")
    } else {
        String::new()
    };
    wrapped(
        "DescribeStackEvents",
        &format!("<StackEvents>{members}</StackEvents>{token}"),
    )
}

/// `umb watch dev` of the app `number`.
fn watch(endpoint: &str, number: usize) -> (Sandbox, Child) {
    let sandbox = Sandbox::new()
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_REGION", "eu-west-1")
        .with("AWS_ACCESS_KEY_ID", "test")
        .with("AWS_SECRET_ACCESS_KEY", "test");
    sandbox.whole_settings(&format!("app = \"App{number}\""));
    let child = sandbox
        .command(&["watch", "dev"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (sandbox, child)
}

fn row(what: &str, measured: f64, budget: f64, unit: &str) -> bool {
    let verdict = if measured <= budget { "" } else { "  OVER" };
    println!("{what:<50} {measured:>8.2} {unit:<3} of {budget:>6.2}{verdict}");
    measured <= budget
}

fn ten_follow_ten() -> bool {
    let updates: Vec<_> = (0..10)
        .map(|number| Update {
            began: Instant::now(),
            takes: SHORTEST + Duration::from_millis(970) * number,
            events: 2.0,
        })
        .collect();
    let (endpoint, asked) = cloudformation(updates.clone());
    let watches: Vec<_> = (0..10)
        .map(|number| {
            let (endpoint, update) = (endpoint.clone(), updates[number]);
            thread::spawn(move || {
                let (_sandbox, mut child) = watch(&endpoint, number);
                assert!(child.wait().unwrap().success());
                update.began.elapsed().as_secs_f64() - update.takes.as_secs_f64()
            })
        })
        .collect();
    let mut lags: Vec<_> = watches
        .into_iter()
        .map(|watch| watch.join().unwrap())
        .collect();
    lags.sort_by(f64::total_cmp);
    let is_quick = row(
        "from \"stack finished\" to exit, median of 10",
        lags[5],
        1.0,
        "s",
    );

    // While all ten are under way, and past their first looks, which are quicker.
    let (from, to) = (Duration::from_secs(8), SHORTEST);
    let rate = |action: &str| {
        let asked = asked.lock().unwrap();
        let count = asked
            .iter()
            .filter(|(at, asked)| {
                let at = at.duration_since(updates[0].began);
                asked == action && at > from && at < to
            })
            .count();
        f64::from(u32::try_from(count).unwrap()) / (to.as_secs_f64() - from.as_secs_f64())
    };
    let is_gentle = ["DescribeStackEvents", "DescribeStacks"].map(|action| {
        row(
            &format!("{action}, ten umbs together"),
            rate(action),
            RATE,
            "/s",
        )
    });
    is_quick && is_gentle[0] && is_gentle[1]
}

/// What a process has in memory now, in megabytes.
fn resident(child: &Child) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1024.0
}

fn an_hours_events() -> bool {
    let update = Update {
        began: Instant::now(),
        takes: Duration::from_secs(30),
        events: 120.0,
    };
    let (endpoint, _) = cloudformation(vec![update]);
    let (_sandbox, mut child) = watch(&endpoint, 0);
    thread::sleep(Duration::from_secs(8));
    let early = resident(&child);
    thread::sleep(Duration::from_secs(20));
    let late = resident(&child);
    assert!(child.wait().unwrap().success());
    println!("3,600 events: {early:.1} MB after 8 s, {late:.1} MB after 28 s");
    row(
        "growth while following an hour's events",
        late - early,
        1.0,
        "MB",
    )
}

fn main() -> ExitCode {
    let is_kept = [ten_follow_ten(), an_hours_events()];
    ExitCode::from(u8::from(is_kept.contains(&false)))
}
