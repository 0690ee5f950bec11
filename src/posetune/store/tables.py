"""The tables of this version. Who changes them adds a step to ``migrations/versions`` and its number to ``schema.REVISION``."""

from __future__ import annotations

import sqlalchemy as sa

#: Names of constraints that are the same everywhere, so that a later step can change them.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
#: SQLite counts only INTEGER by itself.
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: A long piece of work on one upload. Times are seconds since 1970 by the clock of who wrote them: for deletion and for people,
#: never for leases, which are ``beat``: a number that whoever holds the job raises every few seconds.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),  # the order of asking
    sa.Column("id", sa.String(22), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False),  # the session that may see it
    sa.Column("key", sa.String(128)),  # what the client calls its request: asked twice, it is one job
    sa.Column("folder", sa.String(64), nullable=False),  # which data folder has its files
    sa.Column("name", sa.String(200), nullable=False, server_default=""),  # what the client calls its file; text only
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("options", sa.Text, nullable=False),  # JSON
    sa.Column("about", sa.Text, nullable=False),  # JSON: of a video its size, frames, seconds …
    sa.Column("network_name", sa.String(200), nullable=False),
    sa.Column("network_sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("error", sa.Text, nullable=False, server_default=""),  # a sentence
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("holder", sa.String(64), nullable=False, server_default=""),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("beat", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("total", sa.BigInteger),
    sa.Column("spent_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("checkpoint", sa.LargeBinary),  # what it takes to go on behind ``done``
    sa.UniqueConstraint("owner", "key"),
    sa.Index("ix_jobs_state_folder", "state", "folder", "number"),
    sa.Index("ix_jobs_owner", "owner"),
)

#: What a job found so far, some frames a row, written in the transaction that says so in ``jobs.done``.
job_parts = sa.Table(
    "job_parts",
    metadata,
    sa.Column("job", BIG, sa.ForeignKey("jobs.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column(
        "times", sa.LargeBinary, nullable=False
    ),  # float64; before what is long: SQLite reads a row up to what is asked for
    sa.Column("content", sa.LargeBinary, nullable=False),  # zlib of JSON lines
)
