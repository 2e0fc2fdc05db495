"""Code that bad examples of the family COD add to the good folder: an executor of an action, a webhook processor."""

from __future__ import annotations

from seatrial.core.model import MemoryFolder
from seatrial.core.rules import Edited
from seatrial.validate.rules.shared import replaced

SPEC = ".port/spec.yaml"
_ACTION = (
    "actionsProcessingEnabled: true\nactions:\n  - name: close_task\n    inputs:\n"
    "      - name: taskId\n        type: string\n        required: true\n        description: The task to close\n"
)
_EXECUTOR = """from port_ocean.core.handlers.actions.abstract_executor import AbstractExecutor
from port_ocean.exceptions.execution_manager import ActionExecutionError


class CloseTaskExecutor(AbstractExecutor):
    ACTION_NAME = "close_task"
    WEBHOOK_PROCESSOR_CLASS = None

    async def execute(self, run):
        if not run.execution_properties.get("taskId"):
            raise ActionExecutionError("taskId is missing")

    async def is_close_to_rate_limit(self, run):
        return False

    async def get_remaining_seconds_until_rate_limit(self, run):
        return 0.0
"""
_LIVE = "saas:\n  enabled: true\n  liveEvents:\n    enabled: true\n"
_PROCESSOR = """from port_ocean.core.handlers.webhook.abstract_webhook_processor import AbstractWebhookProcessor


class TaskProcessor(AbstractWebhookProcessor):
    async def authenticate(self, payload: dict, headers: dict) -> bool:
        return headers.get("x-token") == self.token

    async def validate_payload(self, payload: dict) -> bool:
        return "task" in payload

    async def should_process_event(self, event: object) -> bool:
        return True

    async def get_matching_kinds(self, event: object) -> list[str]:
        return ["task"]

    async def handle_event(self, payload: dict, resource: object) -> object:
        return self.results
"""


def acting(*texts: str) -> Edited:
    """Return the edit that adds an action and its executor, with these texts of the executor's file replaced."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        added = "from actions import CloseTaskExecutor\nfrom client import"
        code = folder.edited("main.py", "from client import", added)
        at = "\n\n@ocean.on_resync(Kind.PROJECT)"
        code = code.edited("main.py", at, f"\nocean.register_action_executor(CloseTaskExecutor())\n{at}")
        held = replaced(SPEC, "saas:\n", _ACTION + "saas:\n")(code).having("actions.py", _EXECUTOR)
        return replaced("actions.py", *texts)(held) if texts else held

    return edit


def listening(path: str = '"/webhook"', *texts: str) -> Edited:
    """Return the edit that adds a webhook processor at this path, with the texts of its file replaced."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        live = replaced(SPEC, "saas:\n  enabled: false\n", _LIVE)(folder)
        imported = "from kinds import Kind\nfrom processor import TaskProcessor\n"
        added = f"{imported}\nocean.add_webhook_processor({path}, TaskProcessor)\n"
        code = live.edited("main.py", "from kinds import Kind\n", added)
        held = code.having("processor.py", _PROCESSOR)
        return replaced("processor.py", *texts)(held) if texts else held

    return edit
