//! Secrets from files and variables.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn form() -> TokenForm {
    TokenForm::scheme("Bearer")
}

fn find(
    kind: SecretKind,
    file: Option<&PathBuf>,
    variable: Option<&[u8]>,
) -> Result<Found, SettingsError> {
    let ways = Ways {
        file,
        variable: variable.map(|bytes| OsString::from_vec(bytes.to_vec())),
        can_ask: false,
        stdin_is_terminal: false,
    };
    SecretSource::find(kind, ways, &form())
}

/// The secret, and the notes about it.
fn known(found: Found) -> (String, Vec<String>) {
    match found.source {
        SecretSource::Known(secret) => (secret.expose_secret().to_owned(), found.notes),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_text_is_the_same_secret_in_a_file_and_in_a_variable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    for (kind, text, secret) in [
        (
            SecretKind::Password,
            &b"\xef\xbb\xbfs3cret\r\n"[..],
            "s3cret",
        ),
        (SecretKind::ClientSecret, b"\xff\xfes\x003\x00\n\x00", "s3"),
        (SecretKind::KeyPassphrase, b" a b \n", " a b "),
        (SecretKind::Token, b"Bearer t0ken\n", "t0ken"),
    ] {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let (from_file, notes) = known(find(kind, Some(&path), None).unwrap());
        assert_eq!(from_file, secret);
        assert_eq!(
            notes.len(),
            usize::from(kind == SecretKind::Token),
            "{notes:?}"
        );
        // A variable holds no zero byte.
        if !text.contains(&0) {
            assert_eq!(known(find(kind, None, Some(text)).unwrap()).0, secret);
        }
    }
    for kind in SecretKind::ALL {
        for bad in [
            &b"s3cret\xc2\xa0"[..],
            b"\xe4s3cret",
            b"Authorization: Basic s3cret",
            b"Basic s3cret",
            b"\n",
        ] {
            std::fs::write(&path, bad).unwrap();
            for found in [find(kind, Some(&path), None), find(kind, None, Some(bad))] {
                let error = found.unwrap_err().to_string();
                assert!(
                    error.contains(kind.name()) && !error.contains("s3cret"),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let read = |kind, length: usize| read(kind, "f", "x".repeat(length).as_bytes());
    assert!(read(SecretKind::Password, 5000).is_err());
    // Tokens are longer than passwords.
    assert!(read(SecretKind::Token, 5000).is_ok());
    assert!(read(SecretKind::Token, 70_000).is_err());
}

#[test]
fn a_file_that_others_may_read_is_warned_about() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("password");
    std::fs::write(&path, "s3cret").unwrap();
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let (_, notes) = known(find(SecretKind::Password, Some(&path), None).unwrap());
        assert_eq!(!notes.is_empty(), warned, "{mode:o}: {notes:?}");
    }
}

#[test]
fn p10_a_secret_is_never_printed() {
    let found = find(SecretKind::Token, None, Some(b"planted")).unwrap();
    assert!(!format!("{found:?}").contains("planted"));
}

#[test]
fn what_a_person_types_at_a_terminal_is_asked_for_and_not_shown() {
    let dash = PathBuf::from("-");
    let ways = Ways {
        file: Some(&dash),
        variable: None,
        can_ask: false,
        stdin_is_terminal: true,
    };
    let found = SecretSource::find(SecretKind::Password, ways, &form()).unwrap();
    assert!(matches!(
        found.source,
        SecretSource::Ask(SecretKind::Password)
    ));
}

#[test]
fn without_a_terminal_a_missing_secret_is_an_error_that_names_the_ways() {
    for kind in SecretKind::ALL {
        let error = find(kind, None, None).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(
            hint.contains(kind.flag()) && hint.contains(kind.variable()),
            "{hint}"
        );
        let ways = Ways {
            file: None,
            variable: Some(OsString::new()),
            can_ask: true,
            stdin_is_terminal: true,
        };
        let found = SecretSource::find(kind, ways, &form()).unwrap();
        assert!(matches!(found.source, SecretSource::Ask(asked) if asked == kind));
    }
}
