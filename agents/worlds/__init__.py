"""Our worlds, by name: `two-rooms`, or with options `two-rooms:random:tv`; or any Gymnasium id."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

import gymnasium as gym

from agents.errors import AgentError

if TYPE_CHECKING:
    from agents.worlds.base import World

WORLDS = {
    "two-rooms": "a dot, two rooms, one door; the goal is always in the other room",
    "push-block": "a round agent pushes a block to its goal, where it must stay",
    "peekaboo": "a ball flies behind screens; a slow paddle must be where it comes out",
    "key-door": "a grid with a key, a locked door and a goal; the key is out of sight once carried",
    "supply-chain": "three stages, seasons and storms: goods must be at hand before they are asked for",
}

LEGENDS = {
    "two-rooms": "Orange: the dot that acts. The gap in the wall is the door.",
    "push-block": "Orange: the agent. Blue: the block.",
    "peekaboo": "The disc is the ball, the dark columns are screens, the small bar at the right is the paddle.",
    "key-door": "Red: the agent. The key opens the brown door; green is the goal.",
    "supply-chain": "The port is on the left, the customers on the right. Blue: stock. Orange: on its way. Grey: just asked "
    "for. Red below the ground: customers who wait. The lamp is red while the port is closed; the higher the sun, the more "
    "will be asked for; a dark sky is wind.",
}
"""What the picture of a world shows, for who sees it for the first time."""

_CLASSES = {
    "two-rooms": ("agents.worlds.two_rooms", "TwoRooms"),
    "push-block": ("agents.worlds.push_block", "PushBlock"),
    "peekaboo": ("agents.worlds.peekaboo", "Peekaboo"),
    "key-door": ("agents.worlds.key_door", "KeyDoor"),
    "supply-chain": ("agents.worlds.supply_chain", "SupplyChain"),
}
"""World -> its module, imported when it is asked for, and its class; `orrery/<class>-v0` is its Gymnasium id."""

OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "two-rooms": {
        "layout": ("fixed", "random"),
        "background": ("plain", "tv", "noise", "static"),
        "change": ("door-moved", "no-wall", "second-door", "blue-dot", "big-dot"),
    },
    "supply-chain": {"chain": ("storms", "serial", "single", "newsvendor")},
}
"""World -> the parts of it that have options, and their names. The first of layout and background is the default."""

_GYMNASIUM = re.compile(r"^gym:|/|-v\d+(:pixels)?$")


def make_world(name: str) -> World:
    """The world of that name. Raises AgentError naming the worlds, or the options, that exist.

    A name with a version, a slash or `gym:` before it is a Gymnasium id: `CartPole-v1`, `ALE/Pong-v5`, and
    `package:Id-v0` where a package must be imported first. `:pixels` after it asks for frames of any of them.
    """
    base, *options = name.split(":")
    if _GYMNASIUM.search(name):
        from agents.worlds.gymnasium import GymnasiumWorld

        env_id = name.removeprefix("gym:").removesuffix(":pixels")
        return GymnasiumWorld(env_id, pixels=name.endswith(":pixels"))
    if base not in WORLDS:
        raise AgentError(
            f"unknown world {name!r}; the worlds are: {', '.join(WORLDS)}, or a Gymnasium id such as CartPole-v1"
        )
    chosen: dict[str, str] = {}
    for option in options:
        part = next((part for part, names in OPTIONS.get(base, {}).items() if option in names), None)
        if part is None or part in chosen:
            have = "; ".join(f"{part} {', '.join(names)}" for part, names in OPTIONS.get(base, {}).items())
            wrong = f"two options for its {part}" if part else f"no option {option!r}"
            raise AgentError(f"the world {base!r} has {wrong}; its options are: {have or 'none'}")
        chosen[part] = option
    module, class_name = _CLASSES[base]
    return getattr(import_module(module), class_name)(**chosen)


for _name, (_, _class) in _CLASSES.items():
    gym.register(
        f"orrery/{_class}-v0",
        entry_point="agents.worlds.env:WorldEnv",
        vector_entry_point="agents.worlds.env:WorldVectorEnv",
        kwargs={"world": _name},
    )
