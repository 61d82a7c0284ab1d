//! Whether colours are written.

pub(crate) use anstream::ColorChoice;

/// Lets all that is printed from now on have colours, or not. [`ColorChoice::Auto`] asks `NO_COLOR`, `CLICOLOR_FORCE`
/// and the terminal.
pub(crate) fn use_colors(choice: ColorChoice) {
    choice.write_global();
    let stderr = anstream::AutoStream::choice(&std::io::stderr());
    console::set_colors_enabled_stderr(stderr != ColorChoice::Never);
}
