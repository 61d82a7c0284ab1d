//! What differs between operating systems is in one room. Tests beside the code may ask for a system.

use super::scan::{code_only, mentions};
use super::sources::{Source, sources};

/// The room.
const PLATFORM: &str = "src/platform";

/// The only folder with code that the compiler cannot check: calls of functions of Windows.
const UNCHECKED: &str = "src/platform/windows";

/// Crates that one system needs and another does not.
const OF_A_SYSTEM: [&str; 9] = [
    "apple_native_keyring_store",
    "linux_keyutils",
    "linux_keyutils_keyring_store",
    "rustix",
    "shlex",
    "winapi_util",
    "windows_native_keyring_store",
    "windows_sys",
    "winsplit",
];

/// The conditions by which code asks for which system it is compiled.
const CONDITIONS: [&str; 4] = ["unix", "windows", "target_os", "target_family"];

/// Why code outside the room is wrong, if it is.
fn objection(path: &str) -> Option<String> {
    let mut pieces = path.split("::");
    let (first, second) = (pieces.next()?, pieces.next());
    if OF_A_SYSTEM.contains(&first) {
        return Some(format!("`{first}` belongs to `platform`"));
    }
    (first == "std" && second == Some("os")).then(|| "`std::os` belongs to `platform`".to_owned())
}

/// The lines that ask for a system.
fn conditional(text: &str) -> Vec<usize> {
    let asks = |line: &str| {
        let code = line.split_once("cfg").map_or("", |(_, rest)| rest);
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| CONDITIONS.contains(&word))
    };
    let lines = code_only(text);
    let lines = lines.lines().enumerate();
    lines
        .filter(|(_, line)| asks(line))
        .map(|(index, _)| index + 1)
        .collect()
}

fn outside(folder: &str) -> impl Iterator<Item = Source> {
    let all = sources("src").into_iter();
    all.filter(move |source| !source.path.starts_with(folder) && !source.is_test())
}

#[test]
fn only_the_room_platform_asks_for_the_system() {
    let mut broken = Vec::new();
    for source in outside(PLATFORM) {
        let text = source.lines_without_tests().join("\n");
        for line in conditional(&text) {
            broken.push(format!("{}:{line}: asks for a system", source.name()));
        }
        for mention in mentions(&text) {
            if let Some(why) = objection(&mention.path) {
                broken.push(format!("{}:{}: {why}", source.name(), mention.line));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn only_calls_of_windows_are_unchecked() {
    let is_unchecked = |source: &Source| {
        let code = code_only(&source.text);
        let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == "unsafe")
    };
    let broken: Vec<_> = outside(UNCHECKED).filter(is_unchecked).collect();
    let broken: Vec<_> = broken.iter().map(Source::name).collect();
    assert!(broken.is_empty(), "{broken:?}");
    let inside = sources("src").into_iter();
    let mut inside = inside.filter(|source| source.path.starts_with(UNCHECKED));
    assert!(inside.any(|source| is_unchecked(&source)));
}

#[test]
fn these_rules_can_be_broken() {
    for (text, count) in [
        ("#[cfg(unix)]\nfn a() {}", 1),
        ("if cfg!(target_os = \"linux\") {}", 1),
        ("#[cfg(any(test, windows))]", 1),
        ("#[cfg_attr(not(target_family = \"x\"), y)]", 1),
        ("#[cfg(test)]\nlet windows = unix; // cfg(unix)", 0),
    ] {
        assert_eq!(conditional(text).len(), count, "{text}");
    }
    for path in [
        "std::os::unix::fs::MetadataExt",
        "rustix::process",
        "shlex::split",
    ] {
        assert!(objection(path).is_some(), "{path}");
    }
    for path in ["std::fs::File", "crate::platform", "os::x"] {
        assert_eq!(objection(path), None, "{path}");
    }
}
