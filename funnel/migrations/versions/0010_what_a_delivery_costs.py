"""Suspects are found at once, and who sends says how it stands with the relay.

A delivery without a form is in one index less. Suits the release before it: its
questions are answered by the new indexes as well, and it does not know the new table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

SUSPECT = "ix_delivery_suspect"
SIGNUP, ANEW = "ix_delivery_signup_id", "ix_delivery_signup_id_anew"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            SUSPECT,
            "delivery",
            ["priority", "due_at", "id"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("state = 'scheduled' AND deaths >= 2"),
        )
    _make_anew(where=sa.text("signup_id IS NOT NULL"))
    op.create_table(
        "sender",
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("circuit", sa.String(), nullable=False),
        sa.Column("journal", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_sender")),
    )


def downgrade() -> None:
    op.drop_table("sender")
    with op.get_context().autocommit_block():
        op.drop_index(SUSPECT, table_name="delivery", postgresql_concurrently=True)
    _make_anew(where=None)


def _make_anew(where: sa.TextClause | None) -> None:
    """Make the index beside the one that is used until then, and take its name."""
    with op.get_context().autocommit_block():
        op.create_index(
            ANEW,
            "delivery",
            ["signup_id"],
            postgresql_concurrently=True,
            postgresql_where=where,
        )
        op.drop_index(SIGNUP, table_name="delivery", postgresql_concurrently=True)
        op.execute(f"ALTER INDEX {ANEW} RENAME TO {SIGNUP}")
