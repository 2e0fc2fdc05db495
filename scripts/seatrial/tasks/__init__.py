"""The doors: one task, one verb. `ns` is the namespace of the console script and of `invoke`."""

from invoke import Collection

from seatrial.tasks import check, explain, fix, intents, lint, new, release_check, validate
from seatrial.tasks import release as releasing

release = Collection("release")
release.add_task(releasing.release, default=True)
release.add_task(intents.intent)
release.add_task(intents.bump)
release.add_task(release_check.check)
release.add_task(releasing.status)
release.add_task(releasing.yank)

ns = Collection(
    lint.lint,
    validate.validate,
    validate.validate_spec,
    validate.check_layout,
    validate.check_version,
    check.check,
    fix.fix,
    new.new,
    explain.explain,
    explain.rules,
    release,
)

__all__ = ["ns"]
