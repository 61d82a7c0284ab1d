//! How good and bad lines are read, in each encoding, with each delimiter and each kind of line end.

use super::support::{id_column, in_short, open, open_with, read};
use crate::roster::RosterOptions;
use crate::roster::line::Key;

type Encode = fn(&str) -> Vec<u8>;

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn every_encoding_delimiter_and_line_end_reads_the_same() {
    let encodings: [(&str, Encode); 6] = [
        ("utf-8", |text| text.into()),
        ("utf-8 bom", |text| format!("\u{feff}{text}").into()),
        ("utf-16le bom", |text| {
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)
        }),
        ("utf-16be bom", |text| {
            utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)
        }),
        ("utf-16le", |text| utf16(text, u16::to_le_bytes)),
        ("utf-16be", |text| utf16(text, u16::to_be_bytes)),
    ];
    for (encoding, encode) in encodings {
        for delimiter in [",", ";", "\t"] {
            for end in ["\n", "\r\n", "\r"] {
                let text = [
                    "\"Name\"| user id |E-Mail",
                    "Zoë| aB1 |zoe@example.com",
                    "",
                    "\"two",
                    "\"\"lines\"\" | here\"|b2|",
                    "",
                    "",
                    "Łukasz|c3|l@example.com",
                ];
                let text = text.join(end).replace('|', delimiter);
                let mut roster = open(encode(&text)).unwrap();
                assert_eq!(roster.header(), ["Name", "user id", "E-Mail"]);
                assert_eq!(roster.email_index(), Some(2));
                let lines: Vec<_> = roster.by_ref().map(Result::unwrap).collect();
                assert_eq!(
                    in_short(&lines),
                    ["2 aB1/zoe@example.com", "4 b2", "8 c3/l@example.com"],
                    "{encoding}, {delimiter:?}, {end:?}"
                );
                assert_eq!(lines[0].cells, ["Zoë", " aB1 ", "zoe@example.com"]);
                let quoted = format!("two{end}\"lines\" {delimiter} here");
                assert_eq!(lines[1].cells[0], quoted);
                assert_eq!(roster.finish().unwrap().records, 3);
            }
        }
    }
}

#[test]
fn the_line_number_is_physical() {
    let lines = read("id,n\n\n\na,1\r\n\r\nb,\"x\ny\rz\r\nw\"\n\rc,3\n\n").unwrap();
    assert_eq!(in_short(&lines), ["4 a", "6 b", "11 c"]);
    let lines = read("\u{feff}\u{feff}\"n\nn\",id\nx,a").unwrap();
    assert_eq!(in_short(&lines), ["3 a"]);
    let lines = read("\n\r\n\rid\na").unwrap();
    assert_eq!(in_short(&lines), ["5 a"]);
}

#[test]
fn bad_lines_are_rejected_with_a_reason() {
    let long = "x".repeat(10_000);
    let cases = [
        ("a,1,2", "a"),
        ("  a\u{a0},1,2", "a"),
        ("a,1", "a"),
        ("a", "a"),
        ("a,1,2,", "a"),
        ("a,1,2, ,\u{a0},", "a"),
        ("a,1,2,,x,", "!too many fields: 5, the header has 3"),
        (" ,1,2", "!empty id"),
        ("\"\",1,2", "!empty id"),
        (
            "a b,1,2",
            "!id with a blank inside: `a b` (`--allow-unusual-ids` takes it as it stands)",
        ),
        (
            "a\u{a0}b,1,2",
            "!id with a blank inside: `a\u{a0}b` (`--allow-unusual-ids` takes it as it stands)",
        ),
        (
            "\"=\"\"0012\"\"\",1,2",
            "!id with a formula around it: `=\"0012\"` (`--allow-unusual-ids` takes it as it stands)",
        ),
        (
            "“0012”,1,2",
            "!id with quotes around it: `“0012”` (`--allow-unusual-ids` takes it as it stands)",
        ),
        (
            "a@x.com,1,2",
            "!e-mail address in the column of ids: `a@x.com` (name the column of addresses with \
             `--email-column`, or take it for an id with `--allow-unusual-ids`)",
        ),
        ("DOMAIN\\a,1,2", "DOMAIN\\a"),
        (
            "\"a\nb\",1,2",
            "!id with the invisible character `U+000A`: `a\u{fffd}b`",
        ),
        (
            "a\u{200b},1,2",
            "!id with the invisible character `U+200B`: `a\u{fffd}`",
        ),
        (
            "a\u{fffd},1,2",
            "!id with a character lost in conversion: `a\u{fffd}`",
        ),
        ("a,1,\0", "a"),
        ("a\0,1,2", "!column 1 has a NUL byte"),
        (
            "1.23E+31,1,2",
            "!id that a spreadsheet has replaced: `1.23E+31`",
        ),
        (
            "\"1,2e31\",1,2",
            "!id that a spreadsheet has replaced: `1,2e31`",
        ),
        ("1E+05,1,2", "!id that a spreadsheet has replaced: `1E+05`"),
        ("..,1,2", "!id that no address can carry: `..`"),
        ("#N/A,1,2", "!id that a spreadsheet has replaced: `#N/A`"),
        ("####,1,2", "!id that a spreadsheet has replaced: `####`"),
        ("12e5,1,2", "12e5"),
        ("8a80-e+1,1,2", "8a80-e+1"),
        ("#a1,1,2", "#a1"),
    ];
    for (line, check) in cases {
        let lines = read(format!("id,b,c\n{line}\n")).unwrap();
        assert_eq!(in_short(&lines), [format!("2 {check}")], "{line:?}");
    }
    let long_lines = in_short(&read(format!("id\n{long}\n{}\n", &long[..256])).unwrap());
    assert!(long_lines[0].starts_with("2 !id of 10000 bytes, more than 256: `xxx"));
    assert!(long_lines[0].len() < 120, "{}", long_lines[0]);
    assert_eq!(long_lines[1], format!("3 {}", &long[..256]));
}

#[test]
fn only_the_cells_that_are_used_must_be_utf8() {
    let lines = read(b"id,name,E-Mail\na,ok,a@x\nb,J\xf6rg,b@x\n\xe9,ok,\nd,,d\xe9@x\n").unwrap();
    let words = "save the file as `CSV UTF-8`, or name its encoding with `--encoding`";
    assert_eq!(
        in_short(&lines),
        [
            "2 a/a@x",
            "3 b/b@x",
            &format!("4 !column 1 is not UTF-8 at byte offset 0 of the cell: {words}"),
            &format!("5 !column 3 is not UTF-8 at byte offset 1 of the cell: {words}"),
        ]
    );
    assert_eq!(lines[1].cells, ["b", "J\u{fffd}rg", "b@x"]);
    let whole: Vec<_> = lines.iter().map(|line| line.is_utf8).collect();
    assert_eq!(whole, [true, false, false, false]);
}

#[test]
fn the_encoding_can_be_named() {
    let (text, _, _) = encoding_rs::SHIFT_JIS.encode("id,名前\na1,表\n");
    let options = RosterOptions {
        encoding: Some("shift_jis".parse().unwrap()),
        ..RosterOptions::default()
    };
    let mut roster = open_with(&text, &options).unwrap();
    assert_eq!(roster.header(), ["id", "名前"]);
    assert_eq!(roster.encoding(), "Shift_JIS");
    assert_eq!(roster.next().unwrap().unwrap().cells, ["a1", "表"]);
    // Without its name the ids are read all the same.
    assert_eq!(in_short(&read(&text).unwrap()), ["2 a1"]);
    // What the encoding does not have is never a part of an id.
    let bad = open_with(b"id\n\x81\xff\n", &options).unwrap();
    let lines: Vec<_> = bad.map(Result::unwrap).collect();
    assert!(
        in_short(&lines)[0].contains("lost in conversion"),
        "{lines:?}"
    );
    let error = open_with("\u{feff}id\na\n", &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`users.csv`: its first bytes say UTF-8, and the encoding was named as Shift_JIS"
    );
}

#[test]
fn unusual_ids_are_taken_as_they_stand_where_that_is_allowed() {
    let options = RosterOptions {
        unusual_ids: true,
        ..RosterOptions::default()
    };
    let text = "id\nJane Doe\n{a}\na@x.com\na\u{a0}b\n1.2E+31\n";
    let lines: Vec<_> = open_with(text, &options)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(in_short(&lines)[..3], ["2 Jane Doe", "3 {a}", "4 a@x.com"]);
    assert!(
        in_short(&lines[3..]).iter().all(|line| line.contains('!')),
        "{lines:?}"
    );
}

#[test]
fn broken_utf16_is_never_an_id() {
    let mut bytes = utf16("\u{feff}id\nab", u16::to_le_bytes);
    bytes.extend([0x00, 0xd8, b'\n', 0]);
    let lines = read(bytes).unwrap();
    assert_eq!(
        in_short(&lines),
        ["2 !id with a character lost in conversion: `ab\u{fffd}`"]
    );
}

#[test]
fn the_id_column_is_found() {
    let cases = [
        ("User ID,x", 0),
        ("x, uSER id ", 1),
        ("x,userid", 1),
        ("x,USER_ID", 1),
        ("x,Id", 1),
        ("id,User ID", 1),
        ("user id,User ID", 1),
        ("x,x,id", 2),
        (",,User ID", 2),
        ("\"a;b;c\",id", 1),
        ("Last; First,id", 1),
        ("Last, First, Title;id", 1),
        ("\u{feff}\u{feff}\"id\",x", 0),
    ];
    for (header, index) in cases {
        let roster = open(format!("{header}\n")).unwrap();
        assert_eq!(
            (roster.key(), roster.key_index()),
            (Key::UserId, index),
            "{header}"
        );
    }
    let asked = [("B", 1), ("#3", 2), ("#1", 0), (" c ", 2), ("#x", 3)];
    for (name, index) in asked {
        let roster = open_with("a;b;C;#x;id\n", &id_column(name)).unwrap();
        assert_eq!(roster.key_index(), index, "{name}");
    }
}

#[test]
fn a_model_export_has_its_addresses_under_no_header() {
    let text = ",First Name,User ID\nzoe@example.com,Zoe,a1\n17,Max,b2\n";
    assert_eq!(
        in_short(&read(text).unwrap()),
        ["2 a1/zoe@example.com", "3 b2"]
    );
    assert_eq!(open(text).unwrap().email_index(), Some(0));
}

#[test]
fn addresses_serve_where_there_is_no_id() {
    let text = "Name,Email\nZoe, zoe@example.com \nMax,\n";
    let lines = read(text).unwrap();
    assert_eq!(
        in_short(&lines),
        ["2 @zoe@example.com", "3 !empty e-mail address"]
    );
    assert_eq!(open(text).unwrap().key(), Key::UserName);
    let options = RosterOptions {
        email_column: Some("#2".into()),
        ..RosterOptions::default()
    };
    let lines: Result<Vec<_>, _> = open_with("id,who\na,zoe\n", &options).unwrap().collect();
    assert_eq!(in_short(&lines.unwrap()), ["2 a/zoe"]);
}
