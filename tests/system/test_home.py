"""The home folder of whoever runs Seatrial, in a container perhaps of nobody."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.handbook.rule_examples import good_folder
from seatrial.system.home import home
from support.paths import SOURCES

NOBODY = """
import pwd, sys
def none(number):
    raise KeyError("uid not found")
pwd.getpwuid = pwd.getpwnam = none
from seatrial.__main__ import main
main()
"""


def test_home_is_what_is_stated_else_what_the_list_of_users_says() -> None:
    listed = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert home({"HOME": "/a"}) == Path("/a")
    assert home({}) == home({"HOME": ""}) == home({"HOME": "a"}) == listed


def test_there_may_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> object:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert home({}) is None


@pytest.mark.parametrize("stated", [None, "relative"])
def test_without_a_home_folder_tasks_work_or_end_in_one_line(tmp_path: Path, stated: str | None) -> None:
    for path in good_folder().paths():
        place = tmp_path / "integrations" / "good-service" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(good_folder().read(path))
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCES),
        **({} if stated is None else {"HOME": stated}),
    }
    for arguments, status in (
        (["validate"], 0),
        (["lint", "--tools", "ruff"], 3),
        (["new", "Other", "--no-lock"], 0),
    ):
        command = [sys.executable, "-c", NOBODY, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        if status:
            assert done.stderr == (
                "seatrial: there is no home folder to keep results in: set HOME, or SEATRIAL_CACHE to a folder "
                "for them\n"
            )
    assert sorted(os.listdir(tmp_path)) == [".gitignore", "integrations"]
