"""Makes docs/images/terminal.svg, the README's picture of the terminal, from what the program prints.

    pip install rich
    cargo build --release
    PATH="$PWD/target/release:$PATH" python3 xtask/pictures/terminal.py

The commands run on the quick start, in a terminal of their own and a temporary folder; the time is that of the morning
after the sample, so that the same program makes the same picture.
"""

import fcntl
import io
import os
import pathlib
import pty
import re
import struct
import subprocess
import tempfile
import termios

from rich.console import Console
from rich.text import Text

COLUMNS, LINES = 88, 60
ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples/quickstart"
PICTURE = ROOT / "docs/images/terminal.svg"
FILL = ["ipcascade", "-q", "enrich", *map(str, sorted(SAMPLE.glob("cowrie.json*")))]
COMMANDS = [
    "ipcascade report --since 2026-11-21 --until 2026-11-21 -n 3",
    "ipcascade lookup 9.9.9.9",
]


def in_terminal(command, folder, environment):
    """What the command prints on a terminal, without its progress, which a terminal does not keep."""
    control, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, shell=True, cwd=folder, env=environment, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE
    )
    os.close(terminal)
    printed = b""
    while True:
        try:
            part = os.read(control, 65536)
        except OSError:  # Linux: the other end is closed.
            break
        if not part:
            break
        printed += part
    messages = process.stderr.read().decode()
    if process.wait() != 0:
        raise SystemExit(f"{command}: exit code {process.returncode}\n{messages}")
    return printed.decode().replace("\r\n", "\n")


def main():
    environment = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "IPCASCADE_CONFIG": str(SAMPLE / "ipcascade.toml"),
        "IPCASCADE_NOW": "2026-11-22T06:00:00Z",
    }
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        environment["HOME"] = folder
        subprocess.run(FILL, cwd=folder, env=environment, check=True)
        for number, command in enumerate(COMMANDS):
            printed = in_terminal(command, folder, environment).rstrip("\n")
            console.print(Text.assemble("" if number == 0 else "\n", ("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(printed))
    picture = console.export_svg(title="ipcascade", unique_id="terminal")
    # A picture loads nothing: without the font that rich names, the reader's own is used, in cells of the same width.
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = re.sub(r"Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace", picture)
    PICTURE.write_text(picture)


if __name__ == "__main__":
    main()
