"""What the facilitator puts on the stage beside the room's answers: passed from the console's page to the stage's.

Both pages' kernels run on the facilitator's machine; a small file that only its user can read joins them. It holds
nothing that anyone said.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_cache_path

from allrise.apps.gallery import PICTURES
from allrise.whole import write_whole


@dataclass(frozen=True, slots=True)
class Scene:
    """Evidence beside the answers (a name of ``gallery.PICTURES`` or blank), of a cluster; and how results are seen."""

    evidence: str = ""
    cluster_id: str = ""
    view: str = "room"


def read_scene(code: str) -> Scene:
    """Return the session's scene as it was set last; the plain one when nothing can be read."""
    try:
        value = json.loads(_path(code).read_text("utf-8"))
        scene = Scene(str(value["evidence"]), str(value["cluster_id"])[:80], str(value["view"])[:20])
    except (OSError, ValueError, KeyError, TypeError):
        return Scene()
    return scene if scene.evidence in PICTURES or not scene.evidence else Scene(view=scene.view)


def set_scene(code: str, scene: Scene) -> None:
    """Set the session's scene; a folder that cannot be written leaves the stage as it is."""
    path = _path(code)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, json.dumps(asdict(scene)), private=True)


def _path(code: str) -> Path:
    return user_cache_path("allrise", appauthor=False) / "scenes" / f"{code or 'none'}.json"
