//! Where the table begins: lines above the header, and files without a header.

use proptest::prelude::*;

use super::support::{id_column, in_short, open_with};
use crate::roster::{HeaderAt, RosterOptions};

fn found() -> RosterOptions {
    RosterOptions::default()
}

fn at(line: u64) -> RosterOptions {
    RosterOptions {
        header: HeaderAt::Line(line.try_into().unwrap()),
        ..found()
    }
}

fn headless() -> RosterOptions {
    RosterOptions {
        header: HeaderAt::Absent,
        ..found()
    }
}

fn email_column(name: &str) -> RosterOptions {
    RosterOptions {
        email_column: Some(name.to_owned()),
        ..found()
    }
}

/// The lines, or the refusal.
fn read(text: impl AsRef<[u8]>, options: &RosterOptions) -> Result<Vec<String>, String> {
    let roster = open_with(text, options);
    let lines = roster.and_then(Iterator::collect::<Result<Vec<_>, _>>);
    lines
        .map(|lines| in_short(&lines))
        .map_err(|error| format!("{error}: {}", error.hint().unwrap_or_default()))
}

#[test]
fn lines_that_are_clearly_no_header_are_skipped() {
    let table = "User ID,Email\r\nU1,u1@x.com\r\nU2,\r\n";
    let above = [
        "sep=,\r\n",
        "\"sep=,\"\r\n",
        "SEP=,\r\n\r\n",
        "Leavers November,\r\n",
        "Leavers November\r\n",
        "Table 1\r\n",
        "Table 1\r\nGenerated: 2026-11-28,,\r\n,,\r\n",
        "version:v1.0\r\n",
        "version:v1.0,\r\n",
        ",,\r\n , ,\r\n",
        "# exported by admin@x.com, at noon\r\n#\u{a0}again\r\n",
    ];
    for above in above {
        let first = above.matches("\r\n").count() + 2;
        let lines = [format!("{first} U1/u1@x.com"), format!("{} U2", first + 1)];
        let text = format!("{above}{table}");
        assert_eq!(read(&text, &found()), Ok(lines.to_vec()), "{above:?}");
        // The result is the same if the column is named by its number.
        assert_eq!(
            read(&text, &id_column("#1")),
            Ok(lines.to_vec()),
            "{above:?}"
        );
        let roster = open_with(&text, &found()).unwrap();
        assert_eq!(roster.header_line(), Some(first as u64 - 1));
    }
}

#[test]
fn the_delimiter_that_a_first_line_names_is_used() {
    for sign in [';', '|', '^', '\t', ','] {
        let text = format!("sep={sign}\nname{sign}id\nA;B,C{sign}U1\n");
        let text = text.replace(
            "A;B,C",
            if matches!(sign, ';' | ',') {
                "A"
            } else {
                "A;B,C"
            },
        );
        assert_eq!(
            read(&text, &found()),
            Ok(vec!["3 U1".to_owned()]),
            "{sign:?}"
        );
    }
    let utf16: Vec<u8> = "\u{feff}sep=;\r\nid;n\r\nU1;\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read(utf16, &found()), Ok(vec!["3 U1".to_owned()]));
    // A column may have such a name.
    assert_eq!(
        read("sep=x,id\n1,U1\n", &found()),
        Ok(vec!["2 U1".to_owned()])
    );
}

#[test]
fn a_line_above_the_header_that_may_be_a_user_is_not_skipped() {
    for above in [
        "U0,u0@x.com\n",
        "Leavers\n",
        "U0,\n",
        "u0@x.com\n",
        "Date,2026-11-28\n",
    ] {
        let text = format!("{above}User ID,Email\nU1,u1@x.com\n");
        let refusal = read(&text, &found()).unwrap_err();
        let words =
            "line 1: this line is no header that is known, and line 2 looks like the header";
        assert!(refusal.contains(words), "{refusal}");
        assert!(refusal.contains("`--header-line 2`"), "{refusal}");
        assert_eq!(read(&text, &at(2)), Ok(vec!["3 U1/u1@x.com".to_owned()]));
        let refusal = read(&text, &id_column("#1")).unwrap_err();
        assert!(refusal.contains("--header-line 2"), "{refusal}");
    }
}

#[test]
fn a_header_line_is_a_physical_line() {
    let text = "\"a title\r\n\"of two\r\n\nid,n\r\"x\ny\",z\nU1,\n";
    assert_eq!(
        read(text, &at(4)).map(|lines| lines.len()),
        Ok(2),
        "an open quote above does not matter"
    );
    for line in [3, 8, 100] {
        let refusal = read(text, &at(line)).unwrap_err();
        assert!(refusal.contains("no header on this line"), "{refusal}");
    }
}

#[test]
fn a_first_user_is_not_taken_for_a_header() {
    let rosters = [
        ("u1@x.com\nu2@x.com\n", email_column("#1")),
        ("u1@x.com\n\n", email_column("#1")),
        ("U1,Ann\nU2,Bob\n", id_column("#1")),
        ("U1,Ann\nU2,Bob\n", id_column("U1")),
        ("U1,u1@x.com\nU2,u2@x.com\n", email_column("#2")),
        ("0012\n0013\n", id_column("#1")),
        ("12\n4444\n", id_column("#1")),
        (
            "8a8b00000000000000000000000000a1\n8a8b0000000000000000000000000000\n",
            id_column("#1"),
        ),
        ("ann.lee\nbob.ray\n", id_column("#1")),
    ];
    for (text, options) in rosters {
        let refusal = read(text, &options).unwrap_err();
        assert!(refusal.contains("looks like a user"), "{refusal}");
        assert!(refusal.contains("`--no-header`"), "{refusal}");
        let options = RosterOptions {
            header: HeaderAt::Absent,
            ..options
        };
        let lines = read(text, &options).unwrap();
        assert!(lines[0].starts_with("1 "), "{lines:?}");
        // `--header-line` is taken at its word.
        let options = RosterOptions {
            header: HeaderAt::Line(1.try_into().unwrap()),
            ..options
        };
        assert!(open_with(text, &options).is_ok(), "{text:?}");
    }
}

#[test]
fn a_header_of_any_name_is_a_header() {
    for header in [
        "Leaver",
        "Leaver (November)",
        "Personalnummer",
        "col 1",
        "Kürzel",
        "ID2",
    ] {
        let text = format!("{header}\n8a01\n8a02\n");
        assert_eq!(
            read(&text, &id_column("#1")).map(|lines| lines.len()),
            Ok(2),
            "{header}"
        );
    }
}

#[test]
fn a_file_without_a_header_is_read_by_its_one_column_or_its_addresses() {
    let cases = [
        ("U1\nU2\n", vec!["1 U1", "2 U2"]),
        ("u1@x.com\nu2@x.com\n", vec!["1 @u1@x.com", "2 @u2@x.com"]),
        (
            "\nU1;u1@x.com;Ann\nU2;u2@x.com\n",
            vec!["2 @u1@x.com", "3 @u2@x.com"],
        ),
        ("sep=;\nU1;u1@x.com\n", vec!["2 @u1@x.com"]),
    ];
    for (text, lines) in cases {
        let lines = lines.into_iter().map(str::to_owned).collect();
        assert_eq!(read(text, &headless()), Ok(lines), "{text:?}");
    }
    let options = RosterOptions {
        id_column: Some("#2".to_owned()),
        ..headless()
    };
    let roster = open_with("Ann,U1\nBob,U2,x\n", &options).unwrap();
    assert_eq!(roster.header(), ["column 1", "column 2", "column 3"]);
    let lines: Vec<_> = roster.map(Result::unwrap).collect();
    assert_eq!(in_short(&lines), ["1 U1", "2 U2"]);
    for text in ["Ann,U1\nBob,U2\n", "a@x.com,b@x.com\n"] {
        let refusal = read(text, &headless()).unwrap_err();
        assert!(refusal.contains("which of its 2 columns"), "{refusal}");
    }
    for text in ["", "\n\n", "sep=;\n"] {
        let refusal = read(text, &headless()).unwrap_err();
        assert!(refusal.contains("is empty"), "{refusal}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// For any lines above the header: either all users are read, or the file is refused.
    #[test]
    fn no_user_is_lost_to_the_lines_above_the_header(
        above in proptest::collection::vec(
            proptest::sample::select(vec![
                "sep=,", "", ",,", "Two words", "word", "# note", "#", "a,b", "x@y", "\"two\nlines here\"", "version:1",
                "U7,u7@x.com",
            ]),
            0..4,
        ),
        wanted in proptest::sample::select(vec![None, Some("#1"), Some("User ID")]),
        end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let table = ["User ID,Email", "U1,u1@x.com", "U2,u2@x.com", ""];
        let text = [&above[..], &table].concat().join(end);
        let options = RosterOptions { id_column: wanted.map(str::to_owned), ..found() };
        match read(&text, &options) {
            Ok(lines) => {
                prop_assert!(!above.contains(&"U7,u7@x.com"), "{:?}", text);
                let users: Vec<_> = lines.iter().map(|line| line.split_once(' ').unwrap().1).collect();
                prop_assert_eq!(users, ["U1/u1@x.com", "U2/u2@x.com"]);
            }
            Err(refusal) => prop_assert!(refusal.contains("--header-line"), "{}", refusal),
        }
    }
}
