"""Doors, pauses, and occurrences that are over.

Must suit the release before it: that one runs on while this is applied.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    nothing = sa.text("'{}'")
    op.add_column(
        "sequence",
        sa.Column("doors", postgresql.JSONB(), server_default=nothing, nullable=False),
    )
    op.add_column(
        "occurrence", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True)
    )
    # Who did not come to a date of before this release starts nothing afterwards.
    op.execute("UPDATE occurrence SET closed_at = ends_at WHERE ends_at <= now()")
    op.add_column("delivery", sa.Column("moved", postgresql.JSONB(), nullable=True))
    op.create_table(
        "pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sequence_id", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sequence_id"],
            ["sequence.id"],
            name=op.f("fk_pause_sequence_id_sequence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index(
        "uq_pause_open",
        "pause",
        ["sequence_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("until IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("pause")
    op.drop_column("delivery", "moved")
    op.drop_column("occurrence", "closed_at")
    op.drop_column("sequence", "doors")
