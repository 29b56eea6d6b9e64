"""The usual ways to send many mails with Celery, each as good as its kind can be.

One task for each mail; the task reads its row, fills a Jinja template, builds the
stdlib's EmailMessage, hands it to smtplib, and commits that it was sent.

    naive  a new connection to the relay for each mail, the template compiled each time
    best   the connection and the compiled template are kept by each of two processes

The database connection is kept by both. Neither has a fence, a journal, or an answer
to the question what became of a mail when its worker dies.
"""

import functools
import os
import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

import jinja2
import psycopg
from celery import Celery

from funnel import clock

app = Celery("baselines", broker=os.environ.get("BENCH_BROKER", ""))
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=50,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)

READ = """
SELECT d.address, s.first_name, r.subject, r.html, r.text
  FROM delivery d
  JOIN subscriber s ON s.id = d.subscriber_id
  JOIN step t ON t.id = d.step_id
  JOIN revision r ON r.id = t.revision_id
 WHERE d.id = %s AND d.state = 'scheduled'
"""
WRITE = "UPDATE delivery SET state = 'sent', settled_at = now() WHERE id = %s"
FACTS = {
    name: f"https://voorbeeld.example/{name}/0123456789abcdef0123456789abcdef0123456789"
    for name in (
        *("join_url", "replay_url", "calendar_url", "data_url", "article_url"),
        *("landing_url", "preferences_url", "unsubscribe_url"),
    )
}
RELAY_HOST, RELAY_PORT = "127.0.0.1", int(os.environ.get("BENCH_SMTP", "0"))


@app.task(name="naive")  # type: ignore[untyped-decorator]  # Celery has no types
def naive(delivery_id: int) -> None:
    row = database().execute(READ, [delivery_id]).fetchone()
    if row is None:
        return
    message = letter(row, jinja2.Environment(autoescape=True))
    with smtplib.SMTP(RELAY_HOST, RELAY_PORT) as relay:
        relay.send_message(message)
    database().execute(WRITE, [delivery_id])


@app.task(name="best")  # type: ignore[untyped-decorator]  # Celery has no types
def best(delivery_id: int) -> None:
    row = database().execute(READ, [delivery_id], prepare=True).fetchone()
    if row is None:
        return
    message = letter(row, environment())
    kept_relay().send_message(message)
    database().execute(WRITE, [delivery_id], prepare=True)


def letter(row: tuple[str, ...], templates: jinja2.Environment) -> EmailMessage:
    """Build the message as the documentation of the stdlib does."""
    address, first_name, subject, html, text = row
    values = {**FACTS, "first_name": first_name}
    message = EmailMessage()
    message["From"] = "Anna van Stille Avond <anna@stilleavond.example>"
    message["To"] = address
    message["Subject"] = templates.from_string(subject).render(values)
    message["Date"] = format_datetime(clock.real())
    message["Message-ID"] = make_msgid(domain="stilleavond.example")
    message["List-Unsubscribe"] = f"<{FACTS['unsubscribe_url']}>"
    message.set_content(templates.from_string(text).render(values))
    message.add_alternative(templates.from_string(html).render(values), subtype="html")
    return message


@functools.cache
def database() -> psycopg.Connection[tuple[str, ...]]:
    return psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)


@functools.cache
def kept_relay() -> smtplib.SMTP:
    return smtplib.SMTP(RELAY_HOST, RELAY_PORT)


class Kept(jinja2.Environment):
    """Compiles a text once."""

    @functools.cache  # noqa: B019 - it lives as long as the process
    def from_string(self, source: str) -> jinja2.Template:  # type: ignore[override]  # one argument is enough
        return super().from_string(source)


@functools.cache
def environment() -> jinja2.Environment:
    return Kept(autoescape=True)
