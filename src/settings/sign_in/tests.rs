//! What each kind asks for, and what it says when it does not get it.

use super::kind::KINDS;
use super::*;

#[expect(
    clippy::needless_pass_by_value,
    reason = "layers are made where they are used"
)]
fn resolve(layer: Layer) -> Result<SignIn, String> {
    SignIn::resolve(&layer, PlainHttp::LoopbackOnly).map_err(|error| error.to_string())
}

fn of(kind: &str) -> Layer {
    Layer {
        sign_in: Some(kind.parse().unwrap()),
        token_cache: Some("tokens.json".into()),
        ..Layer::default()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as the members of a layer are")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
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
    let mut layer = of("oauth-device");
    layer.token_url = text("https://id.example.com/token/");
    for (layer, missing) in [
        (Layer::default(), "how to sign in"),
        (of("anaplan-basic"), "where to sign in"),
        (of("anaplan-certificate"), "where to sign in"),
        (of("basic"), "whom to sign in as"),
        (of("client-credentials"), "where tokens are given"),
        (of("oauth-device"), "where codes are given"),
        (of("command"), "which program prints the token"),
        (
            Layer {
                auth_url: text("https://auth.example.com"),
                ..of("anaplan-certificate")
            },
            "where the certificate is",
        ),
        (
            Layer {
                device_url: text("https://id.example.com/code"),
                ..layer.clone()
            },
            "which client signs in",
        ),
    ] {
        assert_eq!(
            resolve(layer).unwrap_err(),
            format!("nothing says {missing}")
        );
    }
    assert!(resolve(of("bearer")).is_ok());
    layer.device_url = text("https://id.example.com/code");
    layer.client_id = text("c1");
    let device = resolve(layer).unwrap();
    assert_eq!(device.account(), "whoever approved client c1");
    let Method::OauthDevice { service, .. } = device.method else {
        panic!("{device:?}");
    };
    assert_eq!(service.token_url.as_str(), "https://id.example.com/token/");
}

#[test]
fn a_token_goes_where_the_kind_or_the_profile_says() {
    let bearer = resolve(of("bearer")).unwrap();
    assert_eq!(bearer.form, TokenForm::scheme("Bearer"));
    let with = |header: &str, scheme: &str| {
        let found = resolve(Layer {
            token_header: text(header),
            token_scheme: text(scheme),
            ..of("bearer")
        })?;
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
    let basic = Layer {
        username: text("ada"),
        token_scheme: text("Bearer"),
        ..of("basic")
    };
    assert_eq!(resolve(basic).unwrap().form.scheme, "Basic");
}

#[test]
fn a_command_is_split_as_a_shell_would_and_given_to_one_only_if_asked() {
    let command = |shell, line: &str| {
        let layer = Layer {
            token_command: text(line),
            token_command_shell: Some(shell),
            ..of("command")
        };
        match resolve(layer)?.method {
            Method::Command(command) => Ok(command.words),
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
    let files = |kind| Layer {
        password_file: Some("password".into()),
        token_file: Some("token".into()),
        client_secret_file: Some("client-secret".into()),
        key_passphrase_file: Some("passphrase".into()),
        username: text("ada"),
        auth_url: text("https://auth.example.com"),
        token_url: text("https://id.example.com/token"),
        client_id: text("c1"),
        certificate_file: Some("c.pem".into()),
        key_file: Some("k.pem".into()),
        token_command: text("true"),
        ..of(kind)
    };
    for (kind, file) in [
        ("anaplan-basic", Some("password")),
        ("basic", Some("password")),
        ("bearer", Some("token")),
        ("client-credentials", Some("client-secret")),
        ("anaplan-certificate", Some("passphrase")),
        ("command", None),
    ] {
        let found = resolve(files(kind)).unwrap().secret_file;
        assert_eq!(found, file.map(PathBuf::from), "{kind}");
    }
}

#[test]
fn places_are_filled_in_every_address_that_a_kind_needs_and_asked_for_in_no_other() {
    let places = |places: &str| {
        Layer::parse(std::path::Path::new("t"), places)
            .unwrap()
            .places
    };
    let mut layer = Layer {
        auth_url: text("https://{host}.example.com"),
        oauth_url: text("https://{host}.example.com/{tenant}"),
        device_url: text("https://{host}.example.com/code/{tenant}"),
        username: text("ada"),
        client_id: text("c1"),
        certificate_file: Some("c".into()),
        key_file: Some("k".into()),
        places: places("[places]\nhost = \"eu-1\"\ntenant = \"0f3a\"\n"),
        ..of("anaplan-basic")
    };
    for (kind, service) in [
        ("anaplan-basic", "https://eu-1.example.com"),
        ("anaplan-certificate", "https://eu-1.example.com"),
        (
            "client-credentials",
            "https://eu-1.example.com/0f3a/oauth/token",
        ),
        ("oauth-device", "https://eu-1.example.com/0f3a/oauth/token"),
    ] {
        layer.sign_in = Some(kind.parse().unwrap());
        let resolved = resolve(layer.clone()).unwrap();
        assert_eq!(resolved.method.service(), Some(service), "{kind}");
    }
    let Method::OauthDevice { service, .. } = resolve(layer.clone()).unwrap().method else {
        panic!("not a device");
    };
    assert_eq!(
        service.device_url.as_str(),
        "https://eu-1.example.com/code/0f3a"
    );
    layer.places = places("[places]\nhost = \"eu-1\"\n");
    assert!(resolve(layer.clone()).unwrap_err().contains("`{tenant}`"));
    layer.sign_in = Some("anaplan-basic".parse().unwrap());
    assert!(resolve(layer).is_ok());
}
