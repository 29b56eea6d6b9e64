"""A town full of readers, put there by the database itself in a minute or so.

Everybody has an address; most of them signed up in the last ninety days, for one of
eight dates, and got their first mails. What they have is spread by their number, so
that a town of the same size is always the same.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from funnel.domain.status import Role
from funnel.flow import counts, seed
from funnel.models import Link, Masterclass, Occurrence, Step

DATES = 8
MAILS = 5  # of the sequence's list, to each who confirmed

NAMES = "ARRAY['Sanne','Anna','Noor','Fatima','Zoë','Marijke','Bo','Ilse']"
DOMAINS = "ARRAY['gmail.com','hotmail.com','ziggo.nl','kpnmail.nl','example.nl']"
SOURCES = (
    *(("instagram", "bio", ""), ("instagram", "story", "november"), ("google", "", "")),
    *(("nieuwsbrief", "mail", "herfst"), ("podcast", "", "aflevering-12")),
    ("vriendin", "", ""),
)
SHARES = (7, 4, 3, 2, 1, 1)
"""How many of twenty come from each; of the others nobody knows."""

PEOPLE = f"""
INSERT INTO subscriber (address, address_key, first_name, zone, language, state, tags,
                        created_at, confirmed_at)
SELECT address, replace(split_part(address, '@', 1), '.', '') || '@'
                || split_part(address, '@', 2), name, 'Europe/Amsterdam', 'nl',
       CASE WHEN n % 1000 = 0 THEN 'bounced' WHEN n % 40 = 0 THEN 'unsubscribed'
            WHEN n % 5 = 1 THEN 'pending' ELSE 'active' END,
       CASE WHEN n % 500 = 0 THEN '["lente"]'::jsonb ELSE '[]' END,
       at, CASE WHEN n % 5 = 1 THEN NULL ELSE at + interval '1 hour' END
FROM (SELECT n, name,
             lower(name) || '.' || lpad(n::text, 7, '0') || '@' ||
             ({DOMAINS})[1 + n % 5] AS address,
             CAST(:now AS timestamptz) - (n % 4) * interval '3 days'
             - (1 - sqrt(n::float / :count)) * interval '90 days' AS at
      FROM (SELECT n, ({NAMES})[1 + n % 8] AS name
            FROM generate_series(1, :count) n) named) people
"""  # noqa: S608 - constants of ours

FORMS = """
INSERT INTO signup (nonce, subscriber_id, masterclass_id, occurrence_id, first_name,
                    zone, language, series, wording, wording_version, page, network,
                    user_agent, source, source_id, reached, received_at, created_at,
                    expires_at, confirmed_at)
SELECT id::text, id, :masterclass, :date + id % :dates, first_name, zone, language,
       id % 3 > 0, 'Ja', '1', '/magnesium/signup', '', '', '{}',
       (CAST(:sources AS bigint[]))[1 + id % 20],
       to_jsonb(array_remove(ARRAY['signed_up',
         CASE WHEN confirmed_at IS NOT NULL THEN 'confirmed' END,
         CASE WHEN confirmed_at IS NOT NULL AND id % 5 = 2 AND id % :dates < 4
              THEN 'joined' END,
         CASE WHEN confirmed_at IS NOT NULL AND id % 9 = 2 AND id % :dates < 4
              THEN 'replayed' END,
         CASE WHEN confirmed_at IS NOT NULL AND id % 20 = 3 THEN 'agreed' END,
         CASE WHEN confirmed_at IS NOT NULL AND id % 60 = 3 THEN 'clicked' END,
         CASE WHEN confirmed_at IS NOT NULL AND id % 90 = 2 THEN 'bought' END], NULL)),
       created_at, created_at, created_at + interval '7 days', confirmed_at
FROM subscriber WHERE id % 10 > 0
"""

SEATS = """
INSERT INTO registration (subscriber_id, masterclass_id, occurrence_id, seated_at,
                          joined_at, replayed_at)
SELECT subscriber_id, masterclass_id, occurrence_id, confirmed_at,
       CASE WHEN reached ? 'joined' THEN confirmed_at END,
       CASE WHEN reached ? 'replayed' THEN confirmed_at END
FROM signup WHERE confirmed_at IS NOT NULL
"""

WAYS = """
INSERT INTO enrollment (subscriber_id, sequence_id, registration_id, run, confirmed_at,
                        state, due_at, next_step_id)
SELECT subscriber_id, :sequence, id, 1, seated_at,
       CASE WHEN id % 4 = 0 THEN 'completed' ELSE 'active' END,
       CASE WHEN id % 4 = 0 THEN NULL
            ELSE CAST(:now AS timestamptz) + (1 + id % 20) * interval '1 day' END,
       CASE WHEN id % 4 = 0 THEN NULL ELSE (CAST(:steps AS bigint[]))[1 + id % 6] END
FROM registration
"""

CONSENTS = """
INSERT INTO consent (subscriber_id, signup_id, purpose, granted, wording,
                     wording_version, language, place, network, at)
SELECT subscriber_id, id, purpose, true, 'Ja', '1', 'nl', 'form', '', confirmed_at
FROM signup, unnest(ARRAY['series', 'offers', 'clicks']) AS purpose
WHERE confirmed_at IS NOT NULL
  AND CASE purpose WHEN 'clicks' THEN reached ? 'agreed' ELSE series END
"""

MAILED = """
INSERT INTO delivery (state, reason, kind, priority, address, subscriber_id,
                      enrollment_id, step_id, occurrence_id, revision_id, is_test,
                      planned_at, due_at, handed_at, settled_at, attempt, deaths, reply)
SELECT state, CASE state WHEN 'skipped' THEN 'no-consent' END, 'marketing', 10,
       address, subscriber_id, enrollment_id, step_id, NULL, revision_id, false,
       at, at, at, at, 1, 0,
       CASE state WHEN 'sent' THEN '250 2.0.0 queued as 12345'
                  WHEN 'failed' THEN '550 5.1.1 no such user' ELSE '' END
FROM (SELECT e.id AS enrollment_id, e.subscriber_id, s.address,
             st.id AS step_id, st.revision_id,
             least(e.confirmed_at + place * interval '2 days', :now) AS at,
             CASE WHEN (e.id + place) % 7 = 0 THEN 'skipped'
                  WHEN (e.id * 4 + place) % 2003 = 0 THEN 'failed'
                  WHEN (e.id * 4 + place) % 40009 = 0 THEN 'uncertain'
                  ELSE 'sent' END AS state
      FROM enrollment e
      JOIN subscriber s ON s.id = e.subscriber_id,
           unnest(CAST(:steps AS bigint[])) WITH ORDINALITY AS planned(step_id, place)
      JOIN step st ON st.id = planned.step_id
      WHERE place <= :mails) mails
"""

TOLD = """
INSERT INTO event (kind, at, subscriber_id, enrollment_id, delivery_id, step_id, data)
SELECT kind, at, subscriber_id, enrollment_id, delivery_id, step_id, '{}'
FROM (
  SELECT state AS kind, planned_at AS at, subscriber_id, enrollment_id,
         id AS delivery_id, step_id
  FROM delivery
  UNION ALL
  SELECT kind, created_at, subscriber_id, NULL, NULL, NULL
  FROM signup, unnest(ARRAY['signed_up', 'confirmed']) AS kind
  WHERE kind = 'signed_up' OR confirmed_at IS NOT NULL
  UNION ALL
  SELECT 'unsubscribed', planned_at, subscriber_id, enrollment_id, id, step_id
  FROM delivery WHERE id % 1000 = 7 AND state = 'sent'
) told
"""

STAGES = """
INSERT INTO stage_count (day, stage, masterclass_id, occurrence_id, source_id, people)
SELECT (created_at AT TIME ZONE 'Europe/Amsterdam')::date, stage, masterclass_id,
       occurrence_id, source_id, count(*)
FROM signup, jsonb_array_elements_text(reached) AS stage GROUP BY 1, 2, 3, 4, 5
"""

VISITS = """
INSERT INTO visit_count (day, page, slug, source_id, shard, visits)
SELECT day, page, 'magnesium', source_id, 0,
       people * (90 + 9 * extract(isodow FROM day)::int + coalesce(source_id, 0) * 20)
FROM stage_count, unnest(ARRAY['landing', 'article']) AS page
WHERE stage = 'signed_up' AND occurrence_id = :date
"""

CLICKS = """
INSERT INTO click_count (link_id, day, clicks, machines)
SELECT link.id, day::date, 5 + link.id * 7 % 40, 2
FROM link, generate_series(CAST(:now AS timestamptz) - interval '80 days', :now,
                           interval '1 day') AS day
"""

DEEDS = """
INSERT INTO audit_entry (at, who, deed, about)
SELECT CAST(:now AS timestamptz) - n * interval '1 minute', 'Mara', 'subscribers.edit',
       jsonb_build_object('subscriber_id', n) FROM generate_series(1, 10000) n
"""

TABLES = (
    *(PEOPLE, FORMS, SEATS, WAYS, CONSENTS, MAILED, TOLD, STAGES, VISITS, CLICKS),
    DEEDS,
)


INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND indexdef NOT LIKE 'CREATE UNIQUE%'
  AND tablename IN ('subscriber', 'signup', 'registration', 'enrollment', 'consent',
                    'delivery', 'event')
"""


def build(session: Session, count: int, now: datetime) -> None:
    """Commit a town of so many people into an empty database with its tables."""
    seed.plant(session, base_url="http://localhost", live=True, now=now)
    names = _stage(session, count, now)
    session.commit()
    # An index is made sooner than kept, and what is put in here fits together.
    indexes = session.execute(text(INDEXES)).all()
    for name, _ in indexes:
        session.execute(text(f'DROP INDEX "{name}"'))
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in TABLES:
        session.execute(text(statement), names)
    session.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for _, definition in indexes:
        session.execute(text(definition.replace(":", "\\:")))
    session.commit()
    counts.fold(session, now=now)
    raw: Any = session.connection().connection.driver_connection
    session.commit()
    raw.autocommit = True
    raw.execute("VACUUM ANALYZE")
    raw.autocommit = False


def _stage(session: Session, count: int, now: datetime) -> dict[str, Any]:
    masterclass = session.scalars(select(Masterclass)).one()
    evening = now.replace(hour=19, minute=0, second=0, microsecond=0)
    weeks = [timedelta(days=7 * n - 25) for n in range(DATES)]
    dates = [_date(masterclass, evening + week) for week in weeks]
    session.add_all(dates)
    steps = session.scalars(
        select(Step).where(Step.role == Role.LISTED).order_by(Step.rank)
    ).all()
    for row in SOURCES:
        values = dict(zip(("name", "medium", "campaign"), row, strict=True))
        session.execute(
            text(
                "INSERT INTO source (name, medium, campaign, first_on)"
                " VALUES (:name, :medium, :campaign, :day)"
            ),
            values | {"day": (now - timedelta(days=90)).date()},
        )
    session.flush()
    assert session.scalar(select(Link.id).limit(1)), "the mails have links"  # noqa: S101 - or it measures nothing
    return {
        "count": count,
        "now": now,
        "masterclass": masterclass.id,
        "date": dates[0].id,
        "dates": DATES,
        "sources": [n for n, many in enumerate(SHARES, 1) for _ in range(many)],
        "sequence": masterclass.sequence_id,
        "steps": [step.id for step in steps],
        "mails": MAILS,
    }


def _date(masterclass: Masterclass, start: datetime) -> Occurrence:
    return Occurrence(
        masterclass=masterclass,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        replay_until=start + timedelta(days=7),
        room_url="https://room.example/a",
        replay_url="https://replay.example/a",
    )
