"""Measures `offboard` beside two scripts that do the same by hand, on the built-in sandbox, and prints the
table of README's "Why not a forty-line script".

usage: compare.py [--program FILE] [--users N]    needs `requests`, `curl` and GNU parallel

Each of the three works on a sandbox of its own with the same users and the same faults: answers after 200 ms,
the limit of requests that Anaplan documents, and on three writes in a hundred an error 500, a connection that
is cut before or after the change, or an answer 207. The sandbox logs what it really applied. In a second round
the process is killed when half of the users are done, and started again.
"""

import argparse
import csv
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
FAULTS = "latency=200ms,error500=0.01,reset-before=0.005,reset-after=0.01,multi207=0.005"


class Sandbox:
    """The built-in server in a folder, with a roster of all its users and a log of what it applied."""

    def __init__(self, program, users, folder):
        self.folder = folder
        command = [program, "sandbox", "--users", str(users), "--throttle", "--fault", FAULTS]
        command += ["--log", "applied.jsonl", "--roster", "leavers.csv"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        while not (match := re.search(r"http://[0-9.]+:\d+", self.process.stdout.readline())):
            pass
        self.url = match.group()

    def applied(self):
        """The writes that were applied: (user, whether the user has lost all access now)."""
        try:
            lines = (self.folder / "applied.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        events = [json.loads(line) for line in lines if line.endswith("}")]
        return [(e["user"], not e["active"] and e["workspaces"] == 0) for e in events if e["event"] == "write"]

    def done(self):
        return {user for user, gone in self.applied() if gone}

    def end(self):
        self.process.terminate()
        self.process.wait()


def loop_command(program, sandbox, users):
    return [sys.executable, str(HERE / "plain_loop.py"), *script_arguments(sandbox)]


def loop_success(folder):
    lines = (folder / "output").read_text().splitlines()
    return {line.split()[1] for line in lines if line.startswith("success ")}


def loop_failures(folder):
    """None of its lines names a user that failed."""
    return set()


def parallel_command(program, sandbox, users):
    return [str(HERE / "parallel_curl.sh"), *script_arguments(sandbox)]


def parallel_jobs(folder):
    """The users of the log of jobs, with the exit code of the last job of each."""
    with open(folder / "jobs.log") as lines:
        return {row["Command"].rsplit("/", 1)[1]: row["Exitval"] for row in csv.DictReader(lines, delimiter="\t")}


def parallel_success(folder):
    return {user for user, code in parallel_jobs(folder).items() if code == "0"}


def parallel_failures(folder):
    return {user for user, code in parallel_jobs(folder).items() if code != "0"}


def script_arguments(sandbox):
    return ["leavers.csv", sandbox.url + "/scim/1/0/v2", sandbox.url, "admin@example.com"]


def offboard_command(program, sandbox, users):
    options = ["--scim-url", sandbox.url + "/scim/1/0/v2", "--auth-url", sandbox.url, "--username", "admin@example.com"]
    options += ["--cap", str(users), "--cap-share", "100%", "--confirm", str(users), "--progress", "off"]
    return [program, "run", "leavers.csv", "--disable", "--remove-access", *options]


def offboard_outcomes(folder, wanted):
    table = folder / "table.csv"
    if not table.exists():
        command = [os.environ["OFFBOARD"], "report", "--format", "csv"]
        table.write_bytes(subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout)
    with open(table, newline="", encoding="utf-8-sig") as lines:
        return {row["user_id"] for row in csv.DictReader(lines) if row["outcome"] in wanted}


def offboard_success(folder):
    return offboard_outcomes(folder, {"removed", "already"})


def offboard_failures(folder):
    return offboard_outcomes(folder, {"failed", "in_doubt", "not_found"})


TOOLS = {
    "Python loop": (loop_command, loop_success, loop_failures),
    "`parallel` + `curl`": (parallel_command, parallel_success, parallel_failures),
    "`offboard`": (offboard_command, offboard_success, offboard_failures),
}


def start(command, folder):
    # No setting of the caller reaches the program.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OFFBOARD_")}
    environment |= {"PASSWORD": "sandbox", "OFFBOARD_PASSWORD": "sandbox", "no_proxy": "127.0.0.1"}
    output = open(folder / "output", "a")
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def measure(program, users, tool):
    make, success, failures = TOOLS[tool]
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox = Sandbox(program, users, folder)
        begin = time.monotonic()
        process = start(make(program, sandbox, users), folder)
        figures["exit"] = process.wait()
        figures["seconds"] = time.monotonic() - begin
        everybody = {row["User ID"] for row in csv.DictReader(open(folder / "leavers.csv", newline=""))}
        done, said, failed = sandbox.done(), success(folder), failures(folder)
        figures["done"] = len(done)
        figures["false"] = len(said - done)
        figures["unnamed"] = len(everybody - done - failed)
        figures["missed"] = len(done - said)
        sandbox.end()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox = Sandbox(program, users, folder)
        process = start(make(program, sandbox, users), folder)
        while len(sandbox.done()) < users / 2:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(1)
        before, count = sandbox.done(), len(sandbox.applied())
        start(make(program, sandbox, users), folder).wait()
        figures["again"] = len(before & {user for user, _ in sandbox.applied()[count:]})
        sandbox.end()
    print(f"{tool}: {figures}", file=sys.stderr, flush=True)
    return figures


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="target/dist/offboard", type=Path)
    arguments.add_argument("--users", default=1000, type=int)
    given = arguments.parse_args()
    program, users = str(given.program.resolve()), given.users
    os.environ["OFFBOARD"] = program
    measured = {tool: measure(program, users, tool) for tool in TOOLS}
    rows = [
        ("seconds", lambda f: f"{f['seconds']:.0f}"),
        (f"users without access at the end, of {users:,}", lambda f: f"{f['done']:,}"),
        ("reported as a success, but still with access", lambda f: f"{f['false']}"),
        ("still with access, and in no list of failures", lambda f: f"{f['unnamed']}"),
        ("without access, but not reported as a success", lambda f: f"{f['missed']}"),
        ("exit code", lambda f: f"{f['exit']}"),
        ("killed half way and started again: users written twice", lambda f: f"{f['again']}"),
    ]
    print("| | " + " | ".join(TOOLS) + " |")
    print("| --- |" + " --- |" * len(TOOLS))
    for name, show in rows:
        print(f"| {name} | " + " | ".join(show(measured[tool]) for tool in TOOLS) + " |")


if __name__ == "__main__":
    main()
