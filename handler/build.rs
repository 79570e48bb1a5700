//! Takes the limits that the function checks from the contract, where API Gateway takes them too: they are
//! stated once, in `assets/openapi.yaml`. A copy of this crate that stands alone has a copy of the contract, too.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use saphyr::{LoadableYamlNode as _, Yaml};
use sha2::{Digest as _, Sha256};

/// Where the contract is: beside this file, or where umb has it.
const CONTRACTS: [&str; 2] = ["openapi.yaml", "../assets/openapi.yaml"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let contract = CONTRACTS.iter().find(|path| Path::new(path).exists());
    let contract = contract.ok_or("there is no openapi.yaml")?;
    println!("cargo::rerun-if-changed={contract}");
    let text = fs::read_to_string(contract)?;
    let digest = hex::encode(Sha256::digest(&text));
    let documents = Yaml::load_from_str(&text)?;
    let contract = documents.first().ok_or("the contract is empty")?;
    let schema = |name: &str| &contract["components"]["schemas"][name];
    let limit = &contract["paths"]["/users"]["get"]["parameters"][0]["schema"];

    let [sha256, mark] = identity(&digest);
    let constants = [
        sha256,
        mark,
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
        .ok_or_else(|| format!("the contract has no {name}"))?;
    Ok(format!("/// {doc}\npub const {name}: u16 = {value};\n"))
}

fn text_constant(name: &str, doc: &str, value: &Yaml) -> Result<String, String> {
    let value = value
        .as_str()
        .ok_or_else(|| format!("the contract has no {name}"))?;
    Ok(format!("/// {doc}\npub const {name}: &str = {value:?};\n"))
}

/// What says which contract it is.
fn identity(digest: &str) -> [String; 2] {
    [
        format!(
            "/// The contract's SHA-256, in hexadecimal digits.\npub const SHA256: &str = \"{digest}\";\n"
        ),
        format!(
            "/// By which `umb build` reads from the executable which contract it keeps.\n\
             pub const MARK: &str = \"umb-contract:{digest};\";\n"
        ),
    ]
}
