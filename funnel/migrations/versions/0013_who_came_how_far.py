"""The people behind a number of some days are found by the day of their form.

Suits the release before it, which does not ask for them.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

CREATED = "ix_signup_created"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(CREATED, "signup", ["created_at"], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(CREATED, table_name="signup", postgresql_concurrently=True)
