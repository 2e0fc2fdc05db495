"""The doors: one task, one verb. `ns` is the namespace of the console script and of `invoke`."""

from invoke import Collection

from seatrial.tasks import fixing, judging, linting, making, reference

ns = Collection(
    linting.lint,
    judging.validate,
    judging.validate_spec,
    judging.check_layout,
    judging.check_version,
    fixing.fix,
    making.new,
    reference.explain,
    reference.rules,
)

__all__ = ["ns"]
