"""Who had passed the place of a step by the time that an edit put it in."""

from collections.abc import Mapping
from datetime import datetime

from funnel.domain.steps import Added, Step


class Passing:
    """Tells it for one person, of each step once: it depends on those above it."""

    def __init__(
        self,
        known: Mapping[int, Step],
        past: Mapping[int, datetime],
        seated_at: datetime,
    ) -> None:
        """Take the steps by id, and when she had those that flow."""
        self.known, self.past, self.seated_at = known, past, seated_at
        self._told: dict[int, bool] = {}

    def tells(self, step: Step) -> bool:
        """Say whether a step was put in above a place that she had passed by then.

        Nobody has passed what stood below a mail that she still waited for, wherever
        the two stand today.
        """
        added = step.added
        if added is None or (not step.is_marketing and self.seated_at > added.at):
            return False  # service steps begin anew with each seat
        if step.id not in self._told:
            self._told[step.id] = self._had_passed(added)
        return self._told[step.id]

    def _had_passed(self, added: Added) -> bool:
        had = {step_id for step_id, at in self.past.items() if at <= added.at}
        return not had.isdisjoint(added.below) and all(
            step_id in had or self._is_no_stop(step_id, added.at)
            for step_id in added.above
        )

    def _is_no_stop(self, step_id: int, moment: datetime) -> bool:
        """Say that she did not wait for a step that she had not had at a moment."""
        step = self.known.get(step_id)
        if step is None or step.timing.is_pinned:
            return True
        if step.added is None:
            return False
        return step.added.at > moment or self.tells(step)
