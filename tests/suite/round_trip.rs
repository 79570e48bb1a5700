//! Whatever JSON a user may hold comes back equal, from the real server and its engine.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use struson::reader::{JsonReader as _, JsonStreamReader, ReaderSettings, ValueType};

use crate::harness::{Sandbox, request};

/// JSON text of a value, up to four levels deep.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number(),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::btree_map(name(), inner, 0..6).prop_map(|members| object(&members)),
        ]
    })
}

/// A number of at most 38 digits within DynamoDB's magnitudes.
fn number() -> impl Strategy<Value = String> {
    let plain = ("-?", "[1-9][0-9]{0,18}", "(\\.[0-9]{1,18})?")
        .prop_map(|(sign, whole, fraction)| format!("{sign}{whole}{fraction}"));
    let scientific = ("-?[1-9]", "(\\.[0-9]{1,37})?", -130..=125_i32)
        .prop_map(|(whole, fraction, exponent)| format!("{whole}{fraction}e{exponent}"));
    prop_oneof![Just("0".to_owned()), plain, scientific]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>().prop_filter("not empty", |name| !name.is_empty()),
        "[#:$._a-z\\[\\]]{1,8}",
        Just("__proto__".to_owned()),
        Just("$serde_json::private::Number".to_owned()),
        Just("$serde_json::private::RawValue".to_owned()),
    ]
}

fn object(members: &BTreeMap<String, String>) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap()))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// A value written in one way only: equal values are equal texts, to the last digit.
fn canonical(json: &mut JsonStreamReader<&[u8]>) -> String {
    match json.peek().unwrap() {
        ValueType::Object => {
            let mut members = BTreeMap::new();
            json.begin_object().unwrap();
            while json.has_next().unwrap() {
                let name = json.next_name_owned().unwrap();
                members.insert(name, canonical(json));
            }
            json.end_object().unwrap();
            object(&members)
        }
        ValueType::Array => {
            let mut values = Vec::new();
            json.begin_array().unwrap();
            while json.has_next().unwrap() {
                values.push(canonical(json));
            }
            json.end_array().unwrap();
            format!("[{}]", values.join(","))
        }
        ValueType::String => serde_json::to_string(json.next_str().unwrap()).unwrap(),
        ValueType::Number => canonical_number(json.next_number_as_str().unwrap()),
        ValueType::Boolean => json.next_bool().unwrap().to_string(),
        ValueType::Null => {
            json.next_null().unwrap();
            "null".to_owned()
        }
    }
}

/// Sign, digits without zeros at either end, and the power of ten of the last one.
fn canonical_number(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return "0".to_owned();
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let power = exponent.parse::<i64>().unwrap() - i64::try_from(fraction.len()).unwrap()
        + i64::try_from(trailing).unwrap();
    format!("{sign}{significant}e{power}")
}

fn canonical_text(text: &str) -> String {
    let settings = ReaderSettings {
        restrict_number_values: false,
        ..ReaderSettings::default()
    };
    canonical(&mut JsonStreamReader::new_custom(text.as_bytes(), settings))
}

#[test]
fn any_json_that_a_user_may_hold_comes_back_equal() {
    let sandbox = Sandbox::new();
    sandbox.umb(&["deploy", "local"]).ok();
    let base = sandbox
        .umb(&["outputs", "local", "EndpointURL"])
        .ok()
        .stdout;
    let base = base.trim();
    let json = [("Content-Type", "application/json")];
    let count = AtomicU64::new(0);

    let members = prop::collection::btree_map(name(), value(), 0..8);
    TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(200)
    })
    .run(&members, |mut members| {
        for own in ["username", "email"] {
            members.remove(own);
        }
        let username = format!("user{}", count.fetch_add(1, Ordering::Relaxed));
        let url = format!("{base}users/{username}");

        // The second half is set by an update, the first by the creation.
        let mut user = members.clone();
        let changes = user.split_off(
            members
                .keys()
                .nth(members.len() / 2)
                .map_or("", String::as_str),
        );
        user.insert("username".to_owned(), format!("\"{username}\""));
        let created = request(
            "POST",
            &format!("{base}users"),
            &json,
            Some(object(&user).as_bytes()),
        )
        .unwrap();
        prop_assert_eq!(created.status, 201, "{:?}", created);
        if !changes.is_empty() {
            let updated = request("PUT", &url, &json, Some(object(&changes).as_bytes())).unwrap();
            prop_assert_eq!(updated.status, 200, "{:?}", updated);
        }
        user.extend(changes);
        let found = request("GET", &url, &[], None).unwrap();
        prop_assert_eq!(canonical_text(&found.body), canonical_text(&object(&user)));
        Ok(())
    })
    .unwrap();
}
