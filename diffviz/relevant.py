"""Which fields of an Experiment have an effect on its run.

The rows of all tables say which fields they read (uses). Their union decides alone what is shown, named and compared, and which
fields an Experiment keeps: those that are not read return to their defaults.

The rules are plain data, so that a page can decide the same in the browser (rules_json).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from diffviz.domains import DATASETS, DOMAINS, Domain, domain_of
from diffviz.fields import Condition, Rule, Same, option
from diffviz.inverse.fields import TaskFields
from diffviz.inverse.tasks import ALL_STARTS, CONDITIONS, MEASURED
from diffviz.schedule_fields import ScheduleFields
from diffviz.schedules import READ_FOR, SCHEDULES
from diffviz.spacings import SpacingFields

ALWAYS = ("dataset", "steps", "denoiser", "sampler", "start", "particles", "seed", "device")
ONE_LEVEL = tuple({name: None for domain in DOMAINS.values() for name, row in domain.samplers.items() if row.one_level})
SCHEDULE_FIELDS = ("schedule", "zero_snr", *(name for names in READ_FOR.values() for name in names), "scale_betas")


def offered(domain: Domain, field: str) -> Mapping[str, Any] | None:
    """By name, the rows that a domain offers for a field; None where it offers all that the field allows."""
    return {"dataset": domain.datasets, "sampler": domain.samplers, **domain.offers}.get(field)


def _of_table(field: str, table: Mapping[str, Any], *when: Condition) -> Iterator[Rule]:
    """What the rows of a field's table read, each group of rows that read the same in one rule."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, row in table.items():
        groups.setdefault(row.uses, []).append(name)
    return (Rule(uses, (*when, Condition(field, tuple(names)))) for uses, names in groups.items() if uses)


def _all_rules() -> Iterator[Rule]:
    yield Rule(ALWAYS)
    yield Rule(("schedule", "sampler_steps"), (Condition("sampler", ONE_LEVEL, among=False),))  # of a chain fewer steps are fewer
    for domain in DOMAINS.values():
        of_these = Condition("dataset", tuple(domain.datasets))
        if domain.uses:
            yield Rule(domain.uses, (of_these,))
        yield from _of_table("sampler", domain.samplers, of_these)
        yield from _of_table("start", offered(domain, "start") or ALL_STARTS, of_these)
    for field, table in {"dataset": DATASETS, "schedule": SCHEDULES, "measurement": MEASURED}.items():
        yield from _of_table(field, table)
    yield from _of_table("condition", CONDITIONS)
    yield from ScheduleFields.rules
    yield from SpacingFields.rules
    yield from TaskFields.rules
    for domain in DOMAINS.values():
        yield from domain.rules


RULES = tuple(_all_rules())


def relevant(e: Any) -> frozenset[str]:
    """The names of the fields that have an effect on the run's path or on what is measured of it; others could have any value.

    e: an Experiment, or its fields' values as attributes, which may be half typed. device counts: another one rounds otherwise.
    """
    names: set[str] = set()
    for rule in RULES:
        if all(condition.field in names and condition.holds(e) for condition in rule.when):
            names.update(rule.uses)
    return frozenset(names)


def rules_json(rules: Iterable[Rule] = RULES) -> list[dict[str, Any]]:
    """Rules as JSON, here RULES: [{"when": [[field, [values], among]], "uses": [fields]}].

    Start with no field and go through the list once, in order. Where for every [field, values, among] of a rule the field has
    been added already and its value is among the values (or, if among is false, is none of them), add all that it uses. A value
    {"field": name} stands for that field's value.
    """

    def plain(value: Any) -> Any:
        return {"field": value.field} if isinstance(value, Same) else value

    return [
        {"when": [[field, [plain(value) for value in values], among] for field, values, among in rule.when], "uses": [*rule.uses]}
        for rule in rules
    ]


def possible(domain: Domain) -> frozenset[str]:
    """The fields that some run of a domain reads."""
    names: set[str] = set()

    def may_hold(condition: Condition) -> bool:
        if condition.field not in names:
            return False
        rows = domain.datasets if condition.field == "dataset" else offered(domain, condition.field)
        return rows is None or not condition.among or not set(condition.values).isdisjoint(rows)

    for rule in RULES:
        if all(map(may_hold, rule.when)):
            names.update(rule.uses)
    return frozenset(names)


def refused(e: Any, names: frozenset[str]) -> tuple[str, str] | None:
    """(field, what is allowed) of the first of the named fields whose value the data do not offer."""
    domain = domain_of(e.dataset)
    for field in ("sampler", *domain.offers):
        rows = offered(domain, field)
        if field in names and getattr(e, field) not in rows:
            allowed, given = option(field, *rows), option(field, getattr(e, field))
            return field, f"must be one of {allowed} for {option('dataset', e.dataset)}, not {given}."
    return None
