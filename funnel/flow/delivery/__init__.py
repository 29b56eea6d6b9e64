"""4. Claimed deliveries are sent, each once: claim, fence, hand over, write down.

    scheduled ─claim→ claimed ─fence→ handed ─250→ sent
        ▲                │              ├─4xx→ scheduled (later; for 72 hours)
        └── any error ───┘              ├─5xx→ failed
           before the dot               └─no answer→ uncertain

Before the final dot nothing can have been delivered, so everything may be tried
again. After it only the relay's answer counts; where there is none, the row says
so, and no machine sends a marketing mail twice.
"""

from funnel.clock import Clock
from funnel.flow.delivery.byhand import NotByHand, arrived, give_up, retry
from funnel.flow.delivery.shift import Drained, Post, Shift

__all__ = ["Drained", "NotByHand", "Post", "arrived", "drain", "give_up", "retry"]


async def drain(post: Post, *, now: Clock, seconds: float) -> Drained:
    """Send what is due until nothing is, or the relay is gone, or the time is up.

    `now` is the domain clock; `seconds` are real. Commits each claim, and fences and
    answers in batches; holds no transaction while it waits for the relay.
    """
    return await Shift(post, now, seconds).work()
