"""A runner of workflows: the jobs' own `run:` steps, in order, in fresh clones, as GitHub's runner calls them.

The steps of known actions are stood in for, and so are `gh`, with a small GitHub behind it, `pipx` and `sudo`.
"""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from support.paths import ROOT, SOURCES
from support.repositories import git

REPOSITORY = "org/fleet"
STATUS = ("always", "failure", "cancelled", "success")

SEATRIAL = f'#!/bin/sh\nPYTHONPATH={SOURCES} exec {sys.executable} -m seatrial "$@"\n'
PIPX = '#!/bin/sh\n[ "$1" = install ] || exit 9\ncp "$STANDINS/seatrial.sh" "$HOME/bin/seatrial"\n'
SUDO = "#!/bin/sh\nexit 0\n"


def evaluate(expression: str, look: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    """The value of an expression of GitHub's language, as far as the workflows use it."""
    words = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False"}

    def translate(found: re.Match[str]) -> str:
        word = found[0]
        if word in words or word.startswith("'"):
            return words.get(word, word)
        return word if word in functions else f"look({word!r})"

    source = re.sub(r"'[^']*'|&&|\|\||!(?!=)|[A-Za-z_][\w.-]*", translate, expression)
    return eval(source, {**functions, "look": lambda path: _at(look, path)})  # the tests' own workflows


def _at(look: Any, path: str) -> Any:
    for part in path.split("."):
        look = look.get(part, "") if isinstance(look, Mapping) else ""
    return "" if look is None else look


@dataclass
class Job:
    """What became of a job: its result, its outputs, and all that its steps printed."""

    result: str = "success"
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    folder: Path = Path()


@dataclass
class Event:
    """What GitHub tells of the event that starts a workflow. `is_fork` makes the token one that may only read."""

    name: str
    sha: str
    ref: str
    payload: dict[str, Any] = field(default_factory=dict)
    is_fork: bool = False

    @property
    def base(self) -> str:
        return str(_at(self.payload, "pull_request.base.ref"))


@dataclass
class Runner:
    """Runs workflows of a repository whose remote is at `origin`, below `place`, with these secrets.

    `environ` is what the machine has besides. Artifacts are kept for each run, by number.
    """

    place: Path
    origin: Path
    environ: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    used: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    runs: int = 100
    started: int = 0
    caches: dict[str, Path] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.standins = self.place / "standins"
        self.standins.mkdir(parents=True)
        (self.standins / "github.json").write_text('{"comments": [], "sarifs": [], "pulls": [], "runs": {}}')
        gh = f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/support/fake_gh.py "$@"\n'
        for name, text in (("pipx", PIPX), ("sudo", SUDO), ("gh", gh), ("seatrial.sh", SEATRIAL)):
            executable(self.standins / name, text)

    @property
    def github(self) -> dict[str, Any]:
        """What the small GitHub holds."""
        found: dict[str, Any] = json.loads((self.standins / "github.json").read_text())
        return found

    def know(self, **more: Any) -> None:
        """Have the small GitHub hold more."""
        (self.standins / "github.json").write_text(json.dumps(self.github | more))

    def artifacts(self, run: int) -> Path:
        return self.place / "artifacts" / str(run)

    def run(self, workflow: Path, event: Event, after: Mapping[str, Job] | None = None) -> dict[str, Job]:
        """Run all jobs, each after those that it needs; those of a matrix in its order.

        With `after`, the run goes on behind these jobs.
        """
        told = yaml.safe_load(workflow.read_text())
        self.runs += after is None
        done = dict(after or {})
        for name, job in told["jobs"].items():
            if name in done:
                continue
            needs = job.get("needs", [])
            needs = {one: done[one] for one in ([needs] if isinstance(needs, str) else needs)}
            done[name] = self._job(told, name, job, needs, event)
        return done

    def _job(self, told: Any, name: str, job: Any, needs: dict[str, Job], event: Event) -> Job:
        went_well = all(one.result == "success" for one in needs.values())
        look: dict[str, Any] = {
            "github": self._github(event, job),
            "needs": {key: {"result": one.result, "outputs": one.outputs} for key, one in needs.items()},
            "secrets": {} if event.is_fork else self.secrets,
            **self.more,
        }
        if not _wanted(job.get("if"), look, went_well):
            return Job("skipped")
        matrix = job.get("strategy", {}).get("matrix")
        rows = _filled(matrix, look, went_well)["include"] if matrix else [{}]
        found = [
            self._instance(
                told, f"{name}-{index}", job, {**look, "matrix": row, "strategy": {"job-index": index}}, event
            )
            for index, row in enumerate(rows)
        ]
        whole = Job(
            "failure" if any(one.result == "failure" for one in found) else "success", folder=found[0].folder
        )
        for one in found:
            whole.log += one.log
            whole.summary += one.summary
            whole.outputs |= one.outputs
        return whole

    def _github(self, event: Event, job: Any) -> dict[str, Any]:
        asked = job.get("permissions", {})
        granted = {key: "read" if event.is_fork else value for key, value in asked.items()}
        return {
            "event": event.payload,
            "event_name": event.name,
            "repository": REPOSITORY,
            "ref": event.ref,
            "ref_name": event.ref.removeprefix("refs/heads/").removeprefix("refs/"),
            "sha": event.sha,
            "run_id": self.runs,
            "actor": "somebody",
            "token": json.dumps(granted),
            "workspace": "",
        }

    def _instance(self, told: Any, name: str, job: Any, look: dict[str, Any], event: Event) -> Job:
        self.started += 1
        made = Job(folder=self.place / "jobs" / f"{self.started}-{name}")
        home, temp, workspace = (made.folder / one for one in ("home", "temp", "work"))
        for one in (home / "bin", temp, workspace):
            one.mkdir(parents=True)
        if (docker := Path(self.environ.get("HOME", "/nowhere")) / ".docker").is_dir():
            shutil.copytree(docker, home / ".docker")
        look["github"]["workspace"] = str(workspace)
        look["steps"] = {}
        base = {
            **self.environ,
            "HOME": str(home),
            "PATH": f"{home}/bin:{self.standins}:{self.environ['PATH']}",
            "STANDINS": str(self.standins),
            "ARTIFACTS": str(self.place / "artifacts"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_BASE_REF": event.base,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_REF": event.ref,
            "GITHUB_REF_NAME": look["github"]["ref_name"],
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_SHA": event.sha,
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(temp),
        }
        (temp / "event.json").write_text(json.dumps(event.payload))
        base["GITHUB_EVENT_PATH"] = str(temp / "event.json")
        for number, step in enumerate(job["steps"]):
            if not _wanted(step.get("if"), look, made.result == "success"):
                continue
            stated = {**told.get("env", {}), **job.get("env", {}), **step.get("env", {})}
            env = base | {key: str(_filled(value, look, True)) for key, value in stated.items()}
            files = {key: temp / f"{key}-{number}" for key in ("OUTPUT", "STEP_SUMMARY", "PATH", "ENV")}
            for key, file in files.items():
                file.touch()
                env[f"GITHUB_{key}"] = str(file)
            went_well = self._step(step, look, env, workspace, made, event)
            made.result = made.result if went_well else "failure"
            made.summary += files["STEP_SUMMARY"].read_text()
            base["PATH"] = ":".join([*files["PATH"].read_text().split(), base["PATH"]])
            if "id" in step:
                look["steps"][step["id"]] = {"outputs": dict(_outputs(files["OUTPUT"].read_text()))}
        made.outputs = {key: str(_filled(one, look, True)) for key, one in job.get("outputs", {}).items()}
        return made

    def _step(
        self, step: Any, look: dict[str, Any], env: dict[str, str], workspace: Path, made: Job, event: Event
    ) -> bool:
        if "uses" in step:
            action = step["uses"].partition("@")[0]
            inputs = {key: _filled(value, look, True) for key, value in step.get("with", {}).items()}
            self.used.append((action, inputs))
            stand_in = getattr(self, "_" + re.sub(r"\W", "_", action), None)
            return stand_in is None or stand_in(inputs, workspace, event) is not False
        script = made.folder / "step.sh"
        script.write_text(_filled(step["run"], look, True))
        done = subprocess.run(
            ["bash", "-e", script],
            cwd=workspace,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        made.log += done.stdout
        return done.returncode == 0

    def _actions_checkout(self, inputs: dict[str, Any], workspace: Path, event: Event) -> None:
        local = event.ref.replace("refs/heads/", "refs/remotes/origin/").replace(
            "refs/pull/", "refs/remotes/pull/"
        )
        git(workspace, "init", "-q")
        address = f"https://github.com/{REPOSITORY}"
        git(workspace, "remote", "add", "origin", address)
        git(workspace, "config", f"url.file://{self.origin}.insteadOf", address)
        if inputs.get("persist-credentials", True):
            credentials = workspace.with_name("temp") / "git-credentials.config"
            header = "http.https://github.com/.extraheader"
            git(workspace, "config", "--file", str(credentials), header, "AUTHORIZATION: basic s3cret")
            git(workspace, "config", f"includeIf.gitdir:{workspace}/.git.path", str(credentials))
        depth = inputs.get("fetch-depth", 1)
        options = [f"--depth={depth}"] if depth else []
        git(workspace, "fetch", "-q", "--no-tags", *options, "origin", f"+{event.sha}:{local}")
        branch = ["-B", event.ref.removeprefix("refs/heads/")] if event.ref.startswith("refs/heads/") else []
        git(workspace, "checkout", "-q", "--force", *branch, local)

    def _actions_upload_artifact(self, inputs: dict[str, Any], workspace: Path, event: Event) -> bool:
        source, target = workspace / inputs["path"], self.artifacts(self.runs) / inputs["name"]
        if not source.exists():
            return inputs.get("if-no-files-found") == "ignore"
        assert not target.exists() or inputs.get("overwrite"), "an artifact cannot be written twice"
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
        else:
            target.mkdir(parents=True)
            shutil.copy(source, target)
        return True

    def _actions_download_artifact(self, inputs: dict[str, Any], workspace: Path, event: Event) -> bool:
        here = self.artifacts(self.runs)
        wanted = inputs.get("name") or inputs["pattern"]
        found = [one for one in sorted(here.glob("*")) if fnmatch(one.name, wanted)]
        for one in found:
            whole = "name" in inputs or inputs.get("merge-multiple")
            into = workspace / inputs["path"] / ("" if whole else one.name)
            shutil.copytree(one, into, dirs_exist_ok=True)
        return bool(found) or "pattern" in inputs

    def _actions_cache_restore(self, inputs: dict[str, Any], workspace: Path, event: Event) -> None:
        for key, kept in reversed(self.caches.items()):
            if key.startswith(inputs["restore-keys"]):
                (workspace / inputs["path"]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(kept, workspace / inputs["path"])
                return

    def _actions_cache_save(self, inputs: dict[str, Any], workspace: Path, event: Event) -> None:
        assert not event.is_fork
        kept = self.place / "caches" / inputs["key"]
        kept.parent.mkdir(parents=True, exist_ok=True)
        self.caches[inputs["key"]] = Path(shutil.copy(workspace / inputs["path"], kept))


def _wanted(condition: str | None, look: Mapping[str, Any], went_well: bool) -> bool:
    """Whether a job or a step runs; where its condition asks for no status, all before it must have gone well."""
    text = str(condition if condition is not None else "success()")
    text = text.removeprefix("${{").removesuffix("}}")
    value = bool(evaluate(text, look, _functions(went_well)))
    return value and (went_well or any(f"{one}()" in text for one in STATUS))


def _functions(went_well: bool) -> dict[str, Any]:
    return {
        "always": lambda: True,
        "success": lambda: went_well,
        "failure": lambda: not went_well,
        "cancelled": lambda: False,
        "fromJSON": json.loads,
        "format": lambda text, *more: text.format(*more),
    }


def _filled(value: Any, look: Mapping[str, Any], went_well: bool) -> Any:
    """A value with its expressions replaced; a whole expression keeps its type."""
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{\{([^}]*)\}\}", value)
    if whole:
        return evaluate(whole[1].strip(), look, _functions(went_well))
    return re.sub(
        r"\$\{\{(.*?)\}\}", lambda one: str(evaluate(one[1].strip(), look, _functions(went_well))), value
    )


def _outputs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, _, value = line.partition("=")
        yield key, value


def executable(path: Path, text: str) -> None:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
