//! Headers as they are seen in the wild.

use proptest::prelude::*;

use super::*;
use crate::domain::Timestamp;
use crate::http::{HeaderName, HeaderValue};

/// 2023-11-14T22:13:20Z.
const NOW: i64 = 1_700_000_000_000;

/// Reads `name: value` lines.
fn read(lines: &str) -> Option<(u64, f64)> {
    let mut map = HeaderMap::new();
    for line in lines.lines() {
        let (name, value) = line.split_once(':').unwrap();
        map.append(
            HeaderName::try_from(name.trim()).unwrap(),
            HeaderValue::from_str(value.trim()).unwrap(),
        );
    }
    let found = allowance(&map, Clock::Fixed(Timestamp::from_millis(NOW)))?;
    Some((found.remaining, found.resets_in.as_secs_f64()))
}

#[test]
fn triples_are_understood_in_every_spelling() {
    for spelling in ["RateLimit", "X-RateLimit", "X-Rate-Limit", "x-ratelimit"] {
        for (reset, expected) in [
            ("30", 30.0),
            ("0.5", 0.5),
            ("0", 0.0),
            ("1700000042", 42.0),
            ("1700000042.5", 42.5),
            ("1700000042500", 42.5),
            ("1600000000", 0.0),
            ("999999999", 86400.0),
            ("99999999999999999999999999999", 86400.0),
            ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
            ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
            ("2023-11-14T22:14:20Z", 60.0),
            ("2023-11-14T22:00:00+00:00", 0.0),
        ] {
            let lines = format!(
                "{spelling}-Limit: 100\n{spelling}-Remaining: 7\n{spelling}-Reset: {reset}"
            );
            assert_eq!(read(&lines), Some((7, expected)), "{lines}");
        }
    }
}

#[test]
fn moments_count_from_the_servers_own_clock() {
    let lines =
        "Date: Tue, 14 Nov 2023 22:13:30 GMT\nX-RateLimit-Remaining: 7\nX-RateLimit-Reset: ";
    for reset in [
        "1700000042",
        "Tue, 14 Nov 2023 22:14:02 GMT",
        "2023-11-14T22:14:02Z",
    ] {
        assert_eq!(read(&format!("{lines}{reset}")), Some((7, 32.0)));
    }
}

#[test]
fn what_is_malformed_or_half_counts_as_absent() {
    for (remaining, reset) in [
        ("-1", "30"),
        ("", "30"),
        (".5", "30"),
        ("many", "30"),
        ("1e3", "30"),
        ("7", ""),
        ("7", "-30"),
        ("7", "soon"),
        ("7", "."),
        ("7", "nan"),
    ] {
        let lines = format!("RateLimit-Remaining: {remaining}\nRateLimit-Reset: {reset}");
        assert_eq!(read(&lines), None, "{lines}");
    }
    assert_eq!(
        read("X-RateLimit-Limit: 0\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 9"),
        None
    );
    assert_eq!(read("RateLimit-Remaining: 7"), None);
    assert_eq!(read("X-RateLimit-Reset: 7\nRateLimit-Remaining: 7"), None);
    assert_eq!(read(""), None);
}

#[test]
fn the_drafts_list_is_understood_and_its_tightest_member_counts() {
    for (lines, expected) in [
        (r#"RateLimit: "default";r=50;t=30"#, Some((50, 30.0))),
        ("RateLimit: default ; r=50 ; t=30", Some((50, 30.0))),
        (
            r#"RateLimit: "day";r=900;t=900, "min";r=2;t=20"#,
            Some((2, 20.0)),
        ),
        (
            "RateLimit: \"a\";r=0;t=5\nRateLimit: \"b\";r=0;t=50",
            Some((0, 50.0)),
        ),
        (r#"RateLimit: "a;r=1,\"b";r=3;t=4"#, Some((3, 4.0))),
        (
            "RateLimit: \"p\";r=3\nRateLimit-Policy: \"q\";q=9;w=7, \"p\";q=9;w=60",
            Some((3, 60.0)),
        ),
        (r#"RateLimit: "p";r=3"#, None),
        (r#"RateLimit: "p";t=3"#, None),
        (r#"RateLimit: "p;r=3;t=3"#, None),
        ("RateLimit: limit=9, remaining=4, reset=12", Some((4, 12.0))),
        (r#"RateLimit: "p";r=99999999999999999999;t=1"#, {
            Some((u64::MAX, 1.0))
        }),
    ] {
        assert_eq!(read(lines), expected, "{lines}");
    }
}

#[test]
fn the_better_defined_header_wins() {
    let pair = "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 1\n";
    assert_eq!(
        read(&format!("{pair}RateLimit: \"p\";r=9;t=9")),
        Some((9, 9.0))
    );
    assert_eq!(
        read(&format!("{pair}RateLimit: \"p\";r=9")),
        Some((1, 1.0)),
        "what says nothing overrules nothing"
    );
}

proptest! {
    #[test]
    fn no_header_breaks_the_cap(
        bytes: Vec<u8>,
        digits in "[0-9.]{0,40}",
        list in "[\"rtw=;,0-9\\\\]{0,40}",
        now: i64,
    ) {
        for bytes in [bytes, digits.into_bytes(), list.into_bytes()] {
            let Ok(header) = HeaderValue::from_bytes(&bytes) else { continue };
            let mut map = HeaderMap::new();
            for name in ["ratelimit", "ratelimit-policy", "date"] {
                map.insert(name, header.clone());
            }
            for (limit, remaining, reset) in TRIPLES {
                map.insert(limit, header.clone());
                map.insert(reset, header.clone());
                map.insert(remaining, HeaderValue::from_static("1"));
            }
            let clock = Clock::Fixed(Timestamp::from_millis(now));
            if let Some(found) = allowance(&map, clock) {
                prop_assert!(found.resets_in <= FARTHEST);
            }
        }
    }
}
