"""Breaks a copy of `deploy` in one place after another, and checks that tests/deploy/validate says what is wrong."""

import shutil
import sys
import tempfile
from pathlib import Path

import manifests

WORKER, JOB, POLICY = "kubernetes/worker.yaml", "kubernetes/job.yaml", "kubernetes/network-policy.yaml"
COMPOSE = "compose/compose.yaml"

# The file, a text in it, what replaces it the first time that it is there, and what has to be said.
BREAKS = [
    # Against the schemas.
    (WORKER, "terminationGracePeriodSeconds", "terminationGraceSeconds", "'terminationGraceSeconds' was unexpected"),
    (WORKER, "replicas: 2", "replicas: two", "'two' is not of type 'integer'"),
    (WORKER, "apiVersion: apps/v1", "apiVersion: extensions/v1beta1", "find schema for kind Deployment"),
    (WORKER, "  replicas: 2\n", "  replicas: 2\n  replicas: 3\n", "the key `replicas` is there twice"),
    (JOB, "restartPolicy", "restartpolicy", "'restartpolicy' was unexpected"),
    (JOB, "values: [2,", "values: [two,", "is not of type 'integer'"),
    (POLICY, "policyTypes: [", "policyTypes: [[", "expected"),
    (COMPOSE, "stop_grace_period: 1m", "stop_grace: 1m", "'stop_grace' was unexpected"),
    (COMPOSE, "condition: service_healthy", "condition: healthy", "'healthy' is not one of"),
    # What one file names in another.
    (WORKER, "name: offboard-targets", "name: targets", "there is no ConfigMap targets"),
    (WORKER, "secretName: offboard-targets", "secretName: offboard-target", "there is no Secret offboard-target"),
    (WORKER, "key: password", "key: pass", "the Secret offboard-database has no key pass"),
    (WORKER, "{name: tmp,", "{name: temp,", "there is no volume temp"),
    (WORKER, "--targets=/targets", "--targets=/target", "/target is not mounted"),
    (WORKER, "8080", "8081", "they are not what `--listen=0.0.0.0:8081` serves"),
    (WORKER, "port: status", "port: metrics", "the container has no port metrics"),
    (WORKER, "component: worker\n  template", "component: workers\n  template", "does not select the pods of this"),
    (WORKER, "PeriodSeconds: 60", "PeriodSeconds: 30", "not longer than `grace` (30 s)"),
    (WORKER, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "it is not {"),
    (WORKER, "offboard:0.1.0", "offboard:latest", "it is not the same everywhere"),
    (JOB, "/roster/leavers.csv", "/roster/leaver.csv", "/roster/leaver.csv is not mounted"),
    (JOB, "containerName: run", "containerName: main", "there is no container main"),
    (JOB, "namespace: offboard", "namespace: default", "it is none of offboard"),
    (JOB, "      labels:\n        app.kubernetes.io/name: offboard", "      labels:\n        a: b", "no NetworkPolicy"),
    (POLICY, "port: status", "port: metrics", "no container has a port metrics"),
    (POLICY, "port: 5432", "port: 5433", "TCP to port 5432 is needed"),
    (POLICY, "10.0.0.0/8", "fd00::/8", "are not of the same version"),
    ("kubernetes/disruption-budget.yaml", "component: worker", "component: run", "select the pods of the Deployment"),
    ("kubernetes/targets.yaml", "password-file", "password-files", "`password-files` is no setting"),
    ("kubernetes/targets.yaml", "/secrets/acme", "/secrets/other", "names /secrets/other-password, which is not"),
    ("kubernetes/kustomization.yaml", "- worker.yaml", "- workers.yaml", "there is no file workers.yaml"),
    ("kubernetes/kustomization.yaml", "- worker.yaml", "- job.yaml", "job.yaml must not be here"),
    (COMPOSE, "secrets: [database-password]", "secrets: [pgpass]", "which is no secret of this service"),
    (COMPOSE, "  acme-password:\n    file", "  password:\n    file", "there is no `acme-password` in `secrets`"),
    (COMPOSE, "@database/", "@db/", "there is no service db"),
    (COMPOSE, "POSTGRES_DB: offboard", "POSTGRES_DB: ledger", "it names user and database"),
    (COMPOSE, "networks: [ledger, providers]", "networks: [providers]", "it has no network in common with database"),
    (COMPOSE, "0.0.0.0:8080", "0.0.0.0:8081", "it does not ask the port of"),
    (COMPOSE, "stop_grace_period: 1m", "stop_grace_period: 20s", "not longer than `grace` (30 s)"),
    (COMPOSE, "./targets:/targets", "./target:/targets", "there is no ./target"),
    ("compose/targets/acme.toml", "/run/secrets/acme", "/run/secrets/other", "which is not mounted"),
    ("compose/.gitignore", "/secrets/\n", "", "could be committed"),
]


def main():
    missed = 0
    for name, old, new, said in BREAKS:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "deploy"
            # Secrets of a developer who tries Compose here are not copied.
            shutil.copytree("deploy", copy, ignore=shutil.ignore_patterns(".env", "secrets", "work"))
            text = (copy / name).read_text()
            (copy / name).write_text(text.replace(old, new, 1))
            if old not in text:
                found = [f"{name} does not contain it"]
            else:
                found, _ = manifests.check(copy)
            if not any(said in fault for fault in found):
                missed += 1
                print(f"{name}: `{old}` as `{new}` was not noticed: {found or 'all is well'}")
    print(f"{len(BREAKS) - missed} of {len(BREAKS)} broken places were noticed")
    sys.exit(1 if missed else 0)


main()
