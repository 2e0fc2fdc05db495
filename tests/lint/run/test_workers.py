"""Tools run as modules in children of a warm process in a sandbox. The tool here runs what it is told."""

from __future__ import annotations

import os
import threading
import venv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.lint.run.workers import KEPT, WORKER, WorkerPlace, WorkerRequest, Workers
from seatrial.lint.tools.tool import Output
from seatrial.system.sandbox import Kernel, Sandbox, View
from support.confined import needs_namespaces


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the tool."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True)
    site = next(place.glob("lib/python*/site-packages"))
    (site / "obedient.py").write_text("import sys\nexec(sys.argv[1])\n")
    return place


@pytest.fixture
def python(environment: Path, tmp_path: Path) -> WorkerPlace:
    """The place of a worker in that environment, which may write one folder."""
    python = environment / "bin" / "python"
    prefix = Path(os.path.realpath(python)).parent.parent
    view = View((environment, prefix, WORKER), writable=(tmp_path,))
    return WorkerPlace(python, view, (("HOME", "/nowhere"),))


@pytest.fixture(params=["namespaces", "limits"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    if request.param == "namespaces":
        needs_namespaces()
    workers = Workers(Sandbox() if request.param == "namespaces" else Sandbox(Kernel))
    yield workers
    workers.close()


def program(statement: str, **more: object) -> WorkerRequest:
    request = WorkerRequest("obedient", (statement,), "/")
    return replace(request, **more)  # type: ignore[arg-type]


def test_what_it_writes_and_its_status_come_back(workers: Workers, python: WorkerPlace) -> None:
    said = workers.ask(
        python, program("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    )
    assert (said.status, said.out, said.err) == (3, "out\n", "err\n")
    assert said.seconds > 0


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit('in words')", 1),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import os; os._exit(7)", 7),
        ("1 / 0", 1),
    ],
)
def test_each_way_to_end_has_the_status_that_python_gives_it(
    workers: Workers, python: WorkerPlace, statement: str, status: int
) -> None:
    assert workers.ask(python, program(statement)).status == status


def test_a_module_that_is_not_there_ends_with_1_and_says_so(workers: Workers, python: WorkerPlace) -> None:
    said = workers.ask(python, WorkerRequest("no_such_tool", (), "/"))
    assert said.status == 1
    assert "No module named no_such_tool" in said.err


def test_a_folder_that_is_not_there_is_no_verdict(workers: Workers, python: WorkerPlace) -> None:
    assert workers.ask(python, program("pass", cwd="/no/such/folder")).status == 70


def test_a_tool_sees_only_the_environment_it_is_given(workers: Workers, python: WorkerPlace) -> None:
    said = workers.ask(python, program("import os; print(sorted({*os.environ} - {'LC_CTYPE', 'PWD'}))"))
    assert said.out.splitlines()[0] == "['HOME']"


def test_nothing_of_one_call_is_seen_by_the_next(workers: Workers, python: WorkerPlace) -> None:
    workers.ask(
        python, program("import json; json.x = 1; import os; os.chdir('/tmp'); os.environ['A'] = 'b'")
    )
    said = workers.ask(
        python, program("import json, os; print(hasattr(json, 'x'), os.getcwd(), 'A' in os.environ)")
    )
    assert said.out.splitlines()[0] == "False / False"


def test_a_module_beside_the_files_does_not_stand_in_for_a_tool(
    workers: Workers, python: WorkerPlace, tmp_path: Path
) -> None:
    (tmp_path / "obedient.py").write_text("raise SystemExit('hostile')")
    assert workers.ask(python, program("print('genuine')", cwd=str(tmp_path))).out.startswith("genuine")


def test_it_reads_nothing_from_the_terminal(workers: Workers, python: WorkerPlace) -> None:
    assert workers.ask(python, program("import sys; print(repr(sys.stdin.read()))")).out.startswith("''")


def test_a_tool_that_does_not_end_is_ended(workers: Workers, python: WorkerPlace) -> None:
    said = workers.ask(python, program("while True: pass", seconds=1))
    assert said.status == -14
    assert workers.ask(python, program("print('next')")).out.startswith("next")


def test_a_flood_of_words_is_cut(workers: Workers, python: WorkerPlace) -> None:
    said = workers.ask(python, program("for _ in range(40): print('x' * 1024 * 1024)"))
    assert len(said.out) == 32 * 1024 * 1024


def test_two_that_hold_the_same_lock_run_one_after_the_other(
    workers: Workers, python: WorkerPlace, tmp_path: Path
) -> None:
    mark, lock = tmp_path / "mark", tmp_path / "lock"
    statement = (
        f"import os, time; assert not os.path.exists({str(mark)!r}); open({str(mark)!r}, 'x'); "
        f"time.sleep(0.3); os.unlink({str(mark)!r})"
    )
    said: list[Output] = []
    request = program(statement, lock=str(lock))
    threads = [threading.Thread(target=lambda: said.append(workers.ask(python, request))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.status for one in said] == [0, 0, 0], said


def test_a_worker_that_is_killed_is_an_error_and_the_next_call_gets_another(
    workers: Workers, python: WorkerPlace
) -> None:
    with pytest.raises(ServiceError, match="ended without an answer"):
        workers.ask(python, program("import os; os.kill(os.getppid(), 9)"))
    assert workers.ask(python, program("print('again')")).out.startswith("again")


def test_an_interpreter_that_is_not_there_is_an_error(workers: Workers, python: WorkerPlace) -> None:
    with pytest.raises(ServiceError, match="/no/such/python ended without an answer"):
        workers.ask(replace(python, python=Path("/no/such/python")), program("pass"))


def test_no_more_than_a_few_workers_wait(workers: Workers, python: WorkerPlace) -> None:
    for number in range(KEPT + 3):
        workers.ask(replace(python, environ=(("NUMBER", str(number)),)), program("pass"))
    assert len(workers._all) == KEPT


def test_closing_ends_what_is_at_work(workers: Workers, python: WorkerPlace) -> None:
    failures: list[ServiceError] = []

    def ask() -> None:
        try:
            workers.ask(python, program("import time; time.sleep(60)"))
        except ServiceError as failure:
            failures.append(failure)

    thread = threading.Thread(target=ask)
    thread.start()
    while not workers._all:
        os.sched_yield()
    workers.close()
    thread.join(10)
    assert failures
    with pytest.raises(ServiceError, match="the run was ended"):
        workers.ask(python, program("pass"))
