"""Makes the picture of a report: a job on the built-in sandbox with faults, and the top of its `report.html` as a
browser shows it.

usage: picture_report.py PROGRAM FILE.png
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 1280, 760
# Colours of the palette: enough for a page with flat colours, and a small file.
PALETTE = 128




def work(program, folder, environment):
    """A job on the built-in sandbox with faults and with lines that cannot be used, up to its report."""
    sandbox = subprocess.Popen(
        [program, "sandbox", "--port", "8080", "--users", "2400", "--refused", "3", "--fault", "mild",
         "--roster", "tenant.csv"],
        cwd=folder, stdout=subprocess.PIPE, text=True,
    )
    try:
        while not (match := re.search(r"http://[0-9.]+:\d+", sandbox.stdout.readline())):
            pass
        url = match.group()
        tenant = (folder / "tenant.csv").read_text().splitlines(keepends=True)
        # A visiting user, a line that was cut, and one line twice.
        more = ['"visitor@example.com","A","Visitor","00000000000000000000000000000000","Viewer"\n', '"cut"\n', tenant[5]]
        (folder / "leavers.csv").write_text("".join(tenant[:421] + more))
        environment = environment | {
            "OFFBOARD_SCIM_URL": url + "/scim/1/0/v2", "OFFBOARD_AUTH_URL": url, "OFFBOARD_PASSWORD": "sandbox",
            "OFFBOARD_USERNAME": "admin@example.com", "OFFBOARD_RATE": "40/s", "OFFBOARD_PROGRESS": "off",
        }
        grounds = ["--ticket", "CHG-4711", "--reason", "contracts ended", "--approver", "approver@example.com"]
        run = ["run", "leavers.csv", "--disable", "--remove-access", "--confirm", "420", *grounds]
        for command in (run, ["verify"], ["report", "-o", "evidence"]):
            # 10: some users failed, which is what the picture is to show.
            ended = subprocess.run([program, *command], cwd=folder, env=environment, capture_output=True, text=True)
            if ended.returncode not in (0, 10):
                raise SystemExit(f"{command} ended with {ended.returncode}: {ended.stderr}")
    finally:
        sandbox.terminate()
        sandbox.wait()
    return folder / "evidence" / "report.html"


def main():
    program, target = sys.argv[1:]
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("there is no chromium")
    # Nothing of the caller's settings reaches the program.
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    with tempfile.TemporaryDirectory() as name:
        page = work(program, Path(name), environment)
        shot = Path(name) / "page.png"
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={name}/browser", f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}", page.as_uri()],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        picture = Image.open(shot).convert("RGB").quantize(PALETTE, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    picture.save(packed, "PNG", optimize=True)
    Path(target).write_bytes(packed.getvalue())
    print(f"{target}: {picture.size[0]} x {picture.size[1]}, {len(packed.getvalue())} bytes")


main()
