//! What each kind asks for, and what it says when it does not get it.

use std::path::{Path, PathBuf};

use super::kind::KINDS;
use super::{SignIn, SignInKind, SignInMethod};
use crate::auth::TokenForm;
use crate::http::PlainHttp;
use crate::settings::Layer;

/// Resolves the settings of a file.
fn resolve(text: &str) -> Result<SignIn, String> {
    let layer = Layer::parse(Path::new("t"), text).unwrap();
    SignIn::resolve(&layer, PlainHttp::LoopbackOnly).map_err(|error| error.to_string())
}

/// A file that chooses this kind, with more settings.
fn of(kind: &str, more: &str) -> String {
    format!("sign-in = \"{kind}\"\ntoken-cache = \"tokens.json\"\n{more}\n")
}

#[test]
fn each_kind_has_a_name() {
    for (kind, name) in KINDS {
        assert_eq!(name.parse(), Ok(kind));
        assert_eq!(kind.to_string(), name);
    }
    let error = "kerberos".parse::<SignInKind>().unwrap_err().to_string();
    assert!(
        error.contains("`kerberos`; there are anaplan-basic, "),
        "{error}"
    );
}

#[test]
fn a_kind_asks_for_what_it_needs_and_no_more() {
    let token_url = "token-url = \"https://id.example.com/token/\"\n";
    let device = format!("{token_url}device-url = \"https://id.example.com/code\"\n");
    for (kind, more, missing) in [
        ("", "", "how to sign in"),
        ("anaplan-basic", "", "where to sign in"),
        ("anaplan-certificate", "", "where to sign in"),
        ("basic", "", "whom to sign in as"),
        ("client-credentials", "", "where tokens are given"),
        ("oauth-device", "", "where codes are given"),
        ("command", "", "which program prints the token"),
        (
            "anaplan-certificate",
            "auth-url = \"https://auth.example.com\"",
            "where the certificate is",
        ),
        ("oauth-device", &device, "which client signs in"),
    ] {
        assert_eq!(
            resolve(&of(kind, more)).unwrap_err(),
            format!("nothing says {missing}")
        );
    }
    assert!(resolve(&of("bearer", "")).is_ok());
    let device = resolve(&of("oauth-device", &format!("{device}client-id = \"c1\""))).unwrap();
    assert_eq!(device.account(), "whoever approved client c1");
    let SignInMethod::OauthDevice { service, .. } = device.method else {
        panic!("{device:?}");
    };
    assert_eq!(service.token_url.as_str(), "https://id.example.com/token/");
}

#[test]
fn a_token_goes_where_the_kind_or_the_profile_says() {
    let bearer = resolve(&of("bearer", "")).unwrap();
    assert_eq!(bearer.form, TokenForm::scheme("Bearer"));
    let with = |header: &str, scheme: &str| {
        let mut layer = Layer::parse(Path::new("t"), &of("bearer", "")).unwrap();
        layer.sign_in.token_header = Some(header.to_owned());
        layer.sign_in.token_scheme = Some(scheme.to_owned());
        let found = SignIn::resolve(&layer, PlainHttp::LoopbackOnly);
        let found = found.map_err(|error| error.to_string())?;
        Ok::<_, String>((found.form.header.to_string(), found.form.scheme))
    };
    let pair = |header: &str, scheme: &str| Ok((header.to_owned(), scheme.to_owned()));
    assert_eq!(with("X-Api-Key", ""), pair("x-api-key", ""));
    assert_eq!(with("Authorization", "SSWS"), pair("authorization", "SSWS"));
    for header in [
        "",
        "a b",
        "Host",
        "content-length",
        "x:y",
        "Transfer-Encoding",
        "connection",
        "If-Match",
        "If-None-Match",
        "Expect",
        "TE",
        "Upgrade",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Accept-Encoding",
        "Content-Encoding",
        "Range",
        "User-Agent",
    ] {
        assert!(with(header, "").unwrap_err().contains("header"), "{header}");
    }
    assert!(
        with("Authorization", "two words")
            .unwrap_err()
            .contains("scheme")
    );
    let basic = of("basic", "username = \"ada\"\ntoken-scheme = \"Bearer\"");
    assert_eq!(resolve(&basic).unwrap().form.scheme, "Basic");
}

#[test]
fn a_command_is_split_as_a_shell_would_and_given_to_one_only_if_asked() {
    let command = |shell: bool, line: &str| {
        let more = format!("token-command-shell = {shell}\ntoken-command = '''{line}'''");
        match resolve(&of("command", &more))?.method {
            SignInMethod::Command(command) => Ok(command.words),
            other => Err(format!("{other:?}")),
        }
    };
    let line = "vault read -field='the token' \"x $HOME\"";
    assert_eq!(
        command(false, line).unwrap(),
        ["vault", "read", "-field=the token", "x $HOME"]
    );
    assert_eq!(command(true, line).unwrap(), ["/bin/sh", "-c", line]);
    let error = command(false, "vault 'planted").unwrap_err();
    assert!(
        error.contains("--token-command") && !error.contains("planted"),
        "{error}"
    );
}

#[test]
fn each_kind_takes_the_file_of_its_own_secret() {
    let files = "password-file = \"password\"\ntoken-file = \"token\"\nclient-secret-file = \"client-secret\"\n\
                 key-passphrase-file = \"passphrase\"\nusername = \"ada\"\n\
                 auth-url = \"https://auth.example.com\"\ntoken-url = \"https://id.example.com/token\"\n\
                 client-id = \"c1\"\ncertificate-file = \"c.pem\"\nkey-file = \"k.pem\"\ntoken-command = \"true\"\n";
    for (kind, file) in [
        ("anaplan-basic", Some("password")),
        ("basic", Some("password")),
        ("bearer", Some("token")),
        ("client-credentials", Some("client-secret")),
        ("anaplan-certificate", Some("passphrase")),
        ("command", None),
    ] {
        let found = resolve(&of(kind, files)).unwrap().secret_file;
        assert_eq!(found, file.map(PathBuf::from), "{kind}");
    }
}

#[test]
fn placeholders_are_filled_in_every_address_that_a_kind_needs_and_in_no_other() {
    let file = |kind: &str, places: &str| {
        of(
            kind,
            &format!(
                "auth-url = \"https://{{host}}.example.com\"\n\
                 oauth-url = \"https://{{host}}.example.com/{{tenant}}\"\n\
                 device-url = \"https://{{host}}.example.com/code/{{tenant}}\"\n\
                 username = \"ada\"\nclient-id = \"c1\"\ncertificate-file = \"c\"\nkey-file = \"k\"\n\
                 [places]\n{places}"
            ),
        )
    };
    let both = "host = \"eu-1\"\ntenant = \"0f3a\"\n";
    for (kind, service) in [
        ("anaplan-basic", "https://eu-1.example.com"),
        ("anaplan-certificate", "https://eu-1.example.com"),
        (
            "client-credentials",
            "https://eu-1.example.com/0f3a/oauth/token",
        ),
        ("oauth-device", "https://eu-1.example.com/0f3a/oauth/token"),
    ] {
        let resolved = resolve(&file(kind, both)).unwrap();
        assert_eq!(resolved.method.service(), Some(service), "{kind}");
    }
    let device = resolve(&file("oauth-device", both)).unwrap();
    let SignInMethod::OauthDevice { service, .. } = device.method else {
        panic!("not a device");
    };
    assert_eq!(
        service.device_url.as_str(),
        "https://eu-1.example.com/code/0f3a"
    );
    let host = "host = \"eu-1\"\n";
    let error = resolve(&file("oauth-device", host)).unwrap_err();
    assert!(error.contains("`{tenant}`"), "{error}");
    assert!(resolve(&file("anaplan-basic", host)).is_ok());
}
