//! Credentials as people have them in files and variables: what surrounds them is not sent.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::support::{BOTH, Desk};
use crate::test_provider::{Act, crowd};

/// What the requests of this command carried as their credential.
fn sent(desk: &Desk) -> BTreeSet<String> {
    let calls = desk.books().calls();
    calls.into_iter().map(|call| call.credential).collect()
}

#[apply(end_to_end!)]
async fn a_token_is_sent_without_what_surrounds_it() {
    let desk = Desk::plain(crowd(2)).await;
    for text in [
        &b"bearer-token-1\n"[..],
        b"\xef\xbb\xbfbearer-token-1\r\n",
        b"\xff\xfet\x001\x00\r\x00\n\x00",
        b"  Bearer bearer-token-1\n",
        b"Authorization: Bearer bearer-token-1\n",
    ] {
        desk.books().clear();
        desk.write_bytes("token", text);
        let ran = desk.run(&format!("plan r.csv {BOTH} --new")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let token = if text.contains(&0) {
            "t1"
        } else {
            "bearer-token-1"
        };
        assert_eq!(sent(&desk), BTreeSet::from([format!("Bearer {token}")]));
        let is_noted = ran.stderr.contains("which is no part of it");
        assert_eq!(is_noted, text.contains(&b'B'), "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn a_credential_that_may_be_meant_otherwise_is_refused_by_name_and_not_sent() {
    let mut desk = Desk::plain(crowd(2)).await;
    for (text, words) in [
        ("bearer-token-1\u{a0}\n", "is a no-break space (U+00A0)"),
        ("Basic YTpi", "begins with `Basic`"),
        ("\"bearer-token-1\"", "stands in quotes"),
        ("{\"access_token\":\"bearer-token-1\"}", "it is JSON"),
        ("b\u{0}e\u{0}", "it looks like UTF-16"),
    ] {
        desk.write("token", text);
        let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
        assert!(!ran.stderr.contains("bearer-token-1"), "{ran:?}");
    }
    // A variable is read like a file.
    desk.sign_in_as("a@x.com", "\u{feff}secret-1\u{200b}");
    let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("the variable OFFBOARD_PASSWORD"),
        "{ran:?}"
    );
    assert_eq!(sent(&desk), BTreeSet::new());
    desk.sign_in_as("a@x.com", "\u{feff}secret-1\n");
    let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        sent(&desk),
        BTreeSet::from(["Basic YUB4LmNvbTpzZWNyZXQtMQ==".to_owned()])
    );
}

#[apply(end_to_end!)]
async fn a_secret_file_that_others_may_read_is_warned_about_once() {
    let desk = Desk::plain(crowd(2)).await;
    for (mode, warnings) in [(0o600, 0), (0o644, 1)] {
        let token = desk.path("token");
        std::fs::set_permissions(token, Permissions::from_mode(mode)).unwrap();
        let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let found = ran.stderr.matches("is open to other users").count();
        assert_eq!(found, warnings, "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn a_refused_credential_is_no_missing_role() {
    let desk = Desk::plain(crowd(2)).await;
    desk.provider.on_call(|_| Act::refuse(401, "no such key"));
    for verb in ["check".to_owned(), format!("plan r.csv {BOTH}")] {
        let ran = desk.run(&verb).await;
        assert_eq!(ran.code, Some(5), "{ran:?}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            said.contains("no such key") && !said.contains("role"),
            "{ran:?}"
        );
    }
}
