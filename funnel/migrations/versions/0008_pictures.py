"""Pictures of mails.

Suits the release before it: the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_picture")),
    )
    op.create_index("ix_picture_added", "picture", ["added_at", "name"])


def downgrade() -> None:
    op.drop_index("ix_picture_added", table_name="picture")
    op.drop_table("picture")
