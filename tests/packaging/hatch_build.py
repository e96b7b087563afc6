"""The files for the system that `make man` has made, in the wheel: pip and pipx install them below
share/. A checkout where nobody made them builds without them."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShareHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        share = Path(self.root, "mlkanban", "share")
        if version == "standard" and share.is_dir():
            build_data["shared_data"][str(share)] = "share"
