"""Jobs and what they found."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", _BIG, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("key", sa.String(128)),
        sa.Column("folder", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("network_name", sa.String(200), nullable=False),
        sa.Column("network_sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
        sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("holder", sa.String(64), nullable=False, server_default=""),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("beat", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger),
        sa.Column("spent_s", sa.Float, nullable=False, server_default="0"),
        sa.Column("checkpoint", sa.LargeBinary),
        sa.PrimaryKeyConstraint("number", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
        sa.UniqueConstraint("owner", "key", name="uq_jobs_owner_key"),
    )
    op.create_index("ix_jobs_state_folder", "jobs", ["state", "folder", "number"])
    op.create_index("ix_jobs_owner", "jobs", ["owner"])
    op.create_table(
        "job_parts",
        sa.Column("job", _BIG, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("times", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("job", "first", name="pk_job_parts"),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"], name="fk_job_parts_job_jobs", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("job_parts")
    op.drop_table("jobs")
