"""A step that an edit put in remembers between which others it came.

Who had passed its place was read from where the steps stand today, which a later move
changed. Suits the release before it, which does not know the column.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

FILL = """
UPDATE step SET added_between = jsonb_build_object(
    'above', (SELECT coalesce(jsonb_agg(o.id), '[]') FROM step o
        WHERE o.sequence_id = step.sequence_id AND o.role = 'listed'
        AND o.rank < step.rank AND o.added_at IS NULL
        AND (o.deleted_at IS NULL OR o.deleted_at > step.added_at)),
    'below', (SELECT coalesce(jsonb_agg(o.id), '[]') FROM step o
        WHERE o.sequence_id = step.sequence_id AND o.role = 'listed'
        AND o.rank > step.rank))
WHERE added_at IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("step", sa.Column("added_between", postgresql.JSONB(), nullable=True))
    op.execute(FILL)


def downgrade() -> None:
    op.drop_column("step", "added_between")
