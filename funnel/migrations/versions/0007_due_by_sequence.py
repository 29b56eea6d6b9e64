"""Who is due, by sequence: a large paused one is in no other's way.

Suits the release before it: its questions are answered by the new index as well.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _make_anew(["sequence_id", "due_at"])


def downgrade() -> None:
    _make_anew(["due_at"])


def _make_anew(columns: list[str]) -> None:
    """Make the index beside the one that is used until then, and take its name."""
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_enrollment_due_anew",
            "enrollment",
            columns,
            postgresql_concurrently=True,
            postgresql_where=sa.text("state = 'active'"),
        )
        op.drop_index(
            "ix_enrollment_due", table_name="enrollment", postgresql_concurrently=True
        )
        op.execute("ALTER INDEX ix_enrollment_due_anew RENAME TO ix_enrollment_due")
