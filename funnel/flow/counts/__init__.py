"""9. Numbers that name nobody: visits, people at each stage, what became of mails.

Rows that are added to in the transaction of their cause, or made anew from what is
there. Reports read them.
"""

from funnel.flow.counts.credit import credit
from funnel.flow.counts.mails import fold
from funnel.flow.counts.sources import source
from funnel.flow.counts.stages import reached
from funnel.flow.counts.visits import Visit, visited

__all__ = ["Visit", "credit", "fold", "reached", "source", "visited"]
