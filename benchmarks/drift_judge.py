"""Ocean's own judges as a filter: folders in, what they object to out. Run by `drift.py`, in a sandbox.

    python drift_judge.py JUDGE CHECKOUT REQUESTS

REQUESTS is a file of JSON, a list of what the judge is asked about; the answer is a list of the same length, of
lists of objections. A judge that raises objects.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CHECKOUT = Path(sys.argv[2])
CLASSES = Path(__file__).parents[1] / "scripts/seatrial/lint/own_code/programs/classes.py"
"""The program that asks the framework what the classes accept."""


def changelog(request: str) -> list[str]:
    """Return what `scripts/validate_changelog.py` says of a folder's changelog."""
    sys.path.insert(0, str(CHECKOUT / "scripts"))
    from validate_changelog import validate_changelog

    path = Path(request, "CHANGELOG.md")
    return [str(one).removeprefix(f"{path}:") for one in validate_changelog(path)]


def poetry(request: str) -> list[str]:
    """Return what `poetry check --lock` says about the lock of a folder, without the seconds that Poetry starts in."""
    from poetry.factory import Factory

    locker = Factory().create_poetry(Path(request), disable_plugins=True, disable_cache=True).locker
    if not locker.is_locked():
        return ["poetry.lock was not found"]
    return (
        [] if locker.is_fresh() else ["pyproject.toml changed significantly since poetry.lock was generated"]
    )


def _release_modules() -> Any:
    sys.path.insert(0, str(CHECKOUT / "scripts" / "ci"))
    from ocean_release import git_context, release_file, validator, version

    return git_context, release_file, validator, version


def version(request: str) -> list[str]:
    """Return what `scripts/ci/ocean_release` says of a folder's version and release intents."""
    _, release_file, _, versions = _release_modules()
    folder = Path(request)
    stated = versions.parse_version((folder / "pyproject.toml").read_text())
    said = list(versions.validate_target_version_label(folder.name, stated))
    intents = [one for one in sorted(folder.glob(".ocean-release/*")) if one.suffix in (".yaml", ".yml")]
    return said + [words for one in intents for words in _of_intent(release_file, one)]


def _of_intent(release_file: Any, path: Path) -> list[str]:
    try:
        release_file.parse_release_file(Path(path.name), path.read_text())
    except ValueError as error:
        return [str(error)]
    return []


def change(request: dict[str, str]) -> list[str]:
    """Return what `scripts/ci/validate_ocean_release.py` says of the work tree `repository` since `base`."""
    git_context, _, validator, _ = _release_modules()
    context = git_context.GitContext(Path(request["repository"]))
    return list(validator.validate(context, base_ref=request["base"], head_ref="HEAD"))


def mapping(request: str) -> list[str]:
    """Return what the framework's model says of a folder's default mapping."""
    import yaml
    from port_ocean.core.handlers.port_app_config.models import PortAppConfig

    PortAppConfig.parse_obj(yaml.safe_load(_one_of(request, "resources/port-app-config").read_text()))
    return []


def configurations(request: str) -> list[str]:
    """Return what the framework says when it makes its settings from the configurations of a folder's spec.

    Older versions make them once in a process, because pydantic refuses a validator of the same name.
    """
    import yaml
    from port_ocean.config.dynamic import default_config_factory

    for name in ("pydantic.class_validators", "pydantic.v1.class_validators"):
        getattr(sys.modules.get(name), "_FUNCS", set()).clear()
    spec = yaml.safe_load(_one_of(request, "spec").read_text())
    default_config_factory(spec.get("configurations") or [])
    return []


def schema(request: str) -> list[str]:
    """Return what the gate `ocean port-app-config schema` says of a folder's classes, and these of the mapping.

    A process of its own imports the integration.
    """
    with TemporaryDirectory() as place:
        answer = Path(place, "answer.json")
        command = [sys.executable, "-W", "ignore", str(CLASSES), str(answer)]
        quiet = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run(command, cwd=request, env=quiet, capture_output=True, check=True, timeout=60)
        found = json.loads(answer.read_text())
    if found["stage"] != "done":
        return [f"{found['stage']}: {found['message']}"[:300]]
    return [f"{'.'.join(map(str, one['keys']))}: {one['message']}"[:300] for one in found["refused"]]


def _one_of(request: str, name: str) -> Path:
    """Return the file of a folder's `.port` with one of the endings that the framework reads."""
    paths = [Path(request, ".port", f"{name}.{ending}") for ending in ("json", "yaml", "yml")]
    return next(path for path in paths if path.is_file())


JUDGES: dict[str, Callable[[Any], list[str]]] = {
    "changelog": changelog,
    "change": change,
    "configurations": configurations,
    "mapping": mapping,
    "poetry": poetry,
    "schema": schema,
    "version": version,
}


def answer(judge: Callable[[Any], list[str]], request: Any) -> list[str]:
    try:
        return judge(request)
    except Exception as error:
        return [f"raised {type(error).__name__}: {error}"[:300]]


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        found = [answer(JUDGES[sys.argv[1]], one) for one in json.loads(Path(sys.argv[3]).read_text())]
    print(json.dumps(found))
