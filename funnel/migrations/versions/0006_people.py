"""People: files of subscribers, tags, and a team with a second factor and an audit.

Suits the release before it: everything here is new, or has a default.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

LETTERS = """
CREATE FUNCTION letter_groups(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(words, place, 3)), '{}')
  FROM generate_series(1, length(words) - 2) AS place
$$
"""
HERS = """
CREATE FUNCTION subscriber_letters(address text, first_name text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN letter_groups(
  '  ' || lower(coalesce(address, '')) || '  ' || lower(coalesce(first_name, ''))
)
"""
INDEXES = ("ix_subscriber_letters", "ix_subscriber_state", "ix_subscriber_tags")


def upgrade() -> None:
    _make_tables()
    op.execute(LETTERS)
    op.execute(HERS)
    # Beside the visitors: an ordinary index would hold up who signs up meanwhile.
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_subscriber_letters",
            "subscriber",
            [sa.literal_column("subscriber_letters(address, first_name)")],
            postgresql_concurrently=True,
            postgresql_using="gin",
        )
        op.create_index(
            "ix_subscriber_state",
            "subscriber",
            ["state", "id"],
            postgresql_concurrently=True,
        )
        op.create_index(
            "ix_subscriber_tags",
            "subscriber",
            ["tags"],
            postgresql_concurrently=True,
            postgresql_using="gin",
            postgresql_ops={"tags": "jsonb_path_ops"},
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in INDEXES:
            op.drop_index(name, table_name="subscriber", postgresql_concurrently=True)
    op.execute("DROP FUNCTION subscriber_letters(text, text)")
    op.execute("DROP FUNCTION letter_groups(text)")
    op.drop_column("user", "code_step")
    op.drop_column("user", "code_secret")
    op.drop_column("login", "awaits_code")
    op.drop_index("ix_import_row_verdict", table_name="import_row")
    op.drop_index("ix_import_row_digest", table_name="import_row")
    op.drop_table("import_row")
    op.drop_table("import_chunk")
    op.drop_index(op.f("ix_user_link_user_id"), table_name="user_link")
    op.drop_table("user_link")
    op.drop_index(
        "ix_tagging_open",
        table_name="tagging",
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.drop_table("tagging")
    op.drop_index(
        "ix_subscriber_import_open",
        table_name="subscriber_import",
        postgresql_where=sa.text("state IN ('checking', 'running')"),
    )
    op.drop_table("subscriber_import")
    op.drop_index(op.f("ix_recovery_code_user_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_index("ix_audit_entry_user", table_name="audit_entry")
    op.drop_index("ix_audit_entry_deed", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("tag")


def _make_tables() -> None:
    op.create_table(
        "tag",
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tag")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_audit_entry_user_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_deed", "audit_entry", ["deed", "id"], unique=False)
    op.create_index(
        "ix_audit_entry_user", "audit_entry", ["user_id", "id"], unique=False
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_recovery_code_user_id_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(
        op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"], unique=False
    )
    op.create_table(
        "subscriber_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("separator", sa.String(), nullable=False),
        sa.Column("has_header", sa.Boolean(), nullable=False),
        sa.Column("sample", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("purposes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("tally", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_subscriber_import_user_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_import")),
    )
    op.create_index(
        "ix_subscriber_import_open",
        "subscriber_import",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('checking', 'running')"),
    )
    op.create_table(
        "tagging",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("is_added", sa.Boolean(), nullable=False),
        sa.Column("selection", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("below", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_tagging_user_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tagging")),
    )
    op.create_index(
        "ix_tagging_open",
        "tagging",
        ["id"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "user_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_user_link_user_id_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_link")),
    )
    op.create_index(
        op.f("ix_user_link_user_id"), "user_link", ["user_id"], unique=False
    )
    op.create_table(
        "import_chunk",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["subscriber_import.id"],
            name=op.f("fk_import_chunk_import_id_subscriber_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_chunk")),
    )
    op.create_table(
        "import_row",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["subscriber_import.id"],
            name=op.f("fk_import_row_import_id_subscriber_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_row")),
    )
    op.create_index(
        "ix_import_row_digest", "import_row", ["import_id", "digest"], unique=False
    )
    op.create_index(
        "ix_import_row_verdict",
        "import_row",
        ["import_id", "verdict", "line"],
        unique=False,
    )
    op.add_column(
        "login",
        sa.Column(
            "awaits_code", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.add_column("user", sa.Column("code_secret", sa.LargeBinary(), nullable=True))
    op.add_column("user", sa.Column("code_step", sa.BigInteger(), nullable=True))
