"""Every editor and tool saves: the value whole, a refused one with the old one kept and the user
told where the tool can tell him, nothing left where others see it, nothing on the disk.

What each does is a table here; a run prints the one it found and compares them cell by cell. A cell
`a / b / c` is of several trials, which are one cell when they agree. CREDFS_TOOLS=vim tries the
tools whose names match only, and fails for the others.

saved, refused, refused late   what became of the value, exit status, what the tool said. Late: by
               close(2) or rename(2), because what is missing could still have come
mine, others   what is left beside the field, for who saves and for another admin: his editor's
               files are his to look into, and gone some minutes later
reader         what somebody who reads all the time has seen
history        by how many earlier values there are more
half-way, all written, saved   what is there when the tool was killed then: with a part written;
               before it closes or renames; when it ends
later          and when the time of the files beside the field is over
disk           files on a disk that a value was in, if only for a moment. Only such as the programs
               have of their own: what vim remembers of earlier sessions, what ed and sponge keep in
               /tmp what they have not written yet. A mount cannot keep them from that.
"""
import contextlib
import dataclasses
import os
import pwd
import re
import shutil
import tempfile

import pytest

from mounting import wait_until
from people import is_left_over
from tools import BY_FORCE, SUBJECTS, TOOLS
from trials import MARK, Trial, secret
from witnesses import Disk


LIMIT = 900  # seconds; alone each takes less than one


# The place: people with homes, one mount, files in memory

@contextlib.contextmanager
def homes(users):
    """Homes on the disk, as people have."""
    for name in os.listdir("/home"):
        if is_left_over(name):
            shutil.rmtree("/home/" + name)
    entries = [pwd.getpwnam(user) for user in users]
    try:
        for entry in entries:
            os.mkdir(entry.pw_dir, 0o700)
            os.chown(entry.pw_dir, entry.pw_uid, entry.pw_gid)
        yield
    finally:
        for entry in entries:
            shutil.rmtree(entry.pw_dir, ignore_errors=True)


class Office:
    """alice and bob manage acme, carol runs its project."""

    def __init__(self, mount, people):
        self.mount, self.people = mount, people
        self.alice, self.bob = people.user("alice", "admins"), people.user("bob", "admins")
        self.carol = people.user("carol")
        self.users = [self.alice, self.bob, self.carol]
        self.trials = 0
        mount.org("acme", admin=["group:" + people.group("admins")])
        mount.project("acme", "etl", runner=["user:" + self.carol])

    def trial(self, tool, subject, bad=False, user=None):
        """A field of its own for a tool."""
        self.trials += 1
        return Trial(self, self.trials, tool, SUBJECTS[subject], bad, user or self.alice)


@pytest.fixture
def office(mounts, people, request):
    office = Office(mounts(getattr(request, "param", "")), people)
    with homes(office.users), tempfile.TemporaryDirectory(dir="/dev/shm") as office.sources:
        os.chmod(office.sources, 0o777)
        office.disk = Disk(MARK, office.users)
        try:
            yield office
        finally:
            office.disk.close()


# Tables

def joined(cells):
    """One cell for several trials: said once if it is the same for all."""
    return cells[0] if len(set(cells)) == 1 else " / ".join(cells)


# Files that are not beside the field, as the table calls them
ELSEWHERE = [(r" \(deleted\)$", ""), (r"^/tmp/#\d+$", "/tmp, no name"),
             (r"^/tmp/sponge\.[A-Za-z0-9]{6}$", "/tmp/sponge.??????"),
             (r"^~/\.viminf.?\.tmp$", "~/.viminfo")]


def on_disk(found, numbers, home):
    """Where values of these trials were on the disk, if only for a moment."""
    paths = {path.replace(home, "~") for number in numbers for which in ("old", "new")
             for path in found.get(secret(number, which), [])}
    for expression, text in ELSEWHERE:
        paths = {re.sub(expression, text, path) for path in paths}
    return " ".join(sorted(paths)) or "-"


def table(text):
    """{first cell: the other cells} of a table, and its head."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return {row[0]: row[1:] for row in rows[1:]}, rows[0]


def drawn(head, rows):
    lines = [head, *([name, *cells] for name, cells in rows.items())]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(" | ".join(map(str.ljust, line, widths)).rstrip()
                     for line in lines)


def compare(found, expected_text, capsys):
    expected, head = table(expected_text)
    with capsys.disabled():
        print("\n" + drawn(head, found))
    wrong = [f"{name}, {column}: {cell!r}, not {wanted!r}"
             for name, cells in found.items()
             for column, cell, wanted in zip(head[1:], cells, expected.get(name, [""] * len(cells)),
                                             strict=True)
             if cell != wanted]
    wrong += [f"{name}: not tried" for name in expected if name not in found]
    assert not wrong, "\n".join(wrong)


# Saved

# Who cannot tell the user, and why not. Only these may be silent; .status gives the reason to all.
SILENT = {
    "bash: echo >": "a shell does not look at what close(2) says",
    "dash: echo >": "the same",
    "truncate -s 0": "nothing has failed: it was not told to write a value",
    "python: open, no close": "who collects the file has nobody to tell",
}

SAVED = """
tool                        | saved                  | refused           | refused late                  | mine                                     | others | reader              | history      | disk
bash: echo >                | saved 0 -              | kept 1 rejected   | kept 0 -                      | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
dash: echo >                | saved 0 -              | kept 1 I/O error  | kept 0 -                      | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
bash: printf >>             | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
dash: printf >>             | saved 0 -              | kept 1 I/O error  | kept 1 I/O error              | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
tee                         | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
cp                          | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
cp -p                       | saved 1 not permitted  | kept 1 rejected   | kept 1 rejected+not permitted | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
cp -a                       | saved 1 not permitted  | kept 1 rejected   | kept 1 rejected+not permitted | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
cp --remove-destination     | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
mv from tmpfs               | saved 0 not permitted  | kept 1 rejected   | kept 1 rejected+not permitted | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
mv inside                   | saved 0 -              | kept 1 rejected   | kept 1 rejected               | - / FIELD.tmp / FIELD.tmp                | -      | old,new / old / old | +1 / +0 / +0 | -
install -m 600              | saved 1 not permitted  | kept 1 rejected   | kept 1 rejected+not permitted | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
dd                          | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
truncate -s 0               |                        |                   | kept 0 -                      | -                                        | -      | old                 | +0           | -
sed -i                      | saved 0 -              | kept 4 rejected   | kept 4 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
perl -pi                    | saved 0 -              | kept 129 rejected | kept 129 rejected             | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
ed                          | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | /tmp, no name
vim                         | saved 0 -              | kept 0 E512       | kept 0 E512                   | - / FIELD~ / FIELD~                      | -      | old,new / old / old | +1 / +0 / +0 | ~/.viminfo
vim: nobackup nowritebackup | saved 0 -              | kept 0 E512       | kept 0 E512                   | -                                        | -      | old,new / old / old | +1 / +0 / +0 | ~/.viminfo
vim: backupcopy=yes         | saved 0 -              | kept 0 E512       | kept 0 E512                   | - / FIELD~ / FIELD~                      | -      | old,new / old / old | +1 / +0 / +0 | ~/.viminfo
nano                        | saved 0 -              | kept 0 rejected   | kept 0 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
emacs -nw                   | saved 0 -              | kept 0 rejected   | kept 0 rejected               | FIELD~ / #FIELD# FIELD~ / #FIELD# FIELD~ | -      | old,new / old / old | +1 / +0 / +0 | -
rsync -a                    | saved 0 -              | kept 23 rejected  | kept 23 rejected              | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
rsync --inplace -a          | saved 23 not permitted | kept 11 rejected  | kept 11 rejected              | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
git config -f               | saved 0 -              |                   | kept 4 rejected               | -                                        | -      | old,new / old       | +1 / +0      | -
python: crudini             | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
python: with open           | saved 0 -              | kept 1 rejected   | kept 1 rejected               | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
python: open, no close      | saved 0 -              | kept 0 -          | kept 0 -                      | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
python: os.replace          | saved 0 -              | kept 1 rejected   | kept 1 rejected               | - / tmp???????? / tmp????????            | -      | old,new / old / old | +1 / +0 / +0 | -
node: writeFileSync         | saved 0 -              | kept 1 error -129 | kept 1 error -129             | -                                        | -      | old,new / old / old | +1 / +0 / +0 | -
jq and mv                   | saved 0 -              |                   | kept 1 rejected               | - / FIELD.tmp                            | -      | old,new / old       | +1 / +0      | -
jq and sponge               | saved 0 -              |                   | kept 1 rejected               | -                                        | -      | old,new / old       | +1 / +0      | /tmp/sponge.??????
"""

def trials_of(office, tool):
    kinds = [(tool.good, False), (tool.refused, True), (tool.late, True)]
    return [subject and office.trial(tool, subject, bad) for subject, bad in kinds]


def outcome(trial, good):
    """What became of the value, exit status, what the user was told."""
    wanted = trial.saved() if good else trial.old
    value = trial.value()
    word = ("saved" if good else "kept") if value == wanted else f"WRONG {value!r}"
    if not good and not os.path.exists(trial.source):
        word = "SOURCE LOST"
    if not good and not trial.status_lines("last-error"):
        word = "NO REASON"
    if not good and trial.says() == "-" and trial.tool.name not in SILENT:
        word = "NOT TOLD"
    return f"{word} {trial.status} {trial.says()}"


def row(trials):
    """The cells of a tool but the last, and the numbers of its trials."""
    cells = []
    for trial, good in zip(trials, (True, False, False)):
        if trial:
            trial.run()
        cells.append(outcome(trial, good) if trial else "")
    done = [trial for trial in trials if trial]
    left = [trial.left() for trial in done]
    saved = [trial.value() for trial in done]
    return [*cells, joined([mine for mine, _ in left]), joined([others for _, others in left]),
            joined([trial.reader(value) for trial, value in zip(done, saved)]),
            joined([f"+{trial.history()}" for trial in done])]


def chosen():
    only = os.environ.get("CREDFS_TOOLS")
    return [tool for tool in TOOLS if not only or re.search(only, tool.name)]


@pytest.mark.limit(LIMIT)
def test_every_tool_saves(office, capsys):
    found, numbers = {}, {}
    for tool in chosen():
        trials = trials_of(office, tool)
        found[tool.name] = row(trials)
        numbers[tool.name] = [trial.number for trial in trials if trial]
    disk = office.disk.finish()
    home = pwd.getpwnam(office.alice).pw_dir
    for name, cells in found.items():
        cells.append(on_disk(disk, numbers[name], home))
    compare(found, SAVED, capsys)


# Killed

KILLED = """
tool                        | half-way | all written | saved | reader              | mine                                        | others | later           | disk
bash: echo >                | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
dash: echo >                | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
bash: printf >>             | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
dash: printf >>             | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
tee                         | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
cp                          | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
cp -p                       | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
cp -a                       | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
cp --remove-destination     | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
mv from tmpfs               | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
mv inside                   | old      | old         | new   | old / old / old,new | FIELD.tmp / FIELD.tmp / -                   | -      | old / old / new | -
install -m 600              | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
dd                          | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
truncate -s 0               |          | old         |       | old                 | -                                           | -      | old             | -
sed -i                      | old      | old         | new   | old / old / old,new | sed?????? / sed?????? / -                   | -      | old / old / new | -
perl -pi                    | old      | old         | new   | old / old / old,new | XX?????? / XX?????? / -                     | -      | old / old / new | -
ed                          | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | /tmp, no name
vim                         | old      | old         | new   | old / old / old,new | .FIELD.swp / .FIELD.swp FIELD~ / -          | -      | old / old / new | ~/.viminfo
vim: nobackup nowritebackup | old      | old         | new   | old / old / old,new | .FIELD.swp / .FIELD.swp / -                 | -      | old / old / new | ~/.viminfo
vim: backupcopy=yes         | old      | old         | new   | old / old / old,new | .FIELD.swp / .FIELD.swp FIELD~ / -          | -      | old / old / new | ~/.viminfo
nano                        | old      | old         | new   | old / old / old,new | .FIELD.swp / .FIELD.swp / -                 | -      | old / old / new | -
emacs -nw                   | old      | old         | new   | old / old / old,new | #FIELD# .#FIELD / .#FIELD FIELD~ / FIELD~   | -      | old / old / new | -
rsync -a                    | old      | old         | new   | old / old / old,new | .FIELD.?????? / .FIELD.?????? / -           | -      | old / old / new | -
rsync --inplace -a          | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
git config -f               | old      | old         | new   | old / old / old,new | FIELD.lock / FIELD.lock / -                 | -      | old / old / new | -
python: crudini             | old      | old         | new   | old / old / old,new | FIELD.????????.tmp / FIELD.????????.tmp / - | -      | old / old / new | -
python: with open           | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
python: open, no close      |          | old         | new   | old / old,new       | -                                           | -      | old / new       | -
python: os.replace          | old      | old         | new   | old / old / old,new | tmp???????? / tmp???????? / -               | -      | old / old / new | -
node: writeFileSync         | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | -
jq and mv                   | old      | old         | new   | old / old / old,new | FIELD.tmp / FIELD.tmp / -                   | -      | old / old / new | -
jq and sponge               | old      | old         | new   | old / old / old,new | -                                           | -      | old / old / new | /tmp/sponge.??????
"""

EXPIRE = 20  # seconds: long enough to look at what is left first


def fate(trial):
    """What is there after the tool was killed."""
    if not trial.was_killed:
        return "NOT KILLED"
    value, history = trial.value(), trial.history()
    found = {trial.old: "old", trial.saved(): "new"}.get(value, f"WRONG {value!r}")
    return found if history == (found == "new") else f"{found} HISTORY +{history}"


def killed(office, tool):
    """The cells, without those that only time can tell, and the trials."""
    cells, trials, left = [], [], []
    for how in (tool.half, tool.last, tool.after):
        if not how:
            cells.append("")
            continue
        trial = office.trial(tool, tool.good or "line")
        trial.kill(how)
        left.append(trial.left())
        cells.append(fate(trial))
        trials.append(trial)
    return [*cells, joined([trial.reader(trial.saved()) for trial in trials]),
            joined([mine for mine, _ in left]), joined([others for _, others in left])], trials


def what_is_left(trial):
    """When the time of scratch files is over."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: trial.left() == ["-", "-"], 3 * EXPIRE, "nothing is left")
    return " ".join(sorted({fate(trial), *trial.left()} - {"-"}))


@pytest.mark.limit(LIMIT)
@pytest.mark.parametrize("office", [f"[scratch]\nexpire = {EXPIRE}\nexpire_backup = {EXPIRE}\n"],
                         ids=["expiring"], indirect=True)
def test_a_tool_that_is_killed_changes_nothing_and_leaves_nothing(office, capsys):
    found, trials = {}, {}
    for tool in chosen():
        found[tool.name], trials[tool.name] = killed(office, tool)
    disk = office.disk.finish()
    home = pwd.getpwnam(office.alice).pw_dir
    for name, cells in found.items():
        cells.append(joined([what_is_left(trial) for trial in trials[name]]))
        cells.append(on_disk(disk, [trial.number for trial in trials[name]], home))
    compare(found, KILLED, capsys)


# By somebody who may read only

FORBIDDEN = """
tool                        | value                | mine           | others | reader | history | disk
bash: echo >                | kept 1 denied        | -              | -      | old    | +0      | -
dash: echo >                | kept 2 denied        | -              | -      | old    | +0      | -
bash: printf >>             | kept 1 denied        | -              | -      | old    | +0      | -
dash: printf >>             | kept 2 denied        | -              | -      | old    | +0      | -
tee                         | kept 1 denied        | -              | -      | old    | +0      | -
cp                          | kept 1 denied        | -              | -      | old    | +0      | -
cp -p                       | kept 1 denied        | -              | -      | old    | +0      | -
cp -a                       | kept 1 denied        | -              | -      | old    | +0      | -
cp --remove-destination     | kept 1 denied        | -              | -      | old    | +0      | -
mv from tmpfs               | kept 1 denied        | -              | -      | old    | +0      | -
mv inside                   | kept 1 denied        | FIELD.tmp      | -      | old    | +0      | -
install -m 600              | kept 1 denied        | -              | -      | old    | +0      | -
dd                          | kept 1 denied        | -              | -      | old    | +0      | -
truncate -s 0               | kept 1 denied        | -              | -      | old    | +0      | -
sed -i                      | kept 4 denied        | -              | -      | old    | +0      | -
perl -pi                    | kept 13 denied       | -              | -      | old    | +0      | -
ed                          | kept 1 denied        | -              | -      | old    | +0      | /tmp, no name
vim                         | kept 0 E212          | -              | -      | old    | +0      | ~/.viminfo
vim: nobackup nowritebackup | kept 0 E212          | -              | -      | old    | +0      | ~/.viminfo
vim: backupcopy=yes         | kept 0 E212          | -              | -      | old    | +0      | ~/.viminfo
nano                        | kept 0 denied        | -              | -      | old    | +0      | -
emacs -nw                   | kept 0 not permitted | #FIELD# FIELD~ | -      | old    | +0      | -
rsync -a                    | kept 23 denied       | -              | -      | old    | +0      | -
rsync --inplace -a          | kept 23 denied       | -              | -      | old    | +0      | -
git config -f               | kept 4 denied        | -              | -      | old    | +0      | -
python: crudini             | kept 1 denied        | -              | -      | old    | +0      | -
python: with open           | kept 1 denied        | -              | -      | old    | +0      | -
python: open, no close      | kept 1 denied        | -              | -      | old    | +0      | -
python: os.replace          | kept 1 denied        | tmp????????    | -      | old    | +0      | -
node: writeFileSync         | kept 1 denied        | -              | -      | old    | +0      | -
jq and mv                   | kept 1 denied        | FIELD.tmp      | -      | old    | +0      | -
jq and sponge               | kept 1 denied        | -              | -      | old    | +0      | /tmp/sponge.??????
"""


@pytest.mark.limit(LIMIT)
def test_who_may_only_read_changes_nothing_and_leaves_nothing_on_the_disk(office, capsys):
    found, numbers = {}, {}
    for tool in chosen():
        trial = office.trial(tool, tool.good or "line", user=office.carol)
        account = os.path.basename(trial.account)
        os.symlink(f"../../{account}", office.mount.path("orgs/acme/projects/etl", account))
        if tool.drive:  # rsync would not follow a link that is another's
            trial.path = office.mount.path("orgs/acme/projects/etl", account, trial.subject.field)
        trial.tool = dataclasses.replace(tool, drive=BY_FORCE.get(tool.drive))
        trial.run()
        mine, others = trial.left()
        word = "kept" if trial.value() == trial.old else f"WRONG {trial.value()!r}"
        found[tool.name] = [f"{word} {trial.status} {trial.says()}", mine, others,
                            trial.reader(trial.value()), f"+{trial.history()}"]
        numbers[tool.name] = [trial.number]
    disk = office.disk.finish()
    home = pwd.getpwnam(office.carol).pw_dir
    for name, cells in found.items():
        cells.append(on_disk(disk, numbers[name], home))
    compare(found, FORBIDDEN, capsys)
