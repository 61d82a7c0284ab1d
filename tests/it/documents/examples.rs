//! The examples for other programs (Kubernetes, GitHub Actions, GitLab, systemd) can be read by them, and keep
//! what the text around them promises.

use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use super::book::pages;
use super::page::{Fence, Page};

/// The chapter with the examples.
const CHAPTER: &str = "docs/automation.md";

/// The blocks of the chapter in this language.
fn blocks(language: &str) -> Vec<Fence> {
    let fences = Page::read(CHAPTER).contents().fences;
    fences
        .into_iter()
        .filter(|fence| fence.language == language)
        .collect()
}

fn parsed(text: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// All objects of Kubernetes in the chapter.
fn objects() -> Vec<Yaml> {
    let documents = blocks("yaml")
        .into_iter()
        .flat_map(|block| parsed(&block.code));
    documents.filter(|one| !one["kind"].is_badvalue()).collect()
}

/// The template of the pod of a job that runs once or by a schedule.
fn pod(object: &Yaml) -> &Yaml {
    match object["kind"].as_str() {
        Some("Job") => &object["spec"]["template"]["spec"],
        _ => &object["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    }
}

#[test]
fn each_example_in_yaml_or_json_can_be_read() {
    let mut seen = 0;
    for page in pages() {
        for fence in page.contents().fences {
            match fence.language.as_str() {
                "yaml" => assert!(!parsed(&fence.code).is_empty(), "{}", page.path),
                "json" => {
                    serde_json::from_str::<serde_json::Value>(&fence.code)
                        .unwrap_or_else(|error| panic!("{}:{}: {error}", page.path, fence.line));
                }
                _ => continue,
            }
            seen += 1;
        }
    }
    assert!(seen >= 3, "only {seen} examples");
}

#[test]
fn a_pod_has_time_to_stop_and_keeps_its_ledger() {
    let objects = objects();
    let jobs: Vec<_> = objects
        .iter()
        .filter(|one| ["Job", "CronJob"].contains(&one["kind"].as_str().unwrap()))
        .collect();
    assert!(!jobs.is_empty());
    for job in jobs {
        let pod = pod(job);
        // `--grace` is 30 s by default, and the end of a run needs some time of its own.
        let grace = pod["terminationGracePeriodSeconds"].as_i64().unwrap();
        assert!(grace > 30, "{grace}");
        assert_eq!(pod["restartPolicy"].as_str(), Some("Never"));
        let container = &pod["containers"][0];
        assert_eq!(
            container["securityContext"]["readOnlyRootFilesystem"].as_bool(),
            Some(true)
        );
        // A secret in a variable shows in the description of the pod's process: it is a file.
        let variables = container["env"].as_vec().cloned().unwrap_or_default();
        assert!(
            variables.iter().all(|one| one["valueFrom"].is_badvalue()),
            "{variables:?}"
        );
        let volumes = pod["volumes"].as_vec().unwrap();
        assert!(
            volumes
                .iter()
                .any(|one| !one["persistentVolumeClaim"].is_badvalue())
        );
        let mounted = container["volumeMounts"].as_vec().unwrap();
        // A large roster is sorted in temporary files.
        assert!(
            mounted
                .iter()
                .any(|one| one["mountPath"].as_str() == Some("/tmp"))
        );
        for mount in mounted {
            let name = mount["name"].as_str();
            assert!(
                volumes.iter().any(|one| one["name"].as_str() == name),
                "{name:?}"
            );
        }
    }
}

#[test]
fn the_pipelines_have_jobs_with_commands() {
    let pipelines: Vec<_> = blocks("yaml")
        .into_iter()
        .flat_map(|block| parsed(&block.code))
        .filter(|one| one["kind"].is_badvalue())
        .collect();
    let is_actions = |one: &&Yaml| !one["jobs"].is_badvalue();
    let actions = pipelines.iter().find(is_actions).unwrap();
    for (_, job) in actions["jobs"].as_hash().unwrap() {
        assert!(job["runs-on"].as_str().is_some() || job["runs-on"].as_vec().is_some());
        let steps = job["steps"].as_vec().unwrap();
        let does = |step: &Yaml| step["run"].as_str().is_some() != step["uses"].as_str().is_some();
        assert!(steps.iter().all(does), "{steps:?}");
    }
    let gitlab = pipelines.iter().find(|one| !is_actions(one)).unwrap();
    let with_script = gitlab.as_hash().unwrap().values();
    assert!(
        with_script
            .filter(|job| job["script"].as_vec().is_some())
            .count()
            > 0
    );
}

/// `systemd-analyze verify` reads the units; a program that is not installed here is replaced by `true`.
#[test]
#[expect(clippy::print_stderr, reason = "a check that was left out is reported")]
fn systemd_accepts_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let units = blocks("ini");
    assert_eq!(units.len(), 2, "a service and its timer");
    let mut files = Vec::new();
    for unit in units {
        let name = if unit.code.contains("[Timer]") {
            "offboard.timer"
        } else {
            "offboard.service"
        };
        let path = folder.path().join(name);
        std::fs::write(
            &path,
            unit.code.replace("/usr/local/bin/offboard", "/bin/true"),
        )
        .unwrap();
        files.push(path);
    }
    let mut command = Command::new("systemd-analyze");
    command
        .arg("verify")
        .args(&files)
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()));
    let Ok(ran) = command.output() else {
        eprintln!("SKIPPED: there is no systemd-analyze");
        return;
    };
    let said = String::from_utf8_lossy(&ran.stderr);
    let ours: Vec<_> = said
        .lines()
        .filter(|line| line.contains("offboard."))
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
}
