//! TLS with servers that have an authority of their own: what is trusted, what is said when not, how
//! connections are shared, and what HTTP/2 must not change.

use std::net::SocketAddr;
use std::process::Command;

use futures_util::future::join_all;
use offboard::sandbox::SandboxSettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::authority::{Authority, Life};
use super::front::{Act, Front, Manner};

use crate::sign_in::openssl;
use crate::support::{Bed, Transcript, finish};

/// A provider behind TLS, with a roster of all its users and the authority's file beside it.
struct Scene {
    bed: Bed,
    authority: Authority,
    front: Front,
}

async fn scene(users: usize, manner: Manner) -> Scene {
    scene_of(users, &["localhost"], Life::Now, manner).await
}

async fn scene_of(users: usize, names: &[&str], life: Life, manner: Manner) -> Scene {
    let bed = Bed::new(SandboxSettings {
        users,
        log: None,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let authority = Authority::new("ours");
    std::fs::write(bed.path("ca.pem"), authority.pem()).unwrap();
    let signed = authority.server(names, life);
    let front = Front::before(bed.sandbox.addr(), &signed, manner).await;
    Scene {
        bed,
        authority,
        front,
    }
}

impl Scene {
    /// The whole job through the front.
    fn run(&self, flags: &str) -> Command {
        let users = self.bed.people.len().try_into().unwrap();
        let flags = format!("--rate unlimited {flags}");
        let mut command = self.bed.run_with(users, &flags);
        command
            .env("OFFBOARD_AUTH_URL", self.front.url(""))
            .env("OFFBOARD_SCIM_URL", self.front.url("/scim/1/0/v2"));
        command
    }

    fn assert_all_gone(&self) {
        for person in &self.bed.people {
            assert!(self.bed.is_gone(&person.id), "{} is left", person.id);
        }
    }
}

#[apply(end_to_end!)]
async fn one_connection_serves_a_run_over_http_1() {
    let scene = scene(30, Manner::default()).await;
    let ran = finish(scene.run("--ca-file ca.pem --concurrency 1")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    scene.assert_all_gone();
    assert_eq!((scene.front.connections(), scene.front.http2()), (1, 0));
}

#[apply(end_to_end!)]
async fn requests_at_the_same_time_share_one_connection_over_http_2() {
    let manner = Manner {
        protocols: &["h2", "http/1.1"],
        ..Manner::default()
    };
    let scene = scene(60, manner).await;
    let ran = finish(scene.run("--ca-file ca.pem --concurrency 16 -vv")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    scene.assert_all_gone();
    assert_eq!((scene.front.connections(), scene.front.http2()), (1, 1));
    // The log is ours alone: an HTTP/2 library would log what it sends.
    assert!(ran.stderr.contains("DEBUG"), "no log: {ran:?}");
    assert!(!ran.stderr.contains(" h2::"), "{ran:?}");
}

/// What a server says of a stream proves nothing to us: users whose writes were called refused are
/// read, and written again only if that shows that they have to be.
#[apply(end_to_end!)]
async fn p4_a_stream_that_is_called_refused_is_in_doubt() {
    for (act, writes) in [
        (Act::Refuse, 22),
        (Act::RefuseAfter, 20),
        (Act::GoAwayAfter, 20),
    ] {
        let writes_of: fn(usize) -> Act = match act {
            Act::Refuse => |nth| if nth < 2 { Act::Refuse } else { Act::Pass },
            Act::RefuseAfter => |nth| if nth < 2 { Act::RefuseAfter } else { Act::Pass },
            _ => |nth| if nth < 2 { Act::GoAwayAfter } else { Act::Pass },
        };
        let manner = Manner {
            protocols: &["h2"],
            writes: writes_of,
            ..Manner::default()
        };
        let scene = scene(20, manner).await;
        let ran = finish(scene.run("--ca-file ca.pem --concurrency 1")).await;
        assert_eq!(ran.code, Some(0), "{act:?}: {ran:?}");
        scene.assert_all_gone();
        assert_eq!(scene.front.written(), writes, "{act:?}: {ran:?}");
    }
}

/// A client that does not check whether the connection lives waits for the request's own timeout.
#[apply(end_to_end!)]
#[ignore = "takes as long as a connection may be silent: twenty seconds"]
async fn a_connection_that_has_died_is_not_used_again_over_http_2() {
    let manner = Manner {
        protocols: &["h2"],
        writes: |nth| if nth == 3 { Act::Vanish } else { Act::Pass },
        ..Manner::default()
    };
    let scene = scene(20, manner).await;
    let flags = "--ca-file ca.pem --concurrency 4 --timeout 2m --max-outage 3m";
    let begun = tokio::time::Instant::now();
    let ran = finish(scene.run(flags)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    scene.assert_all_gone();
    assert!(scene.front.connections() >= 2, "{ran:?}");
    assert!(
        begun.elapsed() < std::time::Duration::from_mins(2),
        "{ran:?}"
    );
}

#[apply(end_to_end!)]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let clients = Authority::new("clients");
    for old in [false, true] {
        let manner = Manner {
            clients: Some(clients.clone()),
            old,
            ..Manner::default()
        };
        let scene = scene(3, manner).await;
        clients.client().write(scene.bed.dir.path(), "me");
        let flags = "--ca-file ca.pem --client-cert me.pem --client-key me.key";
        let ran = finish(scene.run(flags)).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        scene.assert_all_gone();
    }
}

#[apply(end_to_end!)]
async fn an_encrypted_client_key_is_opened_by_its_passphrase() {
    let clients = Authority::new("clients");
    let manner = Manner {
        clients: Some(clients.clone()),
        ..Manner::default()
    };
    let scene = scene(2, manner).await;
    clients.client().write(scene.bed.dir.path(), "me");
    if !openssl::is_there() {
        return;
    }
    let line = "pkcs8 -topk8 -in me.key -out locked.key -passout pass:planted";
    openssl::openssl(&scene.bed, line);
    std::fs::write(scene.bed.path("passphrase"), "planted\n").unwrap();
    let flags = "--ca-file ca.pem --client-cert me.pem --client-key locked.key";
    let mut wrong = scene.run(flags);
    wrong.env("OFFBOARD_CLIENT_KEY_PASSPHRASE", "other");
    let ran = finish(wrong).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("does not open the key"), "{ran:?}");
    assert!(!ran.stderr.contains("planted"), "{ran:?}");
    let flags = format!("{flags} --client-key-passphrase-file passphrase");
    let ran = finish(scene.run(&flags)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    scene.assert_all_gone();
}

/// A server that answers every connection with these bytes.
async fn says(bytes: &'static [u8]) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            // A client that hangs up first is no failure of ours.
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(bytes).await;
        }
    });
    (address, task)
}

/// A case: its name, the server, and the flags.
type Attempt = (&'static str, Scene, String);

async fn attempts() -> Vec<Attempt> {
    let trusting = || "--ca-file ca.pem".to_owned();
    let showing = || "--ca-file ca.pem --client-cert me.pem --client-key me.key".to_owned();
    let now = || scene(1, Manner::default());
    let wanting = |old| {
        let manner = Manner {
            clients: Some(Authority::new("clients")),
            old,
            ..Manner::default()
        };
        scene(1, manner)
    };
    let of = |name, life| scene_of(1, name, life, Manner::default());
    let other = now().await;
    std::fs::write(other.bed.path("other.pem"), Authority::new("other").pem()).unwrap();
    let renewed = now().await;
    std::fs::write(renewed.bed.path("ca.pem"), Authority::new("ours").pem()).unwrap();
    let (mixed, stranger) = (now().await, wanting(false).await);
    for scene in [&mixed, &stranger] {
        let strangers = Authority::new("strangers");
        strangers.client().write(scene.bed.dir.path(), "me");
        strangers.client().write(scene.bed.dir.path(), "you");
    }
    let mix = "--client-cert me.pem --client-key you.key".to_owned();
    let only = "--ca-file other.pem --ca-only".to_owned();
    let localhost: &[&str] = &["localhost"];
    vec![
        ("an authority that nobody knows", now().await, String::new()),
        ("only an authority that did not sign", other, only),
        ("an authority with a new key", renewed, trusting()),
        ("a client certificate with the key of another", mixed, mix),
        ("expired", of(localhost, Life::Over).await, trusting()),
        (
            "not yet valid",
            of(localhost, Life::NotBegun).await,
            trusting(),
        ),
        (
            "another host",
            of(&["scim.example.com"], Life::Now).await,
            trusting(),
        ),
        (
            "a client certificate is wanted",
            wanting(false).await,
            trusting(),
        ),
        (
            "a client certificate is wanted, TLS 1.2",
            wanting(true).await,
            trusting(),
        ),
        ("another client certificate is wanted", stranger, showing()),
    ]
}

#[apply(end_to_end!)]
async fn each_failure_of_tls_says_what_to_do() {
    let mut commands = Vec::new();
    let attempts = attempts().await;
    for (title, scene, flags) in &attempts {
        commands.push(((*title, scene, flags.as_str()), scene.run(flags)));
    }
    let rootless = scene(1, Manner::default()).await;
    std::fs::create_dir(rootless.bed.path("empty")).unwrap();
    let mut command = rootless.run("");
    command
        .env("SSL_CERT_FILE", rootless.bed.path("missing"))
        .env("SSL_CERT_DIR", rootless.bed.path("empty"));
    commands.push((("a machine without authorities", &rootless, ""), command));
    let odd = scene(1, Manner::default()).await;
    let mut servers = Vec::new();
    for (title, bytes) in [
        (
            "a port for plain http",
            &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..],
        ),
        // An alert, fatal: protocol_version (RFC 8446 §6).
        ("old versions only", &b"\x15\x03\x01\x00\x02\x02\x46"[..]),
        // handshake_failure.
        ("no cipher in common", &b"\x15\x03\x03\x00\x02\x02\x28"[..]),
    ] {
        let (address, task) = says(bytes).await;
        servers.push(task);
        let mut command = odd.run("--ca-file ca.pem");
        command
            .env("OFFBOARD_AUTH_URL", format!("https://{address}"))
            .env(
                "OFFBOARD_LEDGER",
                odd.bed.path(&format!("{}.db", servers.len())),
            );
        commands.push(((title, &odd, ""), command));
    }
    // Each tries several times, with waits in between.
    let (heads, runs): (Vec<_>, Vec<_>) = commands
        .into_iter()
        .map(|(head, command)| (head, finish(command)))
        .unzip();
    let mut transcript = Transcript::default();
    for ((title, scene, flags), mut ran) in heads.into_iter().zip(join_all(runs).await) {
        // A server that wants a certificate says so after the handshake: the HTTP library may see that the
        // connection has ended before it sees why.
        for _ in 0..10 {
            if !ran.stderr.contains("connection was not ready") {
                break;
            }
            ran = finish(scene.run(flags)).await;
        }
        assert!(matches!(ran.code, Some(3 | 11)), "{title}: {ran:?}");
        // The job, and the command that continues, have ids and ports in them.
        let lines = ran.stderr.lines();
        let said = lines.filter(|line| line.starts_with("error: ") || line.starts_with("hint: "));
        let dir = scene.bed.dir.path().display().to_string();
        ran.stderr = said.collect::<Vec<_>>().join("\n").replace(&dir, "[DIR]");
        transcript.add(title, &ran);
    }
    transcript.check("tls_failures", odd.bed.dir.path());
}

#[apply(end_to_end!)]
async fn files_that_cannot_be_used_are_refused_before_anything_is_opened() {
    let scene = scene(1, Manner::default()).await;
    let write = |name: &str, text: &str| std::fs::write(scene.bed.path(name), text).unwrap();
    scene.authority.client().write(scene.bed.dir.path(), "me");
    write("empty.pem", "");
    write(
        "damaged.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    write(
        "new.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    write(
        "old.key",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
         -----END RSA PRIVATE KEY-----\n",
    );
    let mut transcript = Transcript::default();
    for flags in [
        "--ca-file missing.pem",
        "--ca-file empty.pem",
        "--ca-file damaged.pem",
        "--ca-only",
        "--client-cert me.pem",
        "--client-key me.key",
        "--client-cert me.key --client-key me.key",
        "--client-cert me.pem --client-key me.pem",
        "--client-cert me.pem --client-key new.key",
        "--client-cert me.pem --client-key old.key",
    ] {
        transcript.add(flags, &finish(scene.run(flags)).await);
    }
    transcript.check("tls_files", scene.bed.dir.path());
    assert!(!scene.bed.ledger().exists());
}
