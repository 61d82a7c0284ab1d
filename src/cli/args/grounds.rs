//! Who and why, on the command line.

use clap::Args;

use crate::settings::Layer;

/// What an auditor will ask for. A settings file can require each of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Who and why")]
pub(crate) struct GroundsArgs {
    /// The ticket that asks for this.
    #[arg(long, value_name = "ID", env = "OFFBOARD_TICKET")]
    ticket: Option<String>,

    /// Why this is done, in words.
    #[arg(long, value_name = "TEXT", env = "OFFBOARD_REASON")]
    reason: Option<String>,

    /// Who has approved it.
    #[arg(long, value_name = "NAME", env = "OFFBOARD_APPROVER")]
    approver: Option<String>,
}

impl GroundsArgs {
    /// Puts what was typed into a layer.
    pub(super) fn into_layer(self, layer: &mut Layer) {
        layer.ticket = self.ticket;
        layer.reason = self.reason;
        layer.approver = self.approver;
    }
}
