"""A page takes the last value at once while a fresh one is made."""

import asyncio

import pytest

from allrise.room.server.latest import Latest


def test_the_first_reader_waits_and_later_ones_take_the_last_value():
    loads = []

    async def load(key):
        loads.append(key)
        await asyncio.sleep(0.05)
        return len(loads)

    async def story():
        latest = Latest(load, patience=0.001)
        first = await asyncio.gather(*(latest.get("q") for _ in range(20)))
        second = await latest.get("q")
        await asyncio.sleep(0.08)
        return first, second, await latest.get("q")

    first, second, third = asyncio.run(story())
    assert first == [1] * 20  # twenty readers, one load
    assert second == 1
    assert third == 2


def test_a_value_that_is_no_longer_recent_is_not_shown_when_a_fresh_one_comes():
    async def story():
        values = iter("ab")

        async def load(_key):
            await asyncio.sleep(0.03)
            return next(values)

        latest = Latest(load, patience=0.001, recent=0.05)
        first = await latest.get("q")
        await asyncio.sleep(0.1)
        return first, await latest.get("q")

    assert asyncio.run(story()) == ("a", "b")


def test_a_failed_load_leaves_the_last_value_and_the_first_reader_is_told():
    async def load(_key):
        if load.fails:
            raise OSError("gone")
        return "good"

    async def story():
        latest = Latest(load)
        load.fails = True
        with pytest.raises(OSError, match="gone"):
            await latest.get("q")
        load.fails = False
        assert await latest.get("q") == "good"
        load.fails = True
        assert await latest.get("q") == "good"

    asyncio.run(story())
