"""The whole pack in one file, for a memory stick or a mail."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

#: Already compressed: doing it again takes time and saves nothing.
_PACKED = frozenset({".docx", ".pptx", ".xlsx", ".pdf", ".png"})

#: The same files give the same zip, whenever it is made.
_WHEN = (1980, 1, 1, 0, 0, 0)


def zip_folder(folder: Path, target: Path, more: Mapping[str, bytes]) -> None:
    """Write every file under ``folder`` into ``target``, in the order of their names.

    Parameters
    ----------
    target
        The zip file; it may lie in ``folder`` itself and is then left out.
    more
        Further files, by their name in the zip.
    """
    files: dict[str, Path | bytes] = dict(more)
    files |= {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p != target}
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            source = files[name]
            entry = zipfile.ZipInfo(f"{folder.name}/{name}", date_time=_WHEN)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if Path(name).suffix in _PACKED else zipfile.ZIP_DEFLATED
            archive.writestr(entry, source if isinstance(source, bytes) else source.read_bytes())
