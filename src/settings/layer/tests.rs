//! Layers as they are read, and laid over each other.

use std::path::Path;

use super::*;

#[test]
fn an_unknown_key_is_an_error_that_shows_where() {
    let error = Layer::parse(Path::new("f.toml"), "rate = \"8/s\"\nretries = 3\n");
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("line 2") && text.contains("retries"),
        "{text}"
    );
}

#[test]
fn p10_a_secret_in_a_settings_file_is_not_shown() {
    for text in [
        "burst = 3\npassword = \"planted\"\n",
        "burst = 3\npassword = planted\n",
        "burst = 3\npassword = \"planted\n",
        "burst = 3\npassword: \"planted\"\n",
        "burst = 3\n[api-token]\nvalue = \"planted\"\n",
    ] {
        let error = Layer::parse(Path::new("f.toml"), text).unwrap_err();
        let shown = error.to_string();
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("line 2"), "{shown}");
        assert!(error.hint().unwrap().contains("set OFFBOARD_"));
    }
}

#[test]
fn what_is_set_above_wins() {
    let upper = Layer::parse(Path::new("u"), "rate = \"2/s\"").unwrap();
    let lower = Layer::parse(Path::new("l"), "rate = \"8/s\"\nburst = 3").unwrap();
    let both = upper.over(lower);
    assert_eq!(both.rate.unwrap().to_string(), "2/s");
    assert_eq!(both.burst, NonZeroU32::new(3));
}
