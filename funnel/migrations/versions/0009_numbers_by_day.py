"""Numbers by day: visits, people at each stage, what became of mails.

Suits the release before it: that one counts nobody, and its forms are of no source.
Who signed up before is counted here once, from what is still known of them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

PEOPLE = """
INSERT INTO stage_count (day, stage, masterclass_id, occurrence_id, people)
SELECT (created_at AT TIME ZONE coalesce(
         (SELECT zone FROM business WHERE id = 1), 'Europe/Amsterdam'))::date,
       stage, masterclass_id, occurrence_id, count(*)
FROM signup, jsonb_array_elements_text(reached) AS stage
GROUP BY 1, 2, 3, 4
"""

REACHED = """
UPDATE signup SET reached = (
  SELECT jsonb_agg(stage) FROM (
    SELECT 'signed_up' AS stage
    UNION ALL
    SELECT unnest(array_remove(ARRAY['confirmed',
             CASE WHEN joined_at IS NOT NULL THEN 'joined' END,
             CASE WHEN replayed_at IS NOT NULL THEN 'replayed' END], NULL))
    FROM registration
    WHERE registration.subscriber_id = signup.subscriber_id
      AND registration.masterclass_id = signup.masterclass_id
    UNION ALL
    SELECT DISTINCT CASE kind WHEN 'clicked' THEN 'clicked' ELSE 'bought' END
    FROM event
    WHERE event.subscriber_id = signup.subscriber_id
      AND kind IN ('clicked', 'purchased')
      AND NOT EXISTS (SELECT FROM signup later
                      WHERE later.subscriber_id = signup.subscriber_id
                        AND later.masterclass_id <> signup.masterclass_id
                        AND later.id > signup.id)
    UNION ALL
    SELECT 'agreed' FROM consent
    WHERE consent.subscriber_id = signup.subscriber_id
      AND purpose = 'clicks' AND granted
      AND NOT EXISTS (SELECT FROM signup later
                      WHERE later.subscriber_id = signup.subscriber_id
                        AND later.masterclass_id <> signup.masterclass_id
                        AND later.id > signup.id)
    GROUP BY 1
  ) AS stages)
WHERE NOT EXISTS (SELECT FROM signup earlier
                  WHERE earlier.subscriber_id = signup.subscriber_id
                    AND earlier.masterclass_id = signup.masterclass_id
                    AND earlier.id < signup.id)
"""


def upgrade() -> None:
    _sources()
    _visits()
    _stages()
    _mails()
    op.execute(REACHED)
    op.execute(PEOPLE)
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_delivery_outcome",
            "delivery",
            ["step_id", "state", "planned_at", "id"],
            postgresql_include=["reason"],
            postgresql_where=sa.text(
                "state NOT IN ('scheduled', 'claimed', 'handed') AND NOT is_test"
            ),
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_delivery_occurrence",
            "delivery",
            ["occurrence_id"],
            postgresql_where=sa.text("occurrence_id IS NOT NULL"),
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_enrollment_place",
            "enrollment",
            ["sequence_id", "state", "next_step_id"],
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_subscriber_nameless",
            "subscriber",
            ["id"],
            postgresql_where=sa.text("first_name = ''"),
            postgresql_concurrently=True,
        )
        _drop("enrollment", "ix_enrollment_sequence_id")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_enrollment_sequence_id",
            "enrollment",
            ["sequence_id"],
            postgresql_concurrently=True,
        )
        _drop("subscriber", "ix_subscriber_nameless")
        _drop("enrollment", "ix_enrollment_place")
        _drop("delivery", "ix_delivery_occurrence")
        _drop("delivery", "ix_delivery_outcome")
    op.drop_column("system", "counted_until")
    op.drop_column("signup", "reached")
    op.drop_constraint(op.f("fk_signup_source_id_source"), "signup", type_="foreignkey")
    op.drop_column("signup", "source_id")
    for name in ("mail_count", "stage_count", "visit_count", "source"):
        op.drop_table(name)


def _sources() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint(
            "name", "medium", "campaign", name="uq_source_name_medium_campaign"
        ),
    )
    op.create_index("ix_source_first_on", "source", ["first_on"])
    op.add_column("signup", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_signup_source_id_source"), "signup", "source", ["source_id"], ["id"]
    )


def _visits() -> None:
    op.create_table(
        "visit_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_visit_count_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_count")),
    )
    _one_row("visit_count", "day", "page", "slug", "source_id", "shard")


def _stages() -> None:
    op.create_table(
        "stage_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("masterclass_id", sa.BigInteger(), nullable=False),
        sa.Column("occurrence_id", sa.BigInteger(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["masterclass_id"],
            ["masterclass.id"],
            name=op.f("fk_stage_count_masterclass_id_masterclass"),
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"],
            ["occurrence.id"],
            name=op.f("fk_stage_count_occurrence_id_occurrence"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_stage_count_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_count")),
    )
    columns = ("day", "stage", "masterclass_id", "occurrence_id", "source_id")
    _one_row("stage_count", *columns)
    op.add_column(
        "signup",
        sa.Column(
            "reached",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )


def _mails() -> None:
    op.create_table(
        "mail_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_count")),
    )
    _one_row("mail_count", "day", "step_id", "state", "reason")
    op.create_index("ix_mail_count_step", "mail_count", ["step_id", "day"])
    op.add_column("system", sa.Column("counted_until", sa.Date(), nullable=True))


def _one_row(table: str, *columns: str) -> None:
    """Make what is counted one row; nothing said is one thing, too."""
    op.create_index(
        f"uq_{table}_day",
        table,
        list(columns),
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _drop(table: str, name: str) -> None:
    op.drop_index(name, table_name=table, postgresql_concurrently=True)
