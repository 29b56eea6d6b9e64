"""Versions of whole sequences, drafts of their order, and long work."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import funnel.models.base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UTC = funnel.models.base.Utc(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("sequence", sa.Column("retimed_at", UTC, nullable=True))
    op.add_column("sequence", sa.Column("draft", JSON, nullable=True))
    op.add_column("step", sa.Column("added_at", UTC, nullable=True))
    op.create_table(
        "version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sequence_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("published_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence_id"],
            ["sequence.id"],
            name=op.f("fk_version_sequence_id_sequence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sa.UniqueConstraint(
            "sequence_id", "number", name=op.f("uq_version_sequence_id_number")
        ),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sequence_id", sa.BigInteger(), nullable=False),
        sa.Column("about", JSON, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("asked_at", UTC, nullable=False),
        sa.Column("finished_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequence.id"], name=op.f("fk_job_sequence_id_sequence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_sequence_id"), "job", ["sequence_id"])
    op.create_index(
        "ix_job_open", "job", ["id"], postgresql_where=sa.text("state = 'open'")
    )
    _tell_what_was_known()


def downgrade() -> None:
    op.drop_table("job")
    op.drop_table("version")
    op.drop_column("step", "added_at")
    op.drop_column("sequence", "draft")
    op.drop_column("sequence", "retimed_at")


def _tell_what_was_known() -> None:
    """Keep every answer of the plan as it was; the history begins with today's list."""
    op.execute("UPDATE sequence SET retimed_at = published_at")
    op.execute(
        "UPDATE step SET added_at = (SELECT min(published_at) FROM revision"
        " WHERE revision.step_id = step.id AND revision.version > 1)"
        " WHERE NOT EXISTS (SELECT 1 FROM revision"
        " WHERE revision.step_id = step.id AND revision.version <= 1)"
    )
    op.execute(
        "INSERT INTO version (sequence_id, number, rules, steps, author, published_at)"
        " SELECT sequence.id, sequence.version, sequence.rules,"
        " jsonb_agg(jsonb_build_array(step.id, step.revision_id)"
        "   ORDER BY step.rank, step.id),"
        " (array_agg(revision.author ORDER BY revision.version DESC))[1],"
        " coalesce(sequence.published_at, max(revision.published_at))"
        " FROM sequence JOIN step ON step.sequence_id = sequence.id"
        " JOIN revision ON revision.id = step.revision_id"
        " WHERE step.deleted_at IS NULL AND sequence.version > 0"
        " GROUP BY sequence.id"
    )
