"""How it works in numbers, for Prometheus: read from the rows when it asks."""

import hmac
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from funnel import clock
from funnel.db import db
from funnel.flow import reports
from funnel.flow.reports import Sending, Traffic
from funnel.mail.smtp import State
from funnel.web import funnel, now

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
def show() -> ResponseReturnValue:
    """Answer with every number, to who may know them."""
    _ask_for_the_token()
    session = db.session()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        Numbers(
            reports.sending(session, now=now(), real=clock.real()),
            reports.traffic(session, now=now()),
        )
    )
    text = generate_latest(registry)
    return Response(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Numbers(Collector):
    """One look at the rows, as Prometheus reads it."""

    def __init__(self, sending: Sending, traffic: Traffic) -> None:
        """Keep the look."""
        self.sending, self.traffic = sending, traffic

    def collect(self) -> Iterator[Metric]:
        """Yield each number; times are seconds."""
        yield from self._deliveries()
        yield from self._workers()
        yield from self._traffic()

    def _deliveries(self) -> Iterator[Metric]:
        seen = self.sending
        late = seen.lateness.total_seconds()
        yield _gauge("lateness_seconds", "Wait of the oldest due mail.", late)
        due = {kind.value: count for kind, count in seen.due.items()}
        yield _family("due", "Mails that are due now, by kind.", "kind", due)
        states = {state.value: count for state, count in seen.states.items()}
        help_ = "Mails that are open or in trouble, by state."
        yield _family("deliveries", help_, "state", states)
        replies = dict(self.traffic.replies)
        help_ = "The relay's answers in the last hour, by class."
        yield _family("replies_last_hour", help_, "reply", replies)

    def _workers(self) -> Iterator[Metric]:
        ages = {
            name: (self.sending.real - at).total_seconds()
            for name, at in self.sending.beats.items()
        }
        help_ = "Time since something last ran."
        yield _family("heartbeat_age_seconds", help_, "name", ages)
        circuits = {state.value: self.sending.circuits.get(state, 0) for state in State}
        help_ = "Processes that send, by how they stand with the relay."
        yield _family("senders", help_, "circuit", circuits)
        help_ = "Answers in journals that the database does not know yet."
        yield _gauge("journal_octets", help_, self.sending.journals)

    def _traffic(self) -> Iterator[Metric]:
        help_ = "Forms sent in the last hour."
        yield _gauge("signups_last_hour", help_, self.traffic.signups)
        clicks = CounterMetricFamily(
            "funnel_clicks", "Links followed in mails.", labels=["by"]
        )
        clicks.add_metric(["person"], self.traffic.clicks)
        clicks.add_metric(["machine"], self.traffic.machines)
        yield clicks
        help_ = "Clicks that nobody has judged yet."
        yield _gauge("clicks_unjudged", help_, self.traffic.unjudged)


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(f"funnel_{name}", help_, value=value)


def _family(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"funnel_{name}", help_, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _ask_for_the_token() -> None:
    """Let in who shows the token; without one set, only this machine in a demo."""
    token = funnel().settings.metrics_token
    if not token:
        if not (funnel().settings.embedded and _is_here()):
            abort(404)
        return
    shown = request.headers.get("Authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
        refusal = Response("Show the token of FUNNEL_METRICS_TOKEN.\n", 401)
        refusal.headers["WWW-Authenticate"] = "Bearer"
        abort(refusal)


def _is_here() -> bool:
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
