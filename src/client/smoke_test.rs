//! A user's whole life, once, through the API.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::{Answer, Call};
use super::error::Error;
use super::http::Client;

impl Client {
    /// Creates a temporary user, reads, updates and deletes it, and checks each response; `done` gets each step. The user is
    /// deleted even if a step fails.
    ///
    /// # Errors
    /// That of the first step that fails.
    pub(crate) async fn smoke_test(&self, mut done: impl FnMut(&str)) -> Result<(), Error> {
        let name = format!("umb-smoke-test-{}", Uuid::new_v4());
        let lived = self.live(&name, &mut done).await;
        let deleted = self.ask(&Call::of_user(Method::DELETE, &name)).await;
        lived?;
        deleted?;
        done("delete");
        let gone = self.send(&Call::of_user(Method::GET, &name)).await?;
        if gone.status == 404 {
            done("is gone");
            Ok(())
        } else {
            Err(Error::unexpected(gone.status, &gone.body))
        }
    }

    async fn live(&self, name: &str, done: &mut impl FnMut(&str)) -> Result<(), Error> {
        let created = json!({"username": name, "purpose": "smoke test", "exact": [1, "ü"]});
        let create = Call::new(Method::POST, "users").body(created.to_string());
        expect(&self.ask(&create).await?, &created)?;
        done("create");
        let get = Call::of_user(Method::GET, name);
        expect(&self.ask(&get).await?, &created)?;
        done("get");
        let update = Call::of_user(Method::PUT, name).body(json!({"purpose": "done"}).to_string());
        let updated = json!({"username": name, "purpose": "done", "exact": [1, "ü"]});
        expect(&self.ask(&update).await?, &updated)?;
        done("update");
        Ok(())
    }
}

fn expect(answer: &Answer, user: &Value) -> Result<(), Error> {
    match serde_json::from_str::<Value>(&answer.body) {
        Ok(answered) if answered == *user => Ok(()),
        _ => Err(Error::unexpected(answer.status, &answer.body)),
    }
}
