"""Records a real run of the program at a pseudo terminal, and writes it as an animated SVG.

usage: record_terminal.py PROGRAM FILE.svg

A shell runs at a pseudo terminal against the built-in sandbox. This script types the commands, kills one run in
the middle with SIGKILL, and reads what the terminal shows with a terminal emulator (pyte). Nothing of the
picture is written by hand. Waits of more than two seconds are shortened.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from xml.sax.saxutils import escape

import pyte

COLUMNS, ROWS = 100, 26
CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN = 8.4, 18, 14, 12
LONGEST_WAIT = 2.0
LAST_WAIT = 6.0
# A frame is kept at most this often while the screen changes all the time.
SHORTEST_FRAME = 0.15
COLOURS = {
    "default": "#d8dee9", "black": "#4c566a", "red": "#f0717b", "green": "#a3d685", "brown": "#f2cc6b",
    "blue": "#82aaff", "magenta": "#d3a4e8", "cyan": "#7fd5e0", "white": "#eceff4",
    "brightblack": "#8a94a8", "brightred": "#ff8f98", "brightgreen": "#bfe8a5", "brightbrown": "#ffe08f",
    "brightblue": "#a4c2ff", "brightmagenta": "#e6c3f5", "brightcyan": "#a5ecf5", "brightwhite": "#ffffff",
}
BACKGROUND = "#20242e"
# The last words of the question for the number of users.
ASKS = r"to go on: *$"
# A prompt that waits for a command.
PROMPT = r"(^|\n)\$ $"


class Terminal:
    """A shell at a pseudo terminal, and every state of its screen with the time."""

    def __init__(self, folder, environment):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.frames = []
        self.commands = []
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)
        self.until(PROMPT)
        self.frames.clear()

    def text(self):
        return "\n".join(self.screen.display).rstrip()

    def keep(self):
        """Keeps the present screen as a frame, if it differs from the last one."""
        rows = tuple(self.row(number) for number in range(ROWS))
        cursor = (self.screen.cursor.x, self.screen.cursor.y)
        now = time.monotonic()
        if self.frames and self.frames[-1][1] == (rows, cursor):
            return
        if self.frames and now - self.frames[-1][0] < SHORTEST_FRAME:
            self.frames[-1] = (self.frames[-1][0], (rows, cursor))
            return
        self.frames.append((now, (rows, cursor)))

    def row(self, number):
        """The runs of one row: column, text, colour, bold."""
        runs = []
        line = self.screen.buffer[number]
        for column in range(COLUMNS):
            char = line[column]
            colour = char.fg if not char.reverse else "black"
            style = (colour, bool(char.bold))
            if runs and runs[-1][2:] == style and runs[-1][0] + len(runs[-1][1]) == column:
                runs[-1] = (runs[-1][0], runs[-1][1] + char.data, *style)
            else:
                runs.append((column, char.data, *style))
        kept = []
        for column, text, *style in runs:
            stripped = text.rstrip()
            if stripped:
                lead = len(stripped) - len(stripped.lstrip())
                kept.append((column + lead, stripped.lstrip(), *style))
        return tuple(kept)

    def read(self, seconds):
        """Feeds the emulator for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.terminal], [], [], min(left, 0.05))
            if ready:
                self.stream.feed(os.read(self.terminal, 65536))
            self.keep()

    def until(self, pattern, patience=60):
        """Reads until the screen ends with this."""
        end = time.monotonic() + patience
        while not re.search(pattern, self.text() + " " if pattern.endswith(" $") else self.text()):
            if time.monotonic() > end:
                raise SystemExit(f"waited too long for {pattern!r}:\n{self.text()}")
            self.read(0.05)

    def type(self, line):
        """Types a line, key by key."""
        for key in line:
            os.write(self.terminal, key.encode())
            self.read(0.03)
        self.read(0.4)
        os.write(self.terminal, b"\r")

    def command(self, line, ends=PROMPT):
        """Types a command and waits for the next prompt."""
        self.commands.append(line)
        self.type(line)
        self.read(0.3)
        self.until(ends)


def children(pid):
    out = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True).stdout
    return [int(word) for word in out.split()]


def record(program):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bin").mkdir()
        (folder / "bin" / "offboard").symlink_to(program)
        # The program prints this path. It must not exist yet.
        work = Path(tempfile.gettempdir()) / "offboarding"
        work.mkdir()
        sandbox = subprocess.Popen(
            [program, "sandbox", "--port", "8080", "--users", "500", "--roster", "tenant.csv", "--fault", "latency=60ms,error500=0.03"],
            cwd=work, stdout=subprocess.PIPE, text=True,
        )
        try:
            while not (match := re.search(r"http://[0-9.]+:\d+", sandbox.stdout.readline())):
                pass
            url = match.group()
            tenant = (work / "tenant.csv").read_text().splitlines(keepends=True)
            (work / "leavers.csv").write_text("".join(tenant[:81]))
            environment = {
                "PATH": f"{folder}/bin:{os.environ['PATH']}", "HOME": str(folder), "TERM": "xterm-256color",
                "PS1": "$ ", "LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": str(COLUMNS), "LINES": str(ROWS),
                "OFFBOARD_SCIM_URL": url + "/scim/1/0/v2", "OFFBOARD_AUTH_URL": url,
                "OFFBOARD_USERNAME": "admin@example.com", "OFFBOARD_PASSWORD": "sandbox",
            }
            terminal = Terminal(work, environment)
            play(terminal)
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)
            return terminal
        finally:
            sandbox.terminate()
            sandbox.wait()
            shutil.rmtree(work)


def play(terminal):
    """What is shown: a run that is killed, the command that continues, and the proof."""
    terminal.read(0.5)
    first = "offboard run leavers.csv --disable --remove-access"
    terminal.commands.append(first)
    terminal.type(first)
    # The program asks for the number of users.
    terminal.until(ASKS)
    terminal.read(1.5)
    terminal.type("80")
    terminal.until(r"\b(2[0-9]|3[0-9])( of |/)80", 60)
    for pid in children(terminal.pid):
        os.kill(pid, signal.SIGKILL)
    terminal.until(r"Killed")
    terminal.read(1.5)
    terminal.command("offboard resume", ASKS)
    terminal.read(1.0)
    terminal.type("80")
    terminal.until(PROMPT)
    terminal.read(1.5)
    terminal.command("clear")
    terminal.commands.pop()
    terminal.command("offboard verify")
    terminal.read(1.0)
    terminal.command("offboard report -o evidence && offboard audit verify evidence")
    terminal.read(0.5)


def timed(frames):
    """The screens with their durations; long waits are shortened."""
    moments = [moment for moment, _ in frames]
    durations = [min(after - before, LONGEST_WAIT) for before, after in zip(moments, moments[1:])]
    return list(zip((screen for _, screen in frames), [*durations, LAST_WAIT]))


def colour(name):
    return COLOURS.get(name) or f"#{name}"


def svg(frames, commands):
    width = round(COLUMNS * CELL_WIDTH + 2 * MARGIN)
    height = ROWS * LINE_HEIGHT + 2 * MARGIN
    total = sum(duration for _, duration in frames)
    rows, strips, stops = {}, [], []
    passed = 0.0
    for number, ((lines, cursor), duration) in enumerate(frames):
        uses = []
        for place, runs in enumerate(lines):
            if runs:
                name = rows.setdefault(runs, f"r{len(rows)}")
                uses.append(f'<use href="#{name}" y="{place * LINE_HEIGHT}"/>')
        x, y = cursor
        uses.append(f'<rect class="k" x="{x * CELL_WIDTH:.1f}" y="{y * LINE_HEIGHT + 3}"/>')
        strips.append(f'<g transform="translate(0 {number * height})">{"".join(uses)}</g>')
        stops.append(f"{100 * passed / total:.2f}%{{transform:translateY({-number * height}px)}}")
        passed += duration
    defined = []
    for runs, name in rows.items():
        texts = []
        for column, text, fg, bold in runs:
            style = "" if fg == "default" else f' fill="{colour(fg)}"'
            style += ' font-weight="bold"' if bold else ""
            length = len(text) * CELL_WIDTH
            texts.append(
                f'<text x="{column * CELL_WIDTH:.1f}" y="{LINE_HEIGHT - 4}" textLength="{length:.1f}"{style}>{escape(text)}</text>'
            )
        defined.append(f'<g id="{name}">{"".join(texts)}</g>')
    last = (len(frames) - 1) * height
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>A run that is killed, continued, verified and reported</title>
<desc>
{escape(chr(10).join(commands))}
</desc>
<style>
text{{font:{FONT_SIZE}px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;white-space:pre}}
.k{{width:{CELL_WIDTH}px;height:{LINE_HEIGHT - 3}px;fill:#88c0d0;opacity:.7}}
.film{{transform:translateY({-last}px);animation:film {total:.1f}s step-end infinite}}
@keyframes film{{{"".join(stops)}}}
@media (prefers-reduced-motion:reduce){{.film{{animation:none}}}}
</style>
<defs>{"".join(defined)}</defs>
<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>
<svg x="{MARGIN}" y="{MARGIN}" width="{width - 2 * MARGIN}" height="{height - 2 * MARGIN}"><g class="film" fill="{COLOURS["default"]}">{"".join(strips)}</g></svg>
</svg>
"""


def main():
    program, target = sys.argv[1:]
    terminal = record(program)
    text = svg(timed(terminal.frames), terminal.commands)
    # A machine's name or folder is no part of the picture.
    for private in (os.uname().nodename, os.getcwd(), str(Path.home())):
        if len(private) > 3 and private in text:
            raise SystemExit(f"the picture shows {private}")
    Path(target).write_text(text)
    print(f"{target}: {len(terminal.frames)} frames, {len(text)} bytes")


main()
