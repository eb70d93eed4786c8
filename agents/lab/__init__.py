"""The lab: one file an experiment, each of which settles the toy version of a claim.

`EXPERIMENTS` names them; `agents.lab.run` runs them and reads what is recorded in `results/`.
"""

EXPERIMENTS = {
    "drift": "agents.lab.drift",
    "two-bets": "agents.lab.two_bets",
    "cost-is-the-bottleneck": "agents.lab.cost",
    "planning-harder-hurts": "agents.lab.planning_harder",
    "protocol-dial": "agents.lab.protocol",
    "confident-and-wrong": "agents.lab.confident",
    "two-uncertainties": "agents.lab.uncertainties",
    "permanence": "agents.lab.permanence",
    "collapse": "agents.lab.collapse",
    "readable-latents": "agents.lab.readable",
    "fewer-real-steps": "agents.lab.fewer_steps",
    "imagination-is-cheap": "agents.lab.imagination",
    "slow-features": "agents.lab.slow_features",
    "new-layouts": "agents.lab.new_layouts",
    "domino": "agents.lab.domino",
    "say-or-simulate": "agents.lab.say_or_simulate",
}
"""Experiment -> its module, imported when it is asked for, which holds it as `EXPERIMENT`."""
