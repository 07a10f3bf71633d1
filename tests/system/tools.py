"""How each editor and tool saves a value, and how it is killed in the middle of that.

A command is run by sh with
    FIELD   the path of the field             NEW     what to save
    SOURCE  a file that holds it and a newline, or a FIFO that will only ever give half of it
    SECRET  the part of NEW that is secret
    WRONG   set when the value is one to be refused
An editor is a function that drives it through a terminal.
"""
import contextlib
import os
import re
from dataclasses import dataclass, replace
from typing import Callable, Optional

from terminal import CONTROL, ENTER, ESCAPE, Ended


# What is saved

@dataclass
class Subject:
    provider: str
    field: str
    text: Callable
    bad: Callable


SUBJECTS = {
    # refused at write(2): nothing that follows can mend it
    "line": Subject("openai", "api_key", lambda secret: f"sk-{secret}",
                    lambda secret: f"sk-ant-{secret}"),
    # refused at close(2): what is missing could still follow
    "json": Subject("vertex", "service_account.json",
                    lambda secret: f'{{"type": "service_account", "key": "{secret}"}}',
                    lambda secret: f'{{"type": "service_account", "key": "{secret}",'),
    "lines": Subject("generic", "note", lambda secret: f"[one]\n\tkey = {secret}\n",
                     lambda secret: f"[one]\n\tkey = {secret}\a\n"),
}


# Editors: they save, and give up what they could not save. Return the screen after saving.

def type_into_vim(terminal, path, new):
    terminal.wait_for(re.escape(os.path.basename(path)))
    terminal.type("ggdGi", new, ESCAPE)


def vim(terminal, path, new, save=":w"):
    type_into_vim(terminal, path, new)
    terminal.type(save, ENTER)
    shown = terminal.wait_for(r"written|\bE\d+:").string
    terminal.type(":q!", ENTER)
    return shown


def type_into_nano(terminal, path, new):
    terminal.wait_for(re.escape(os.path.basename(path)) + r"[^$]*\^X")
    terminal.type(CONTROL["k"], new)


def nano(terminal, path, new):
    type_into_nano(terminal, path, new)
    terminal.type(CONTROL["o"])
    terminal.wait_for("File Name to Write")
    terminal.type(ENTER)
    shown = terminal.wait_for("Wrote|Error").string
    terminal.type(CONTROL["x"])
    if "Error" in shown:
        terminal.wait_for("Save modified buffer")
        terminal.type("n")
    return shown


def type_into_emacs(terminal, path, new):
    terminal.wait_for(re.escape(os.path.basename(path)))
    terminal.type(CONTROL["x"], "h", CONTROL["w"], new)


def leave_emacs(terminal):
    """After an error it forgets the keys that were pressed too early: press them again."""
    with contextlib.suppress(Ended):
        for key in ("", CONTROL["g"], CONTROL["g"]):
            terminal.type(key, CONTROL["x"], CONTROL["c"])
            if terminal.shows("Save file", 5):
                break
        terminal.type("n")
        terminal.wait_for("exit anyway")
        terminal.type("yes", ENTER)


def emacs(terminal, path, new):
    type_into_emacs(terminal, path, new)
    terminal.type(CONTROL["x"], CONTROL["s"])
    shown = terminal.wait_for("Wrote /|rejected|denied|protected").string
    leave_emacs(terminal)
    return shown


# Editors, with what is typed written to their own files but not saved

def hold_vim(terminal, path, new):
    type_into_vim(terminal, path, new)
    terminal.type(":preserve", ENTER)
    terminal.wait_for("File preserved")


def hold_emacs(terminal, path, new):
    type_into_emacs(terminal, path, new)
    terminal.type(ESCAPE + "x", "do-auto-save", ENTER)
    terminal.wait_for("Auto-saving...done")


# Editors of somebody who may not save, and tries hard

def vim_by_force(terminal, path, new):
    return vim(terminal, path, new, ":w!")


def emacs_by_force(terminal, path, new):
    terminal.wait_for(re.escape(os.path.basename(path)))
    terminal.type(CONTROL["x"], CONTROL["q"])
    type_into_emacs(terminal, path, new)
    terminal.type(CONTROL["x"], CONTROL["s"])
    terminal.wait_for("try to save anyway")
    terminal.type("yes", ENTER)
    shown = terminal.wait_for("[Pp]ermission denied|not permitted|Wrote /").string
    leave_emacs(terminal)
    return shown


BY_FORCE = {vim: vim_by_force, nano: nano, emacs: emacs_by_force}


# Killed

@dataclass(frozen=True)
class Kill:
    """Killed while the command waits for ever, or as it enters a system call."""
    command: Optional[str] = None    # in place of the tool's own
    call: Optional[str] = None
    when: int = 1                    # the how manieth of these calls
    upon: Optional[str] = ""         # what is appended to the path of the field; None: any file
    writes: bool = True              # whether something is written when it waits
    written: bool = False            # it has written the new value by then
    saves: bool = False              # and saved it
    drive: Optional[Callable] = None


FIFO = Kill()  # the tool itself, which is given half of it only
DUP2 = Kill(call="dup2", when=2, written=True)  # shells: the first is to write, the second closes
WRITE = Kill(call="write")
CLOSE = Kill(call="close", written=True)
CLOSE_2 = Kill(call="close", when=2, written=True)  # the first is not of what is written
FSYNC = Kill(call="fsync", written=True)  # editors, before they close
RENAME = Kill(call="rename,renameat,renameat2", upon=None)
EXIT = Kill(call="exit_group", upon=None, saves=True)


# The table

@dataclass
class Tool:
    name: str
    command: str
    drive: Optional[Callable] = None
    good: Optional[str] = "line"      # the subject that is saved
    refused: Optional[str] = "line"   # refused at write(2)
    late: Optional[str] = "json"      # refused at close(2) or rename(2)
    result: Callable = lambda old, new: new
    absent: bool = False              # it unlinks before it creates: a reader may find nothing
    half: Optional[Kill] = None       # killed with a half written
    last: Optional[Kill] = None       # killed with all written, before close(2) or rename(2)
    after: Optional[Kill] = EXIT      # killed when it has saved


PYTHON_WITH = """
import os, sys, time
with open(os.environ["FIELD"], "w") as file:
    file.write(os.environ["NEW"])
    if len(sys.argv) > 1:
        file.flush()
        time.sleep(60)
"""
PYTHON_UNCLOSED = """
import os
open(os.environ["FIELD"], "w").write(os.environ["NEW"])
"""
PYTHON_CRUDINI = """
import os, shutil, sys, tempfile, time
path = os.environ["FIELD"]
fd, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=os.path.basename(path) + ".",
                                 suffix=".tmp")
with os.fdopen(fd, "w") as file:
    shutil.copymode(path, temporary)
    file.write(os.environ["NEW"])
    file.flush()
    os.fsync(file.fileno())
    if len(sys.argv) > 1:
        time.sleep(60)
try:
    os.rename(temporary, path)
except OSError:
    os.unlink(temporary)
    raise
directory = os.open(os.path.dirname(path), os.O_DIRECTORY)
os.fsync(directory)
"""
PYTHON_REPLACE = """
import os, sys, tempfile, time
path = os.environ["FIELD"]
fd, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
os.write(fd, os.environ["NEW"].encode())
if len(sys.argv) > 1:
    time.sleep(60)
os.close(fd)
os.replace(temporary, path)
"""
NODE = 'require("fs").writeFileSync(process.env.FIELD, process.env.NEW)'
NODE_HALF = ('const fs = require("fs"); const fd = fs.openSync(process.env.FIELD, "w");'
             ' fs.writeSync(fd, process.env.NEW); setTimeout(() => {}, 60000)')


def python(script, *arguments):
    return f"exec /usr/bin/python3 -ISc '{script}' {' '.join(arguments)}"


JQ = "jq -c 'if env.WRONG then [.] else .key = env.SECRET end'"

TOOLS = [
    Tool("bash: echo >", """bash -c 'echo "$NEW" > "$FIELD"'""",
         half=Kill("""bash -c '(echo -n "${NEW%??}"; sleep 60) > "$FIELD"'"""),
         last=DUP2),
    Tool("dash: echo >", """dash -c 'echo "$NEW" > "$FIELD"'""",
         half=Kill("""dash -c '(printf %s "${NEW%??}"; sleep 60) > "$FIELD"'"""),
         last=DUP2),
    Tool("bash: printf >>", """bash -c 'printf "%s\\n" "$NEW" >> "$FIELD"'""", good="lines",
         result=lambda old, new: old + new + "\n",
         half=Kill("""bash -c '(printf %s "${NEW%??}"; sleep 60) >> "$FIELD"'"""),
         last=DUP2),
    Tool("dash: printf >>", """dash -c 'printf "%s\\n" "$NEW" >> "$FIELD"'""", good="lines",
         result=lambda old, new: old + new + "\n",
         half=Kill("""dash -c '(printf %s "${NEW%??}"; sleep 60) >> "$FIELD"'"""),
         last=DUP2),
    Tool("tee", 'tee "$FIELD" < "$SOURCE" > /dev/null', half=FIFO, last=CLOSE),
    Tool("cp", 'cp "$SOURCE" "$FIELD"', half=FIFO, last=CLOSE),
    Tool("cp -p", 'cp -p "$SOURCE" "$FIELD"', half=FIFO, last=CLOSE),
    Tool("cp -a", 'cp -a "$SOURCE" "$FIELD"', half=WRITE, last=CLOSE),
    Tool("cp --remove-destination", 'cp --remove-destination "$SOURCE" "$FIELD"', absent=True,
         half=FIFO, last=CLOSE),
    Tool("mv from tmpfs", 'mv "$SOURCE" "$FIELD"', absent=True, half=WRITE, last=CLOSE),
    Tool("mv inside", 'cp "$SOURCE" "$FIELD.tmp" && mv "$FIELD.tmp" "$FIELD"',
         half=Kill('(head -c 9; sleep 60) < "$SOURCE" > "$FIELD.tmp"'), last=RENAME,
         after=replace(EXIT, command='cp "$SOURCE" "$FIELD.tmp"; mv "$FIELD.tmp" "$FIELD"')),
    Tool("install -m 600", 'install -m 600 "$SOURCE" "$FIELD"', absent=True, half=FIFO, last=CLOSE),
    Tool("dd", 'dd if="$SOURCE" of="$FIELD" status=none', half=FIFO, last=CLOSE_2),
    Tool("truncate -s 0", 'truncate -s 0 "$FIELD"', good=None, refused=None, late="line",
         last=CLOSE, after=None),
    Tool("sed -i", 'sed -i "s|.*|$NEW|" "$FIELD"', last=RENAME,
         half=Kill("""sed -u -i -e "s|.*|$NEW|;p" -e 'e sleep 60' "$FIELD" """)),
    Tool("perl -pi", """perl -pi -e 's/.*/$ENV{NEW}/' "$FIELD" """, last=RENAME,
         half=Kill("""perl -pi -e '$| = 1; s/.*/$ENV{NEW}/; print; sleep 60' "$FIELD" """)),
    Tool("ed", r"""printf ',c\n%s\n.\nw\nq\n' "$NEW" | ed -s "$FIELD" """, last=CLOSE_2,
         half=Kill(r"""(printf ',c\n%s\n.\n' "$NEW"; sleep 60) | ed -s "$FIELD" """, writes=False)),
    Tool("vim", 'exec vim "$FIELD"', vim, half=Kill(drive=hold_vim), last=FSYNC),
    Tool("vim: nobackup nowritebackup", 'exec vim --cmd "set nobackup nowritebackup" "$FIELD"', vim,
         half=Kill(drive=hold_vim), last=FSYNC),
    Tool("vim: backupcopy=yes", 'exec vim --cmd "set backupcopy=yes" "$FIELD"', vim,
         half=Kill(drive=hold_vim), last=FSYNC),
    Tool("nano", 'exec nano "$FIELD"', nano, half=Kill(drive=type_into_nano), last=FSYNC),
    Tool("emacs -nw", 'exec emacs -nw "$FIELD"', emacs, half=Kill(drive=hold_emacs), last=FSYNC),
    Tool("rsync -a", 'rsync -a "$SOURCE" "$FIELD"', last=RENAME,
         half=Kill(call="fchmod", upon=None)),
    Tool("rsync --inplace -a", 'rsync --inplace -a "$SOURCE" "$FIELD"', half=WRITE, last=CLOSE),
    Tool("git config -f", 'git config -f "$FIELD" one.key "$SECRET"', good="lines",
         refused=None, late="lines", last=RENAME,
         half=Kill(call="write", upon=".lock")),
    Tool("python: crudini", python(PYTHON_CRUDINI), half=Kill(python(PYTHON_CRUDINI, "slowly")),
         last=RENAME),
    Tool("python: with open", python(PYTHON_WITH), half=Kill(python(PYTHON_WITH, "slowly")),
         last=CLOSE),
    Tool("python: open, no close", python(PYTHON_UNCLOSED), last=CLOSE),
    Tool("python: os.replace", python(PYTHON_REPLACE), last=RENAME,
         half=Kill(python(PYTHON_REPLACE, "slowly"))),
    Tool("node: writeFileSync", f"exec node -e '{NODE}'", last=CLOSE,
         half=Kill(f"exec node -e '{NODE_HALF}'")),
    Tool("jq and mv", f'{JQ} "$FIELD" > "$FIELD.tmp" && mv "$FIELD.tmp" "$FIELD"', good="json",
         refused=None, half=Kill(f'({JQ} "$FIELD"; sleep 60) > "$FIELD.tmp"'), last=RENAME,
         after=replace(EXIT, command=f'{JQ} "$FIELD" > "$FIELD.tmp"; mv "$FIELD.tmp" "$FIELD"')),
    Tool("jq and sponge", f'{JQ} "$FIELD" | sponge "$FIELD"', good="json", refused=None,
         half=Kill(f'({JQ} "$FIELD"; sleep 60) | sponge "$FIELD"', writes=False),
         last=Kill('sponge "$FIELD" < "$SOURCE"', "close", written=True)),
]
