"""A worker's next kernel starts beside the chapter that runs, and is given only if it is what was asked for."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from allrise.packs import warm
from allrise.packs.ahead import KernelsAhead

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

OWN = warm.chapter_variables(threads=False)


@pytest.fixture
def kernels(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("ALLRISE_KERNELS", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ahead = KernelsAhead()
    yield ahead
    ahead.close()
    assert not list(tmp_path.glob("k*")), "a kernel's folder was left"


def _waiting(kernels):
    """Return the kernel that is ahead, once it stands."""
    return kernels._next.kernel.result(60)


def test_the_next_kernel_stands_before_it_is_asked_for(kernels):
    with kernels(OWN) as first:
        ahead = _waiting(kernels)
        assert ahead.lives
        assert ahead.pid != first.pid
    with kernels(OWN) as second:
        assert second is ahead
        assert second.room != first.room
    kernels.close()
    assert not first.lives
    assert not second.lives


def test_a_kernel_that_ended_while_it_waited_is_not_given(kernels):
    with kernels(OWN):
        ahead = _waiting(kernels)
    os.killpg(ahead.pid, signal.SIGKILL)
    ahead.manager.provisioner.process.wait(10)
    with kernels(OWN) as fresh:
        assert fresh is not ahead
        assert fresh.lives


def test_a_kernel_with_other_variables_is_not_given(kernels):
    with kernels(OWN):
        ahead = _waiting(kernels)
    with kernels({**OWN, "ALLRISE_OF_A_TEST": "1"}) as other:
        assert other is not ahead
        assert not ahead.lives
        assert other.environment["ALLRISE_OF_A_TEST"] == "1"


def test_what_stood_in_the_way_of_a_start_ahead_is_told_where_a_kernel_is_asked_for(kernels, monkeypatch):
    def refused(_kernel):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("allrise.packs.ahead._Cleared.start", refused)
    kernel = kernels(OWN)
    assert kernels._next.kernel.exception(10) is not None
    with pytest.raises(OSError, match="No space"), kernel:
        pass


def test_a_start_that_is_no_fork_is_not_made_ahead(kernels, monkeypatch):
    monkeypatch.setenv("ALLRISE_KERNELS", "plain")
    with kernels(OWN) as kernel:
        assert kernels._next is None
        assert psutil.Process(kernel.pid).ppid() == os.getpid()


def test_nothing_is_left_of_a_kernel_that_nobody_asked_for(kernels):
    with kernels(OWN) as first:
        ahead = _waiting(kernels)
    kernels.close()
    for kernel in (first, ahead):
        assert not kernel.lives
        assert not kernel.room.exists()
