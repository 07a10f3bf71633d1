"""The unit under a real systemd, which is booted for it in namespaces of its own."""
import os
import shutil
import subprocess
import tempfile

import pytest

from mounting import BINARY, ENVIRONMENT, PREFIX

HERE = os.path.dirname(os.path.realpath(__file__))
UNIT = os.path.join(HERE, "..", "..", "scripts", "credfs@.service.in")


@pytest.fixture
def area():
    path = tempfile.mkdtemp(prefix=PREFIX, dir="/var/lib")
    yield path
    shutil.rmtree(path)


def test_an_operators_day_with_the_unit(area):
    command = ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup",
               "--kill-child=KILL", "--propagation", "private", HERE + "/boot", area,
               HERE + "/trial", BINARY, UNIT]
    done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)
    with open(area + "/out/said", encoding="utf-8") as file:
        said = file.read()
    steps = said.splitlines()
    assert steps[-1] == "end", (done, said)
    assert [step for step in steps[:-1] if not step.endswith(": ok")] == [], said
    assert len(steps) == 27
