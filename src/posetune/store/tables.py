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

#: Who corrects: a name that an operator gave, or the random id of a browser. ``id`` is all that is known of them.
annotators = sa.Table(
    "annotators",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column(
        "trusted", sa.Boolean, nullable=False, server_default=sa.false()
    ),  # an operator said so: no share, no daily most
    sa.Column("right", sa.Integer, nullable=False, server_default="0"),  # of the honeypots
    sa.Column("wrong", sa.Integer, nullable=False, server_default="0"),
)

#: One sitting of one annotator: a browser's session, a file that was added, a pull from a labelling server.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("annotator", BIG, sa.ForeignKey("annotators.number", ondelete="CASCADE"), nullable=False),
    sa.Column("source", sa.String(16), nullable=False),  # web, file, cvat
    sa.Column("name", sa.String(200), nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("ix_sessions_annotator", "annotator"),
)

#: A picture that somebody allowed to be kept, by the sha256 of its file. ``owner``: who first allowed it.
images = sa.Table(
    "images",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("owner", BIG, sa.ForeignKey("annotators.number", ondelete="CASCADE"), nullable=False),
    sa.Column("suffix", sa.String(8), nullable=False),  # .jpg, .png, .webp …
    sa.Column("width", sa.Integer, nullable=False),  # upright, px
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("scene", sa.String(200), nullable=False),  # pictures of one scene or video are no independent evidence
    sa.Column("traffic", sa.Boolean, nullable=False),  # came as a request came: audits are drawn from these alone
    sa.Column("consent", sa.Text, nullable=False),  # the sentence that was agreed to
    sa.Column("consented_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("ix_images_owner", "owner"),
)

#: The files of ``images`` where the database is no file with a folder beside it (PostgreSQL).
image_files = sa.Table(
    "image_files",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

#: A picture that an auditor got to label: by whom it was labelled beforehand is known here alone.
audits = sa.Table(
    "audits",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(22), nullable=False, unique=True),
    sa.Column("image", BIG, sa.ForeignKey("images.number", ondelete="CASCADE"), nullable=False),
    sa.Column("subject", sa.Integer, nullable=False),
    sa.Column("shown", sa.String(64), nullable=False),  # sha256 of the network; "" for none
    sa.Column(
        "points", sa.LargeBinary, nullable=False
    ),  # (33, 3) float64: x, y in image px, v; where the person is, shown or not
    sa.Column("honeypot", BIG),  # the correction whose points are known to be right
    sa.Column("drawn_at", sa.Float, nullable=False),
    sa.Index("ix_audits_image", "image"),
)

#: The points that somebody gave one person in one picture. ``number`` is the order of their being acknowledged, on every database;
#: it, not a clock, says what came after what.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(22), nullable=False, unique=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),  # given twice, it is one
    sa.Column("image", BIG, sa.ForeignKey("images.number", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "subject", sa.Integer, nullable=False
    ),  # which person of the picture, counted in the order of their coming
    sa.Column("annotator", BIG, sa.ForeignKey("annotators.number", ondelete="CASCADE"), nullable=False),
    sa.Column("session", BIG, sa.ForeignKey("sessions.number", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("audit", BIG, sa.ForeignKey("audits.number", ondelete="SET NULL"), unique=True),
    sa.Column("points", sa.LargeBinary, nullable=False),  # (33, 3) float64: x, y in image px, v
    sa.Column("touched", sa.String(33), nullable=False),  # a letter a point: untouched, confirmed, moved
    sa.Column("shown", sa.String(64), nullable=False),  # sha256 of the network whose answer was shown; "" for none
    sa.Column("shown_points", sa.LargeBinary),
    sa.Column("seconds", sa.Float),
    sa.Column(
        "held", sa.String(33), nullable=False, server_default=""
    ),  # x: a point that a second person has to agree to
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),  # of quarantine and rejection
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("ix_corrections_image", "image"),
    sa.Index("ix_corrections_annotator", "annotator"),
    sa.Index("ix_corrections_status_kind", "status", "kind", "number"),
    sqlite_autoincrement=True,  # a number that was forgotten is not given again
)

#: What somebody else said of a correction.
reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("correction", BIG, sa.ForeignKey("corrections.number", ondelete="CASCADE"), nullable=False),
    sa.Column("reviewer", BIG, sa.ForeignKey("annotators.number", ondelete="CASCADE"), nullable=False),
    sa.Column("verdict", sa.String(10), nullable=False),  # accept, reject
    sa.Column("created_at", sa.Float, nullable=False),
    sa.UniqueConstraint("correction", "reviewer"),
)

#: An audited person's errors by two networks. The person judges a challenger once; what they gave may be forgotten, not that it
#: judged.
evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("correction", BIG, sa.ForeignKey("corrections.number", ondelete="SET NULL")),
    sa.Column("live", sa.String(64), nullable=False),
    sa.Column("challenger", sa.String(64), nullable=False),
    sa.Column("scene", sa.String(64), nullable=False),  # sha256 of the scene's name
    sa.Column("live_error", sa.Float, nullable=False),  # px of the 256 px crop
    sa.Column("challenger_error", sa.Float, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.UniqueConstraint("correction", "challenger"),
    sa.Index("ix_evidence_challenger", "challenger", "number"),
)

#: Who does what only one may do at a time. A holder raises ``beat``; no clocks are compared, as with jobs.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),  # "" where it is free
    sa.Column("attempt", sa.BigInteger, nullable=False),
    sa.Column("beat", sa.BigInteger, nullable=False),
)

#: A training: what it learned from, and what came out.
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("number", BIG, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(22), nullable=False, unique=True),
    sa.Column(
        "frozen_at", sa.BigInteger, nullable=False
    ),  # the newest correction's number then: what came later may judge it
    sa.Column("network", sa.String(64), nullable=False, server_default=""),  # sha256, once there is one
    sa.Column(
        "forgotten", sa.Integer, nullable=False, server_default="0"
    ),  # corrections it learned from that are no more
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("ix_runs_network", "network"),
)
run_corrections = sa.Table(
    "run_corrections",
    metadata,
    sa.Column("run", BIG, sa.ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("correction", BIG, primary_key=True, autoincrement=False),  # of which nothing else may be left
)
