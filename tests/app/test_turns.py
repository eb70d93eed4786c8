"""First come, first served, and each knows their place."""

from __future__ import annotations

import asyncio

from app.turns import Turns


def test_no_more_at_once_than_allowed_and_in_the_order_they_came(finish):
    async def main():
        turns, inside, most, order = Turns(2), 0, 0, []

        async def one(number):
            nonlocal inside, most
            async with turns.spot() as spot:
                await spot.come()
                inside += 1
                most = max(most, inside)
                order.append(number)
                await asyncio.sleep(0.02)
                inside -= 1

        await asyncio.gather(*(one(i) for i in range(7)))
        return most, order, turns.line

    most, order, left = finish(main())
    assert most == 2
    assert sorted(order[:2]) + order[2:] == sorted(order) or order == sorted(order)
    assert left == []


def test_who_waits_is_told_their_place_until_it_is_their_turn(finish):
    async def main():
        turns, told = Turns(1), []
        async with turns.spot(), turns.spot("second") as second, turns.spot("third") as third:
            assert (turns.place_of("second"), turns.place_of("third"), turns.place_of("none")) == (1, 2, 0)

            async def wait():
                async for place in third.places():
                    told.append(place)

            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0.1)
            turns.line.remove(second)  # gives up
            await asyncio.sleep(0.2)
            assert told == [2, 1]
            turns.line.append(second)
            waiting.cancel()

    finish(main())


def test_whoever_fails_gives_the_spot_up(finish):
    async def main():
        turns = Turns(1)
        for _ in range(2):
            try:
                async with turns.spot() as spot:
                    await spot.come()
                    raise ValueError
            except ValueError:
                pass
        assert turns.line == []

    finish(main())
