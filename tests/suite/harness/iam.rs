//! IAM users of an emulator.

use serde_json::{Value, json};

use super::{Key, MiniStack, Sandbox, texts};

const IAM: &str = "Version=2010-05-08";

/// Credentials of a new IAM user whose one policy allows `actions`.
pub fn user(aws: &MiniStack, root: &Sandbox, name: &str, actions: &[&str]) -> Key {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
    });
    user_with(aws, root, name, &policy)
}

/// Credentials of a new IAM user with this policy alone.
pub fn user_with(aws: &MiniStack, root: &Sandbox, name: &str, policy: &Value) -> Key {
    let call = |form: &str| aws.form(root, "iam", &format!("Action={form}&{IAM}"));
    call(&format!("CreateUser&UserName={name}"));
    call(&format!(
        "PutUserPolicy&UserName={name}&PolicyName=All&PolicyDocument={policy}"
    ));
    let key = call(&format!("CreateAccessKey&UserName={name}"));
    let text = |element: &str| texts(&key, element)[0].as_str().unwrap().to_owned();
    (text("AccessKeyId"), text("SecretAccessKey"))
}
