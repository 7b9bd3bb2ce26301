"""A small disk of its own, for what happens when it is full or read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(tmp_path: Path, size: str):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=False).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


class FailingDisk:
    """A disk with a file system of its own that can go read-only under a program that writes, as a worn stick does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.image = folder / "disk", folder / "disk.img"

    def mount(self) -> None:
        if subprocess.run(["mount", "-o", "loop", self.image, self.folder], check=False).returncode:
            pytest.skip("this machine does not let us mount a disk image")

    def fail(self) -> None:
        """Make every write fail from here on, also in files that are open."""
        subprocess.run(["mount", "-o", "remount,abort", self.folder], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.folder], check=True)


@contextmanager
def failing_disk(tmp_path: Path):
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("only root, with mkfs.ext4, can make a disk that fails")
    disk = FailingDisk(tmp_path)
    disk.folder.mkdir()
    with disk.image.open("wb") as out:
        out.truncate(16 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", disk.image], check=True)
    disk.mount()
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk.folder], check=False)


def fill(disk: Path) -> Path:
    """Leave no byte free; deleting the file returned gives the space back."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 4096)
        except OSError:
            pass
    return ballast
