//! Through a proxy: sign-in at it, hosts that do not take it, and no word of its password.

use std::process::Command;

use super::tunnel::Connect;
use crate::support::{Bed, Ran, Transcript, at_once, finish};
use crate::tls::authority::{Authority, Life};
use crate::tls::front::{Front, Manner};

/// A host that only the proxy can find.
const HOST: &str = "scim.example.test";

const PASSWORD: &str = "Planted-pr0xy/pass:word";

/// The same as it is written in a URL.
const IN_URL: &str = "Planted-pr0xy%2Fpass%3Aword";

struct Scene {
    bed: Bed,
    front: Front,
    proxy: Connect,
}

async fn scene(account: Option<(&str, &str)>) -> Scene {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let authority = Authority::new("ours");
    std::fs::write(bed.path("ca.pem"), authority.pem()).unwrap();
    std::fs::write(bed.path("password"), format!("{PASSWORD}\n")).unwrap();
    let signed = authority.server(&[HOST, "localhost"], Life::Now);
    let front = Front::before(bed.sandbox.addr(), &signed, Manner::default()).await;
    let proxy = Connect::to(front.address(), account).await;
    Scene { bed, front, proxy }
}

impl Scene {
    /// The whole job at that host, or at this machine by its name.
    fn run(&self, host: &str, flags: &str) -> Command {
        let port = self.front.address().port();
        let flags = format!("--rate unlimited --ca-file ca.pem -vv {flags}");
        let mut command = self.bed.run_with(3, &flags);
        command
            .env("OFFBOARD_AUTH_URL", format!("https://{host}:{port}"))
            .env(
                "OFFBOARD_SCIM_URL",
                format!("https://{host}:{port}/scim/1/0/v2"),
            );
        command
    }

    fn assert_through(&self, ran: &Ran) {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let port = self.front.address().port();
        let asked = self.proxy.asked();
        assert!(!asked.is_empty(), "nobody asked the proxy: {ran:?}");
        assert!(
            asked.iter().all(|host| *host == format!("{HOST}:{port}")),
            "{asked:?}"
        );
    }
}

/// Neither as it is, nor as it is written in a URL, nor as HTTP carries it.
fn assert_no_password(ran: &Ran) {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("ada:{PASSWORD}"));
    for text in [&ran.stdout, &ran.stderr] {
        for secret in [PASSWORD, IN_URL, &pair, "Planted"] {
            assert!(!text.contains(secret), "{ran:?}");
        }
    }
}

#[apply(end_to_end!)]
async fn p10_only_a_proxy_that_asks_gets_the_password() {
    let scene = scene(Some(("ada", PASSWORD))).await;
    let flags = format!(
        "--proxy {} --proxy-password-file password",
        scene.proxy.url("ada@")
    );
    let ran = finish(scene.run(HOST, &flags)).await;
    scene.assert_through(&ran);
    assert_no_password(&ran);

    let flags = format!("--new --proxy {}", scene.proxy.url("ada@"));
    let mut command = scene.run(HOST, &flags);
    command.env("OFFBOARD_PROXY_PASSWORD", PASSWORD);
    let ran = finish(command).await;
    scene.assert_through(&ran);
    assert_no_password(&ran);

    let mut command = scene.run(HOST, "--new");
    command.env("HTTPS_PROXY", scene.proxy.url(&format!("ada:{IN_URL}@")));
    let ran = finish(command).await;
    scene.assert_through(&ran);
    assert_no_password(&ran);
}

#[apply(end_to_end!)]
async fn all_proxy_counts_too_and_a_proxy_without_sign_in_is_asked_for_none() {
    let scene = scene(None).await;
    let mut command = scene.run(HOST, "");
    command.env("ALL_PROXY", scene.proxy.url(""));
    scene.assert_through(&finish(command).await);
}

#[apply(end_to_end!)]
async fn this_machine_is_reached_without_the_proxy_unless_asked() {
    let scene = scene(None).await;
    let mut command = scene.run("localhost", "");
    command.env("HTTPS_PROXY", scene.proxy.url(""));
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let flags = format!("--new --proxy {}", scene.proxy.url(""));
    let ran = finish(scene.run("localhost", &flags)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(scene.proxy.asked(), Vec::<String>::new());

    let ran = finish(scene.run("localhost", &format!("{flags} --proxy-loopback"))).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let port = scene.front.address().port();
    assert_eq!(scene.proxy.asked()[0], format!("localhost:{port}"));
}

/// Only the proxy can find these hosts, so a failure to find them is the proof.
#[apply(end_to_end!)]
async fn hosts_of_no_proxy_and_a_proxy_of_none_do_not_take_it() {
    let scene = scene(None).await;
    let named = format!("--proxy {}", scene.proxy.url(""));
    let cases = [
        (named.as_str(), Some("example.test")),
        ("", Some("other.example.com, .example.test")),
        ("--proxy none", None),
    ];
    let cases = cases.into_iter().enumerate();
    at_once(cases.map(|(number, (flags, variable))| {
        let scene = &scene;
        async move {
            let mut command = scene.run(HOST, flags);
            let ledger = scene.bed.path(&format!("{number}.db"));
            command.env("OFFBOARD_LEDGER", ledger);
            command.env("HTTPS_PROXY", scene.proxy.url(""));
            if let Some(hosts) = variable {
                command.env("NO_PROXY", hosts);
            }
            let ran = finish(command).await;
            assert_eq!(ran.code, Some(11), "{flags} {variable:?}: {ran:?}");
            assert!(ran.stderr.contains("dns error"), "{ran:?}");
            assert_eq!(scene.proxy.asked(), Vec::<String>::new());
        }
    }))
    .await;
}

#[apply(end_to_end!)]
async fn p10_each_failure_of_a_proxy_says_what_to_do() {
    let scene = scene(Some(("ada", "another"))).await;
    let mut transcript = Transcript::default();
    let (named, nameless) = (scene.proxy.url("ada@"), scene.proxy.url(""));
    let quietly = |flags: &str| {
        let mut command = scene.run(HOST, flags);
        command.env("OFFBOARD_PROXY_PASSWORD", PASSWORD);
        command
    };
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for (title, flags) in [
        (
            "a password that the proxy refuses",
            format!("--proxy {named}"),
        ),
        ("a password without a name", format!("--proxy {nameless}")),
        (
            "a password in the URL",
            "--proxy http://ada:Planted@proxy.example.com".to_owned(),
        ),
        (
            "no proxy's address",
            "--proxy proxy.example.com:3128".to_owned(),
        ),
        (
            "another kind of proxy",
            "--proxy socks5://proxy.example.com".to_owned(),
        ),
    ] {
        let ran = finish(quietly(&flags)).await;
        assert_no_password(&ran);
        transcript.add(title, &without_log(ran));
    }
    for (title, flags) in [
        ("a name without a password", format!("--proxy {named}")),
        (
            "no sign-in where one is wanted",
            format!("--proxy {nameless}"),
        ),
        ("nobody is there", format!("--proxy {nobody}")),
    ] {
        transcript.add(title, &without_log(finish(scene.run(HOST, &flags)).await));
    }
    transcript.check("proxy_failures", scene.bed.dir.path());
}

fn without_log(mut ran: Ran) -> Ran {
    let lines = ran.stderr.lines();
    // The command that continues has the port in it, which is another one each time.
    let left_out = ["DEBUG", "TRACE", "to continue: "];
    let said = lines.filter(|line| !left_out.iter().any(|word| line.contains(word)));
    ran.stderr = said.collect::<Vec<_>>().join("\n");
    ran
}
