"""What became of a step's mails is counted by the text that they have, too.

The night after it counts the whole history anew; until then it is counted when asked.
Suits the release before it, which counts without looking at the text.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

OUTCOME, ANEW = "ix_delivery_outcome", "ix_delivery_outcome_anew"
OVER = sa.text("state NOT IN ('scheduled', 'claimed', 'handed') AND NOT is_test")


def upgrade() -> None:
    op.add_column("mail_count", sa.Column("revision_id", sa.BigInteger()))
    _one_row("day", "step_id", "revision_id", "state", "reason")
    op.execute("UPDATE system SET counted_until = NULL")
    _make_anew("reason", "revision_id")


def downgrade() -> None:
    op.execute("DELETE FROM mail_count")
    op.execute("UPDATE system SET counted_until = NULL")
    _one_row("day", "step_id", "state", "reason")
    op.drop_column("mail_count", "revision_id")
    _make_anew("reason")


def _one_row(*columns: str) -> None:
    op.drop_index("uq_mail_count_day", table_name="mail_count")
    op.create_index(
        "uq_mail_count_day",
        "mail_count",
        columns,
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _make_anew(*include: str) -> None:
    """Make the index beside the one that is used until then, and take its name."""
    with op.get_context().autocommit_block():
        op.create_index(
            ANEW,
            "delivery",
            ["step_id", "state", "planned_at", "id"],
            postgresql_include=list(include),
            postgresql_where=OVER,
            postgresql_concurrently=True,
        )
        op.drop_index(OUTCOME, table_name="delivery", postgresql_concurrently=True)
        op.execute(f"ALTER INDEX {ANEW} RENAME TO {OUTCOME}")
