"""Corrections: who gave them on which pictures, what judged what, and which training learned from them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number() -> sa.Column:
    return sa.Column("number", _BIG, primary_key=True, autoincrement=True)


def _refers(table: str, column: str, to: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.number"], name=f"fk_{table}_{column}_{to}", ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "annotators",
        _number(),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("trusted", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("right", sa.Integer, nullable=False, server_default="0"),
        sa.Column("wrong", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("number", name="pk_annotators"),
        sa.UniqueConstraint("id", name="uq_annotators_id"),
    )
    op.create_table(
        "sessions",
        _number(),
        sa.Column("annotator", _BIG, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_sessions"),
        _refers("sessions", "annotator", "annotators"),
    )
    op.create_index("ix_sessions_annotator", "sessions", ["annotator"])
    op.create_table(
        "images",
        _number(),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("owner", _BIG, nullable=False),
        sa.Column("suffix", sa.String(8), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("scene", sa.String(200), nullable=False),
        sa.Column("traffic", sa.Boolean, nullable=False),
        sa.Column("consent", sa.Text, nullable=False),
        sa.Column("consented_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_images"),
        sa.UniqueConstraint("sha256", name="uq_images_sha256"),
        _refers("images", "owner", "annotators"),
    )
    op.create_index("ix_images_owner", "images", ["owner"])
    op.create_table(
        "image_files",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_image_files"),
    )
    op.create_table(
        "audits",
        _number(),
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("image", _BIG, nullable=False),
        sa.Column("subject", sa.Integer, nullable=False),
        sa.Column("shown", sa.String(64), nullable=False),
        sa.Column("points", sa.LargeBinary, nullable=False),
        sa.Column("honeypot", _BIG),
        sa.Column("drawn_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audits"),
        sa.UniqueConstraint("id", name="uq_audits_id"),
        _refers("audits", "image", "images"),
    )
    op.create_index("ix_audits_image", "audits", ["image"])
    _corrections()
    _learning()


def _corrections() -> None:
    op.create_table(
        "corrections",
        _number(),
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("image", _BIG, nullable=False),
        sa.Column("subject", sa.Integer, nullable=False),
        sa.Column("annotator", _BIG, nullable=False),
        sa.Column("session", _BIG, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("audit", _BIG),
        sa.Column("points", sa.LargeBinary, nullable=False),
        sa.Column("touched", sa.String(33), nullable=False),
        sa.Column("shown", sa.String(64), nullable=False),
        sa.Column("shown_points", sa.LargeBinary),
        sa.Column("seconds", sa.Float),
        sa.Column("held", sa.String(33), nullable=False, server_default=""),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_corrections"),
        sa.UniqueConstraint("id", name="uq_corrections_id"),
        sa.UniqueConstraint("key", name="uq_corrections_key"),
        sa.UniqueConstraint("audit", name="uq_corrections_audit"),
        _refers("corrections", "image", "images"),
        _refers("corrections", "annotator", "annotators"),
        _refers("corrections", "session", "sessions"),
        _refers("corrections", "audit", "audits", "SET NULL"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_image", "corrections", ["image"])
    op.create_index("ix_corrections_annotator", "corrections", ["annotator"])
    op.create_index("ix_corrections_status_kind", "corrections", ["status", "kind", "number"])
    op.create_table(
        "reviews",
        _number(),
        sa.Column("correction", _BIG, nullable=False),
        sa.Column("reviewer", _BIG, nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_reviews"),
        sa.UniqueConstraint("correction", "reviewer", name="uq_reviews_correction_reviewer"),
        _refers("reviews", "correction", "corrections"),
        _refers("reviews", "reviewer", "annotators"),
    )


def _learning() -> None:
    op.create_table(
        "evidence",
        _number(),
        sa.Column("correction", _BIG),
        sa.Column("live", sa.String(64), nullable=False),
        sa.Column("challenger", sa.String(64), nullable=False),
        sa.Column("scene", sa.String(64), nullable=False),
        sa.Column("live_error", sa.Float, nullable=False),
        sa.Column("challenger_error", sa.Float, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_evidence"),
        sa.UniqueConstraint("correction", "challenger", name="uq_evidence_correction_challenger"),
        _refers("evidence", "correction", "corrections", "SET NULL"),
    )
    op.create_index("ix_evidence_challenger", "evidence", ["challenger", "number"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "runs",
        _number(),
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("frozen_at", sa.BigInteger, nullable=False),
        sa.Column("network", sa.String(64), nullable=False, server_default=""),
        sa.Column("forgotten", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
    )
    op.create_index("ix_runs_network", "runs", ["network"])
    op.create_table(
        "run_corrections",
        sa.Column("run", _BIG, nullable=False),
        sa.Column("correction", _BIG, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("run", "correction", name="pk_run_corrections"),
        _refers("run_corrections", "run", "runs"),
    )


def downgrade() -> None:
    for table in ("run_corrections", "runs", "leases", "evidence", "reviews", "corrections", "audits", "image_files", "images",
                  "sessions", "annotators"):  # fmt: skip
        op.drop_table(table)
