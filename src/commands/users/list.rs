//! `umb users list`

use umb_handler::json::members;

use crate::error::Failure;
use crate::ui::Ui;

use super::route::UserAccess;

/// List all users: a table on a terminal, JSON Lines elsewhere
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  umb users list                 List the users
  umb users list --json | wc -l  Count them")]
pub(super) struct ListArgs {
    /// Show JSON Lines, an object for each user
    #[arg(long)]
    pub(super) json: bool,
    /// Show a table, even if the output is not a terminal
    #[arg(long, conflicts_with = "json")]
    table: bool,
}

impl ListArgs {
    /// Reads page by page, and writes each page as it comes.
    pub(super) async fn run(self, access: UserAccess<'_>, ui: &Ui) -> Result<(), Failure> {
        let client = access.client().await?;
        let mut table = ui.users_table(self.table);
        let mut next = None;
        loop {
            let page = client.page(next.as_deref()).await?;
            match &mut table {
                Some(table) => {
                    let rows: Vec<_> = page.users.iter().filter_map(|user| members(user)).collect();
                    ui.print_users(table, &rows);
                }
                None => page.users.iter().for_each(|user| ui.print_data(user)),
            }
            next = page.next;
            if next.is_none() || Ui::is_closed() {
                return Ok(());
            }
        }
    }
}
