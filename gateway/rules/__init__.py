"""Alarm rules: Reading -> Condition (one file per kind) -> Demand -> Watch (states, delays, occurrences) -> Change. Pure, in memory, small.

Decision: what is looked for and what becomes of it are two things. `rule` has what all rules share, `kinds` what is looked for, `watch` the states,
`acts` what people do, `board` all rules together, `section` how a table of `gateway.toml` becomes a rule.
"""

from gateway.rules.acts import Act, Actor, Refused, carried
from gateway.rules.board import act, doubted, outputs_of
from gateway.rules.discovery import condition
from gateway.rules.rule import Condition, Demand, Point, Rule
from gateway.rules.watch import Change, Kept, Watch

__all__ = [
    "Act", "Actor", "Change", "Condition", "Demand", "Kept", "Point", "Refused", "Rule", "Watch", "act", "carried", "condition",
    "doubted", "outputs_of"
]  # fmt: skip
