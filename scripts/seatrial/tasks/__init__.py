"""The doors: one task, one verb. `ns` is the namespace of the console script and of `invoke`."""

from invoke import Collection

from seatrial.tasks import (
    checking,
    fixing,
    intents,
    judging,
    linting,
    making,
    reference,
    releasecheck,
    releasing,
)

release = Collection("release")
release.add_task(releasing.release, default=True)
release.add_task(intents.intent)
release.add_task(intents.bump)
release.add_task(releasecheck.check)
release.add_task(releasing.status)
release.add_task(releasing.yank)

ns = Collection(
    linting.lint,
    judging.validate,
    judging.validate_spec,
    judging.check_layout,
    judging.check_version,
    checking.check,
    fixing.fix,
    making.new,
    reference.explain,
    reference.rules,
    release,
)

__all__ = ["ns"]
