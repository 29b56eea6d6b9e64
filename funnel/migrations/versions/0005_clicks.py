"""Links that are counted, their clicks, and an index of what was not sent.

Suits the release before it: that one writes texts without links, whose mails lead
straight to where they point.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_link_revision_id_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint(
            "revision_id", "position", name="uq_link_revision_id_position"
        ),
        sa.UniqueConstraint("revision_id", "code", name="uq_link_revision_id_code"),
    )
    op.create_table(
        "click",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_machine", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["link.id"],
            name=op.f("fk_click_link_id_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_click")),
    )
    op.create_index("ix_click_delivery_seen", "click", ["delivery_id", "seen_at"])
    op.create_table(
        "click_count",
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("machines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["link.id"],
            name=op.f("fk_click_count_link_id_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("link_id", "day", name=op.f("pk_click_count")),
    )

    with op.get_context().autocommit_block():
        op.create_index(
            "ix_delivery_not_sent",
            "delivery",
            ["state", "id"],
            postgresql_where=sa.text(
                "state IN ('failed', 'uncertain', 'parked', 'skipped')"
            ),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(
            "ix_delivery_not_sent",
            table_name="delivery",
            postgresql_concurrently=True,
        )
    op.drop_table("click_count")
    op.drop_index("ix_click_delivery_seen", table_name="click")
    op.drop_table("click")
    op.drop_table("link")
