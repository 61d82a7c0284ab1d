//! Files that cannot be used, and the messages for them.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::Path;

use super::support::{id_column, open, open_with, read};
use crate::roster::error::RosterErrorKind as Kind;
use crate::roster::line::Rejection;
use crate::roster::{Roster, RosterError, RosterOptions, check};

fn refused(bytes: impl AsRef<[u8]>) -> RosterError {
    read(bytes).unwrap_err()
}

#[test]
fn each_refusal_says_what_and_where() {
    let cases: [(&[u8], &str); 13] = [
        (b"", "`users.csv`: is empty"),
        (b"\xef\xbb\xbf\r\n\n", "`users.csv`: is empty"),
        (b"id,name\n\n", "`users.csv`: has a header but no lines"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0", "`users.csv`: is not text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "`users.csv`: is not text"),
        (b"PK\x03\x04\x14\0\x06\0", "`users.csv`: is not text"),
        (b"\"id\nx\0\"\n", "`users.csv`, line 1: is not text"),
        (
            b"x,Pr\xe9nom\na,b\n",
            "`users.csv`, line 1: the header is not UTF-8",
        ),
        (
            b"name, role\nx,y\n",
            "`users.csv`, line 1: no id column among `name`, `role`",
        ),
        (
            b"id,userid\nx,y\n",
            "`users.csv`, line 1: several columns could be meant: `id` (#1), `userid` (#2)",
        ),
        (
            b"User ID,User ID\nx,y\n",
            "`users.csv`, line 1: several columns could be meant: `User ID` (#1), `User ID` (#2)",
        ),
        (
            b"id,n\na,1\n\nb,\"x\ny\",\n\"c,\n\nd,2\n",
            "`users.csv`, line 6: a quote is opened here and never closed",
        ),
        (
            b"x,\"id\na\n",
            "`users.csv`, line 1: a quote is opened here and never closed",
        ),
    ];
    for (bytes, message) in cases {
        let error = refused(bytes);
        assert_eq!(error.to_string(), message);
        assert!(error.hint().is_some(), "{message}");
    }
}

#[test]
fn a_quote_is_reported_where_it_was_opened_and_not_where_its_record_begins() {
    let error = refused("id,a,b\nx,\"1\n2\",\"3\n4\n");
    assert_eq!(error.line(), Some(3));
    assert!(matches!(error.kind(), Kind::UnclosedQuote));
}

#[test]
fn a_missing_column_names_its_flag_and_those_that_exist() {
    let error = open_with("a,b\n1,2\n", &id_column("#3")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`users.csv`, line 1: no column `#3` among `a`, `b`"
    );
    assert!(error.hint().unwrap().contains("--id-column"));
    for wanted in ["#0", "c", "", "#"] {
        assert!(open_with("a,b\n1,2\n", &id_column(wanted)).is_err());
    }
    let error = open_with("a,A\n1,2\n", &id_column("a")).unwrap_err();
    assert!(error.hint().unwrap().contains("--id-column '#1'"));
}

#[test]
fn the_columns_listed_are_cut() {
    let error = refused(format!("{}\n", "x".repeat(5000)));
    assert!(error.to_string().len() < 200);
    let mut header = String::new();
    for index in 0..500 {
        write!(header, "c{index},").unwrap();
    }
    let message = refused(header).to_string();
    assert!(message.ends_with("`c19` and 481 more"), "{message}");
}

#[test]
fn random_bytes_give_one_short_message() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..10_000).map(|_| random.u8(..)).collect();
        let message = refused(bytes).to_string();
        assert!(
            message.chars().count() < 1200 && !message.contains('\n'),
            "{message}"
        );
    }
}

#[test]
fn an_open_quote_cannot_eat_the_memory() {
    let endless = Cursor::new(b"id\nok\n\n\"".to_vec()).chain(io::repeat(b'x'));
    let options = RosterOptions::default();
    let mut roster = Roster::from_reader(Path::new("users.csv"), endless, &options).unwrap();
    assert_eq!(roster.next().unwrap().unwrap().number, 2);
    let error = roster.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`users.csv`, line 4: the record that begins here is longer than 1048576 bytes: \
         a quote opened on line 4 is still open"
    );
    assert!(roster.next().is_none());
    assert_eq!(roster.finish().unwrap_err().to_string(), error.to_string());
}

#[test]
fn the_limit_of_a_record_is_exact() {
    let limit = 1 << 20;
    for (size, fits) in [(limit, true), (limit + 1, false)] {
        let cell = "x".repeat(size - 2);
        let result = read(format!("id,n\na,{cell}\nb,\n"));
        assert_eq!(result.is_ok(), fits, "{size}");
    }
}

#[test]
fn an_error_in_the_middle_of_the_file_is_passed_on() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("disk gone"))
        }
    }
    // Far enough into the file that the beginning, from which the encoding and the table are found, is intact.
    let good = format!("id\n{}", "abcdef\n".repeat(30_000));
    let input = Cursor::new(good.into_bytes()).chain(Broken);
    let options = RosterOptions::default();
    let mut roster = Roster::from_reader(Path::new("users.csv"), input, &options).unwrap();
    let error = roster.by_ref().find_map(Result::err).unwrap();
    assert!(matches!(error.kind(), Kind::Io(_)));
    assert!(roster.finish().is_err());
}

#[test]
fn only_a_regular_file_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let options = RosterOptions::default();
    let refusal = |path: &Path| Roster::open(path, &options).unwrap_err();
    let path = folder.path().join("users.csv");
    assert!(matches!(refusal(&path).kind(), Kind::NotFound));
    assert!(matches!(refusal(folder.path()).kind(), Kind::Directory));
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    assert!(matches!(refusal(&pipe).kind(), Kind::NotRegular));
    fs::write(&path, "id\na\n").unwrap();
    assert!(Roster::open(&path, &options).is_ok());
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0);
    fs::set_permissions(&path, permissions).unwrap();
    // The superuser can read it in spite of its mode.
    if fs::File::open(&path).is_err() {
        assert!(matches!(refusal(&path).kind(), Kind::PermissionDenied));
    }
}

#[test]
fn a_summary_counts_everything_and_digests_the_raw_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.csv");
    let options = RosterOptions::default();
    fs::write(&path, b"\xef\xbb\xbfid\r\nabc\r\n\r\na b\r\nabc\r\n").unwrap();
    let summary = check(&path, &options).unwrap();
    assert_eq!(
        (summary.lines, summary.accepted, summary.rejected),
        (3, 2, 1)
    );
    assert_eq!(summary.rejections.len(), 1);
    assert_eq!((summary.rejections[0].0, summary.bytes), (4, 24));
    // Computed by another implementation.
    assert_eq!(
        summary.digest,
        "694bdc865ace622a32185702571aa49a023535eec7d779096c3b5061aaf43bc9"
    );
    let unread = Roster::open(&path, &options).unwrap().finish().unwrap();
    assert_eq!((unread.sha256, unread.records), (summary.digest, 3));

    fs::write(&path, format!("id\n{}", "a b\n".repeat(1500)) + "a\n").unwrap();
    let summary = check(&path, &options).unwrap();
    assert_eq!((summary.rejected, summary.rejections.len()), (1500, 1000));

    fs::write(&path, "id\n\na b\n,\n").unwrap();
    let error = check(&path, &options).unwrap_err();
    let Kind::NoUsableLine {
        lines: 2,
        line: 3,
        reason,
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert!(matches!(reason, Rejection::Blank { .. }));
}

#[test]
fn a_roster_can_move_to_another_thread() {
    fn movable(_: impl Send + 'static) {}
    movable(open("id\na\n").unwrap());
}
