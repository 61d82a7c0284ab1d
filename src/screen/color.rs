//! Whether colours are written.

use std::io::IsTerminal;

pub(crate) use anstream::ColorChoice;

/// Lets all that is printed from now on have colours, or not. [`ColorChoice::Auto`] asks `NO_COLOR`, `CLICOLOR_FORCE`
/// and the terminal.
pub(crate) fn use_colors(choice: ColorChoice) {
    // By convention a zero does not force. The library takes any value for a yes.
    let is_zero = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value == "0");
    let is_seen = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let choice = match choice {
        ColorChoice::Auto if is_zero && !is_seen => ColorChoice::Never,
        choice => choice,
    };
    choice.write_global();
    let stderr = anstream::AutoStream::choice(&std::io::stderr());
    console::set_colors_enabled_stderr(stderr != ColorChoice::Never);
}
