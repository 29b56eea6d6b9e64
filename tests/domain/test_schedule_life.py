"""A sequence that lives: edits, pauses, moved dates and long nights, in any order.

Each example is one person on her way while things happen around her; the scan is
played as it is: planned again at each moment that falls due, and written down.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from ten_mails import MARKETING, SERVICE, step

from funnel.domain import timing
from funnel.domain.rules import Hold, Hours
from funnel.domain.schedule import (
    Added,
    Facts,
    Handled,
    Pause,
    Planned,
    Rules,
    Step,
    Track,
    plan,
)
from funnel.domain.status import How, Kind, Purpose, Reason

FAIR = settings(max_examples=80)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = (
    "Europe/Amsterdam",
    "America/Santiago",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Europe/Kiev",
)
BEGINS = (
    "2026-10-23 07:00",
    "2027-03-26 07:00",
    "2026-09-04 16:00",
    "2026-04-22 05:00",
)
FLOWING = ("at once", "3 hours", "0 days at 15:00", "1 day at 08:30", "2 days at 00:30")
PINNED = (
    "start - 24 hours",
    "start - 1 hour",
    "end + 2 hours",
    "start + 2 days at 10:00",
)
RULES = Rules(
    hour=time(12),
    quiet=Hours(time(22), time(7)),
    window=Hours(time(9), time(19)),
    hold=Hold(DAY, 2 * DAY),
)


@dataclass
class Life:
    """What the rows would hold: the list, the facts, and what was written down."""

    steps: list[Step]
    facts: Facts
    now: datetime
    paused_at: datetime | None = None
    done: list[Planned] = field(default_factory=list)
    zones: dict[int, str] = field(default_factory=dict)  # of each mail, when planned
    passed: set[int] = field(default_factory=set)  # put in behind her

    def planned(self) -> list[Planned]:
        return plan(Track(self.steps, RULES), self.facts, self.now)

    def scan(self) -> None:
        """Handle what is due, unless the sequence stands still."""
        while self.paused_at is None:
            due = [item for item in self.planned() if item.at <= self.now]
            if not due:
                return
            for item in due:
                assert item.step.id not in self.facts.handled, "no step twice"
                assert not self._left_above(item.step), "no step before its turn"
                self.done.append(item)
                self.zones[item.step.id] = self.facts.zone
                sent = item.skip is None
                row = Handled(item.at, sent, final=True, reason=item.skip)
                self.facts = replace(
                    self.facts, handled={**self.facts.handled, item.step.id: row}
                )

    def _left_above(self, one: Step) -> list[Step]:
        """Return the flowing steps above a flowing one that should have gone first.

        One that was put in later does not count: she may have passed its place.
        """
        if one.timing.is_pinned:
            return []
        above = self.steps[: self.steps.index(one)]
        return [
            step
            for step in above
            if not (step.timing.is_pinned or step.is_deleted or step.added)
            and step.id not in self.facts.handled
        ]

    def live(self, span: timedelta) -> None:
        """Let time pass, moment by moment as the scan is woken."""
        until = self.now + span
        while self.paused_at is None and (ahead := self.planned()):
            if (first := max(self.now, ahead[0].at)) > until:
                break
            self.now = first
            self.scan()
        self.now = until

    def jump(self, span: timedelta) -> None:
        """Let time pass while nobody works, and look once."""
        self.now += span
        self.scan()

    def pause(self, span: timedelta, how: How) -> None:
        since, self.now = self.now, self.now + span
        pauses = (*self.facts.pauses, Pause(since, self.now, how))
        self.facts = replace(self.facts, pauses=pauses)
        if how is How.SHIFT:
            self.facts = replace(self.facts, retimed_at=self.now)
        self.scan()

    def add(self, place: int, kind: Kind, when: str) -> None:
        number = max(one.id for one in self.steps) + 1
        at = place % (len(self.steps) + 1)
        alive = [one for one in self.steps[:at] if not one.is_deleted]
        above, below = {one.id for one in alive}, {one.id for one in self.steps[at:]}
        had = {
            one.id
            for one in self.steps
            if not one.timing.is_pinned and one.id in self.facts.handled
        }
        left = [one for one in alive if not one.timing.is_pinned]
        added = Added(self.now, frozenset(above), frozenset(below))
        new = replace(step(number, f"s{number}", kind, when), added=added)
        if new.timing.is_pinned or (
            had & below and {one.id for one in left} <= had | self.passed
        ):
            self.passed.add(number)
        self.steps.insert(at, new)
        self._published()

    def drop(self, place: int) -> None:
        at = place % len(self.steps)
        self.steps[at] = replace(self.steps[at], is_deleted=True)
        self._published()

    def move(self, place: int, to: int) -> None:
        moved = self.steps.pop(place % len(self.steps))
        if moved.added and not moved.timing.is_pinned:
            self.passed.discard(moved.id)  # whoever has not had it, gets it
            moved = replace(moved, added=Added(moved.added.at))
        self.steps.insert(to % (len(self.steps) + 1), moved)
        self._published()

    def retime(self, place: int, when: str) -> None:
        at = place % len(self.steps)
        self.steps[at] = replace(self.steps[at], timing=timing.parse(when))
        self._published()

    def move_date(self, span: timedelta) -> None:
        start = (self.facts.start or self.now) + span
        if start > self.now:
            end = start + HOUR
            self.facts = replace(self.facts, start=start, end=end)
            self._published()

    def zone(self, name: str) -> None:
        self.facts = replace(self.facts, zone=name)
        self.scan()

    def _published(self) -> None:
        self.facts = replace(self.facts, retimed_at=self.now)
        self.scan()


Act = Callable[[Life], None]
spans = st.integers(1, 200).map(lambda hours: hours * HOUR)
kinds = st.sampled_from([SERVICE, MARKETING])
places = st.integers(0, 9)
acts: st.SearchStrategy[Act] = st.one_of(
    spans.map(lambda span: lambda life: life.live(span)),
    spans.map(lambda span: lambda life: life.jump(span)),
    st.tuples(spans, st.sampled_from(How)).map(
        lambda args: lambda life: life.pause(*args)
    ),
    st.tuples(places, kinds, st.sampled_from(FLOWING + PINNED)).map(
        lambda args: lambda life: life.add(*args)
    ),
    places.map(lambda place: lambda life: life.drop(place)),
    st.tuples(places, places).map(lambda args: lambda life: life.move(*args)),
    st.tuples(places, st.sampled_from(FLOWING)).map(
        lambda args: (
            lambda life: (
                life.retime(*args)
                if not life.steps[args[0] % len(life.steps)].timing.is_pinned
                else None
            )
        )
    ),
    spans.map(lambda span: lambda life: life.move_date(span - 60 * HOUR)),
    st.sampled_from(ZONES).map(lambda name: lambda life: life.zone(name)),
)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    at = datetime.fromisoformat(draw(st.sampled_from(BEGINS))).replace(tzinfo=UTC)
    at += draw(st.integers(0, 48)) * HOUR
    start = at + draw(st.integers(10, 300)) * HOUR
    rows = st.tuples(kinds, st.sampled_from(FLOWING + FLOWING + PINNED))
    steps = [
        step(number, f"s{number}", *row)
        for number, row in enumerate(draw(st.lists(rows, min_size=1, max_size=7)), 1)
    ]
    facts = Facts(
        confirmed_at=at,
        seated_at=at,
        zone=draw(st.sampled_from(ZONES)),
        start=start,
        end=start + HOUR,
        replay_until=start + 7 * DAY,
        consents=frozenset({Purpose.SERIES}),
    )
    return Life(steps, facts, at)


def lived(life: Life, story: list[Act]) -> Life:
    for act in story:
        act(life)
    life.live(400 * DAY)
    return life


stories = st.lists(acts, max_size=7)


@FAIR
@given(lives(), stories)
def test_everybody_comes_to_an_end_and_no_step_is_handled_twice(
    life: Life, story: list[Act]
) -> None:
    lived(life, story)

    ids = [item.step.id for item in life.done]
    assert len(ids) == len(set(ids))
    assert life.planned() == []  # through: nothing ahead, nothing forgotten
    alive = {one.id for one in life.steps if not one.is_deleted}
    assert alive - life.passed <= set(ids)


@FAIR
@given(lives(), stories)
def test_no_flowing_step_goes_before_one_that_stood_above_it(
    life: Life, story: list[Act]
) -> None:
    lived(life, story)  # which asks at each step whether its turn has come

    flowing = [item.at for item in life.done if not item.step.timing.is_pinned]
    assert flowing == sorted(flowing)


@FAIR
@given(lives(), stories)
def test_nothing_that_is_sent_lies_outside_its_window_or_in_the_night(
    life: Life, story: list[Act]
) -> None:
    lived(life, story)

    for item in life.done:
        if item.skip is not None or item.step.is_loud:
            continue
        zone = ZoneInfo(life.zones[item.step.id])
        clock = item.at.astimezone(zone).time()
        assert not (RULES.quiet and RULES.quiet.holds(clock))
        if item.step.is_marketing and RULES.window:
            assert RULES.window.holds(clock)


@FAIR
@given(lives(), stories)
def test_nothing_leaves_later_than_its_kind_allows(
    life: Life, story: list[Act]
) -> None:
    lived(life, story)

    for item in life.done:
        assert item.skip or item.not_after is None or item.at <= item.not_after


@FAIR
@given(lives(), stories, st.lists(spans, max_size=4))
def test_looking_again_in_between_changes_nothing_that_lies_ahead(
    life: Life, story: list[Act], looks: list[timedelta]
) -> None:
    for act in story:
        act(life)
    life.scan()
    ahead = life.planned()

    for span in looks:
        at = life.now + span
        if ahead and at < ahead[0].at:
            assert plan(Track(life.steps, RULES), life.facts, at) == ahead


@FAIR
@given(lives(), spans, spans, st.sampled_from(How))
def test_no_marketing_is_planned_into_a_pause_that_is_over(
    life: Life, before: timedelta, length: timedelta, how: How
) -> None:
    life.live(before)
    since = life.now
    life.pause(length, how)
    life.live(400 * DAY)

    inside = [
        item
        for item in life.done
        if item.step.is_marketing and since < item.at < since + length
    ]
    if how is How.SHIFT:
        assert [item for item in inside if not item.step.timing.is_pinned] == []
    if how is How.SKIP:
        assert {item.skip for item in inside} <= {Reason.STOOD_STILL}
