//! Takes the limits that the function checks from the contract, where API Gateway takes them too: they are
//! stated once, in `assets/openapi.yaml`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use saphyr::{LoadableYamlNode as _, Yaml};

const CONTRACT: &str = "../assets/openapi.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={CONTRACT}");
    let text = fs::read_to_string(CONTRACT)?;
    let documents = Yaml::load_from_str(&text)?;
    let contract = documents.first().ok_or("the contract is empty")?;
    let schema = |name: &str| &contract["components"]["schemas"][name];
    let limit = &contract["paths"]["/users"]["get"]["parameters"][0]["schema"];

    let constants = [
        number(
            "MIN_USERNAME_CHARS",
            "The shortest username, in Unicode scalar values.",
            &schema("Username")["minLength"],
        )?,
        number(
            "MAX_USERNAME_CHARS",
            "The longest username, in Unicode scalar values.",
            &schema("Username")["maxLength"],
        )?,
        text_constant(
            "USERNAME_PATTERN",
            "What a username matches.",
            &schema("Username")["pattern"],
        )?,
        number(
            "MIN_CHANGES",
            "How many attributes an update sets at the least.",
            &schema("UserChanges")["minProperties"],
        )?,
        number(
            "MAX_CHANGES",
            "How many attributes an update sets at the most: what fits DynamoDB's 4 KB for an expression.",
            &schema("UserChanges")["maxProperties"],
        )?,
        number(
            "MIN_PAGE",
            "How many users a page of the list holds at the least.",
            &limit["minimum"],
        )?,
        number(
            "MAX_PAGE",
            "How many users a page of the list holds at the most.",
            &limit["maximum"],
        )?,
        number(
            "DEFAULT_PAGE",
            "How many users a page of the list holds where nothing is said.",
            &limit["default"],
        )?,
    ];
    let out = PathBuf::from(env::var("OUT_DIR")?).join("contract.rs");
    fs::write(out, constants.concat())?;
    Ok(())
}

fn number(name: &str, doc: &str, value: &Yaml) -> Result<String, String> {
    let value = value
        .as_integer()
        .and_then(|value| u16::try_from(value).ok())
        .ok_or_else(|| format!("{CONTRACT} has no {name}"))?;
    Ok(format!("/// {doc}\npub const {name}: u16 = {value};\n"))
}

fn text_constant(name: &str, doc: &str, value: &Yaml) -> Result<String, String> {
    let value = value
        .as_str()
        .ok_or_else(|| format!("{CONTRACT} has no {name}"))?;
    Ok(format!("/// {doc}\npub const {name}: &str = {value:?};\n"))
}
