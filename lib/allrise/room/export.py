"""Writing a session's record as a data folder: alone, or into a data folder that is there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.exc import SQLAlchemyError

from allrise.data.dialogue import DIALOGUE_TABLES
from allrise.data.package import (
    About,
    Caveat,
    Descriptor,
    Licence,
    Source,
    read_descriptor,
    write_csv,
    write_descriptor,
    write_folder,
)
from allrise.data.screening import screen
from allrise.data.tables import TABLES
from allrise.errors import AllriseError, InvalidData, UnreadableInput
from allrise.room import keys
from allrise.room.database import Database, translated
from allrise.room.definition import in_language
from allrise.room.plain_text import for_spreadsheet
from allrise.room.reading import read_state
from allrise.room.record import RECORD_TABLES, read_record
from allrise.room.results.disclosure import SmallGroups
from allrise.room.snapshots import SessionState

CAVEATS = (
    "What a room said is what the people in it said: who came chose to come, and nobody was drawn at random.",
    "Answers are one row a person without a name: keep this folder to those who worked with the room. Packs show results.",
)


@dataclass(frozen=True, slots=True)
class Export:
    """What was written, and where."""

    folder: Path
    code: str
    participants: int
    answers: int
    statements: int
    votes: int


def export_session(
    database: Database,
    code: str,
    out: Path,
    *,
    with_data: Path | None = None,
    cluster_id: str = "",
    rules: SmallGroups | None = None,
) -> Export:
    """Write a session's record as a data folder that ``data check`` accepts and ``packs build`` takes.

    Parameters
    ----------
    database
        Where the room is.
    code
        Join code.
    out
        The folder; made when absent. It may be ``with_data`` itself, which then gains the dialogue.
    with_data
        A data folder whose tables are taken along, earlier dialogues included. Without it the folder holds the dialogue
        and the clusters that took part.
    cluster_id
        Cluster whose dialogue it was; blank for a dialogue of all.
    rules
        Small-group rules of the results.

    Raises
    ------
    UnknownCode, Unavailable
        When the session or the database is not there.
    InvalidData
        When ``with_data`` has errors, or the cluster is not in it.
    UnreadableInput
        When ``out`` is a data folder that would be lost.
    """
    _refuse_overwriting(out, with_data, code)
    try:
        with database.reader.connect() as connection, connection.begin():
            state = read_state(connection, code)
            record = read_record(connection, code, rules, cluster_id=cluster_id)
    except SQLAlchemyError as error:
        raise translated(error, database.shown) from error
    title = for_spreadsheet(in_language(state.title, state.languages[0]))
    own = (Source(f"Room {state.code}: {title}", version=str(record["dialogue_sessions"]["held_on"].iloc[0].date())),)
    caveats = tuple(Caveat(text, "dialogue_answers") for text in CAVEATS)
    if with_data is None:
        tables = {**_ground(state, record, cluster_id), **record}
        write_folder(out, tables, About(f"dialogue-{state.code}", title, (_OWN_USE,), own, caveats))
    else:
        _write_into(out, with_data, record, state, own, caveats, cluster_id)
    return Export(
        out,
        state.code,
        *(len(record.get(f"dialogue_{name}", ())) for name in ("participants", "answers", "statements", "votes")),
    )


_OWN_USE = Licence("other-closed", "For those who took part and whom they share it with")


def _write_into(
    out: Path,
    with_data: Path,
    record: Mapping[str, pd.DataFrame],
    state: SessionState,
    sources: tuple[Source, ...],
    caveats: tuple[Caveat, ...],
    cluster_id: str,
) -> None:
    screened = screen(with_data)
    if not screened.usable:
        raise InvalidData(
            f"{with_data} has {screened.count('error')} errors, so the dialogue was not added to it.",
            f"Run `allrise data check {with_data}`, mend what it names, and export again.",
        )
    tables = dict(screened.tables)
    if cluster_id and cluster_id not in set(tables["clusters"]["cluster_id"]):
        raise InvalidData(
            f"{with_data} has no cluster {cluster_id!r}.", "Use the id of a cluster in its clusters table."
        )
    for name in RECORD_TABLES:
        joined = _joined(tables.pop(name, None), record.get(name), state.code)
        if joined is not None:
            tables[name] = joined
    found: Descriptor = screened.descriptor
    earlier = tuple(c for c in found.caveats if c not in caveats)
    about = About(
        found.name,
        found.title,
        found.licences or (_OWN_USE,),
        (*(s for s in found.sources if not s.title.startswith(f"Room {state.code}:")), *sources),
        (*earlier, *caveats),
        description=found.description,
        synthetic=found.synthetic,
        profile=found.profile,
    )
    if out.is_dir() and out.resolve() == with_data.resolve() and _written_by_us(found, tables):
        _add_to(out, tables, about)
    else:
        write_folder(out, tables, about)


def _written_by_us(found: Descriptor, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether every table but the dialogue's is in a file as ``write_folder`` names it."""
    paths = {r.name: r.path for r in found.resources}
    return found.present and all(paths.get(t) == f"{t}.csv" for t in tables if t not in RECORD_TABLES)


def _add_to(out: Path, tables: Mapping[str, pd.DataFrame], about: About) -> None:
    """Write the dialogue's tables and the descriptor; the other tables' files stay as they are, byte for byte."""
    for name in RECORD_TABLES:
        if name in tables:
            write_csv(out / f"{name}.csv", tables[name])
        else:
            (out / f"{name}.csv").unlink(missing_ok=True)
    write_descriptor(out, {t: [str(c) for c in frame.columns] for t, frame in tables.items()}, about)


def _joined(earlier: pd.DataFrame | None, table: pd.DataFrame | None, code: str) -> pd.DataFrame | None:
    """Return earlier dialogues and this one; an earlier export of this one is replaced."""
    if earlier is None:
        return table
    others: Any = earlier[earlier["session_id"] != code]
    parts = [part for part in (others, table) if part is not None and len(part)]
    return pd.concat(parts, ignore_index=True) if parts else None


def _ground(state: SessionState, record: Mapping[str, pd.DataFrame], cluster_id: str) -> dict[str, pd.DataFrame]:
    """Return the tables that every data folder has: the clusters of the session, or the room itself as one."""
    named = [(c["id"], c["name"], c["country"]) for c in state.asks.get("cluster", [])]
    if cluster_id and cluster_id not in {c[0] for c in named}:
        raise InvalidData(
            f"The session has no cluster {cluster_id!r}.", "Name one of its clusters, or use --with DATA."
        )
    if not named:
        people = record.get("dialogue_participants", TABLES["dialogue_participants"].empty())
        said = Counter(c for c in people["country"].dropna() if c)
        country = said.most_common(1)[0][0] if said else next(iter(state.asks.get("country") or ("CA",)))
        named = [(f"room-{state.code}", in_language(state.title, state.languages[0]), country)]
    clusters = pd.DataFrame(
        [{"cluster_id": i, "name": for_spreadsheet(n), "country": c, "kind": "room"} for i, n, c in named]
    )
    return {
        "clusters": clusters,
        "schools": TABLES["schools"].empty(),
        "memberships": TABLES["memberships"].empty(),
    }


def _refuse_overwriting(out: Path, with_data: Path | None, code: str) -> None:
    if with_data is not None and not with_data.is_dir():
        raise UnreadableInput(f"{with_data}: there is no such folder.", "Give --with the path of a data folder.")
    if out.exists() and not out.is_dir():
        raise UnreadableInput(f"{out} is a file.", "Give --out the path of a folder.")
    if not out.is_dir() or (with_data is not None and out.resolve() == with_data.resolve()):
        return
    try:
        found = read_descriptor(out)
        own = found.present and found.name == f"dialogue-{keys.normal_code(code)}".lower()
    except AllriseError:
        own = False
    if not own and any(out.iterdir()):
        raise UnreadableInput(
            f"{out} already holds other data, which would be lost.",
            f"Name another folder, or add the dialogue to it with --with {out} --out {out}.",
        )


__all__ = ["DIALOGUE_TABLES", "Export", "export_session"]
