from pathlib import Path

from port_ocean.core.defaults.common import (
    Defaults,
    get_port_integration_defaults,
)
from port_ocean.utils.misc import get_spec_file

from integration import PilotLogPortAppConfig
from kinds import Kind

FOLDER = Path(__file__).parent.parent


def defaults() -> Defaults:
    found = get_port_integration_defaults(
        PilotLogPortAppConfig,
        base_path=FOLDER,
    )
    assert found is not None
    return found


def test_the_default_mapping_knows_every_kind() -> None:
    kinds = [resource.kind for resource in defaults().port_app_config.resources]

    assert kinds == list(Kind)


def test_every_mapped_blueprint_is_delivered() -> None:
    delivered = {blueprint["identifier"] for blueprint in defaults().blueprints}
    resources = defaults().port_app_config.resources
    mapped = {found.port.entity.mappings.blueprint.strip('"') for found in resources}

    assert mapped == delivered


def test_the_spec_names_every_kind() -> None:
    spec = get_spec_file(FOLDER)
    assert spec is not None

    kinds = [found["kind"] for found in spec["features"][0]["resources"]]

    assert kinds == list(Kind)
