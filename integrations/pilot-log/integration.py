from typing import Literal

from port_ocean.core.handlers.port_app_config.api import APIPortAppConfig
from port_ocean.core.handlers.port_app_config.models import (
    PortAppConfig,
    ResourceConfig,
    Selector,
)
from port_ocean.core.integrations.base import BaseIntegration
from pydantic.v1 import Field

from kinds import Kind


class VoyageSelector(Selector):
    include_archived: bool = Field(
        alias="includeArchived",
        default=False,
        title="Include archived",
        description="Whether archived objects are exported too.",
    )


class VoyageResourceConfig(ResourceConfig):
    kind: Literal[Kind.VOYAGE] = Field(
        title="Voyage",
        description="Each voyage of the service.",
    )
    selector: VoyageSelector = Field(
        title="Voyage selector",
        description="Which objects of this kind to export.",
    )


class LogEntrySelector(Selector):
    state: Literal["open", "closed", "all"] = Field(
        default="open",
        title="State",
        description="Only objects in this state are exported.",
    )


class LogEntryResourceConfig(ResourceConfig):
    kind: Literal[Kind.LOG_ENTRY] = Field(
        title="Log entry",
        description="Each log entry of the service.",
    )
    selector: LogEntrySelector = Field(
        title="Log entry selector",
        description="Which objects of this kind to export.",
    )


AnyResource = VoyageResourceConfig | LogEntryResourceConfig


class PilotLogPortAppConfig(PortAppConfig):
    resources: list[AnyResource] = Field(  # type: ignore[assignment]
        default_factory=list,
        title="Resources",
        description="What to export, and how it becomes entities.",
    )


class PilotLogIntegration(BaseIntegration):
    class AppConfigHandlerClass(APIPortAppConfig):
        CONFIG_CLASS = PilotLogPortAppConfig
