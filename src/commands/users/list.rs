//! `umb users list`

use crate::api::members;
use crate::error::Failure;
use crate::ui::Ui;

use super::Target;

/// List all users: a table at a terminal, one JSON object a line elsewhere
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Show one JSON object a line, at a terminal too
    #[arg(long)]
    json: bool,
    /// Show a table, elsewhere too
    #[arg(long, conflicts_with = "json")]
    table: bool,
}

impl ListArgs {
    /// Lists page by page, and writes each as it comes.
    pub(super) async fn run(self, target: Target<'_>, ui: &Ui) -> Result<(), Failure> {
        let client = target.client().await?;
        let is_table = self.table || (ui.is_read_by_a_person() && !self.json);
        let mut table = is_table.then(|| ui.users_table());
        let mut next = None;
        loop {
            let page = client.page(next.as_deref()).await?;
            match &mut table {
                Some(table) => {
                    let rows: Vec<_> = page.users.iter().filter_map(|user| members(user)).collect();
                    ui.print_users(table, &rows);
                }
                None => page.users.iter().for_each(|user| ui.print(user)),
            }
            next = page.next;
            if next.is_none() {
                return Ok(());
            }
        }
    }
}
