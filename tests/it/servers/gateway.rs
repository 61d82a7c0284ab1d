//! A real gateway before a real server: it limits, fails, and shows addresses that lead nowhere.

use std::path::Path;
use std::process::Command;

use super::program::{By, Job};
use super::server::{Kind, Server, free_port};
use super::tenant::{Access, Tenant};
use super::whole_job::{USERS, lose};

/// Where Debian puts nginx.
const NGINX: &str = "/usr/sbin/nginx";

/// nginx before a server.
async fn gateway(behind: &Server) -> Option<Server> {
    super::server::installed(&[Path::new(NGINX)])?;
    let glue = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = std::fs::read_to_string(glue.join("nginx.conf"))
        .unwrap()
        .replace("@DIR@", &dir.path().display().to_string())
        .replace("@PORT@", &port.to_string())
        .replace("@BEHIND@", &behind.port.to_string());
    let path = dir.path().join("nginx.conf");
    std::fs::write(&path, config).unwrap();
    let mut command = Command::new(NGINX);
    command.arg("-p").arg(dir.path()).arg("-c").arg(&path);
    Some(Server::spawn(&mut command, dir, port, "/scim/1/0/v2").await)
}

#[apply(end_to_end!)]
async fn p6_a_gateway_that_limits_and_fails() {
    let Some(server) = Server::start(Kind::Scim2).await else {
        return;
    };
    let Some(gateway) = gateway(&server).await else {
        return;
    };
    let tenant = Tenant::seed(server, Access::Entitlements, USERS).await;
    let (_, user) = tenant.whole(&tenant.ids[0]).await;
    let location = user["meta"]["location"].as_str().unwrap();
    assert!(!location.starts_with(&gateway.base), "{location}");
    let job = Job {
        tenant: &tenant,
        profile: "rfc7644",
        base: &gateway.base,
        change: "--disable --remove-access",
    };
    lose(&job, By::Id).await;
    let log = std::fs::read_to_string(gateway.dir.path().join("access.log")).unwrap();
    let throttled = log.lines().filter(|line| line.contains("\" 429 ")).count();
    assert!(throttled > 0, "nobody was throttled: {log}");
    // A wait asked of one request delays all requests: no storm follows.
    assert!(throttled < log.lines().count() / 2, "{log}");
}
