//! The annotated settings file: every setting explained, and none set.

use std::fmt::Write;

use crate::settings::Layer;

/// The longest line of a remark.
const WIDTH: usize = 100;

const HEAD: &str = "\
Settings of offboard. Every line is optional, and an empty value counts as not set. A flag or a variable \
(OFFBOARD_RATE for `rate`) wins over this file, and this file wins over the provider's profile. \
`offboard config show` shows every value and where it came from. Paths are relative to this file's folder. \
Secrets do not go into this file: name a file that holds one, or set OFFBOARD_PASSWORD. \
If this file is read only because it is in the current folder, it may not say which program runs or where \
secrets go (`token-command`, all addresses, `regions`, `places`, `proxy`, `ca-file`, `allow-http`, a profile in a \
file): name it with `--config offboard.toml` or OFFBOARD_CONFIG.";

/// The text of a settings file in which every setting is explained, and none is set: each is a remark with an
/// example.
pub fn template() -> String {
    let mut text = String::new();
    remark(&mut text, HEAD);
    let mut title = "";
    for setting in Layer::declared() {
        // What needs a whole table of its own is part of a profile.
        if setting.example.is_empty() {
            continue;
        }
        if setting.title != title {
            title = setting.title;
            let _ = write!(text, "\n# --- {title} ---\n");
        }
        let fallback = setting.fallback();
        let fallback = fallback.map_or_else(String::new, |text| format!(" [default: {text}]"));
        text.push('\n');
        remark(&mut text, &format!("{}{fallback}.", setting.help));
        let _ = writeln!(text, "# {} = {}", setting.key, setting.example);
    }
    text
}

/// Adds a text as lines of a remark.
fn remark(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_annotated_file_names_every_setting_and_sets_none() {
        let parse = |text: &str| Layer::parse(Path::new("t.toml"), text).unwrap();
        assert_eq!(parse(&template()), Layer::default());
        // Without the sign before each setting all are set, and all are understood.
        let template = template();
        let lines = template.lines().map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.split(' ').nth(1) == Some("=") => setting,
            _ => line,
        });
        let layer = parse(&lines.collect::<Vec<_>>().join("\n"));
        let unset: Vec<_> = layer
            .table()
            .into_iter()
            .filter(|(_, value)| value.is_null())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(unset, ["regions"], "give these an example");
    }
}
