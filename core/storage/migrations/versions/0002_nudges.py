"""Claims on events, channels, nudges and what people asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("cohorts", sa.Column("shadow", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "claims",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("leased_until", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.PrimaryKeyConstraint("key", name="pk_claims"),
    )
    op.create_index("ix_claims_done_at", "claims", ["done_at"])
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(100), nullable=False),
        sa.Column("channel", sa.String(200), nullable=False),
        sa.Column("cohort", sa.String(200), nullable=False),
        sa.Column("seminar", sa.Boolean(), nullable=False),
        sa.Column("soft_bound", sa.Float(), nullable=False),
        sa.Column("introduced_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
        sa.UniqueConstraint("platform", "channel", name="uq_channels_platform"),
    )
    op.create_table(
        "nudges",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("cohort", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("thread", sa.String(32), nullable=False),
        sa.Column("author", sa.String(32), nullable=False),
        sa.Column("message", sa.String(32), nullable=False),
        sa.Column("category", sa.String(30), nullable=False),
        sa.Column("tier", sa.String(10), nullable=False),
        sa.Column("band", sa.Float(), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("delivered_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("closing", sa.String(10)),
        sa.Column("feedback", sa.String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_nudges"),
        sa.UniqueConstraint("message", name="uq_nudges_message"),
    )
    op.create_index("ix_nudges_author_at", "nudges", ["author", "at"])
    op.create_index("ix_nudges_cohort_at", "nudges", ["cohort", "at"])
    op.create_table(
        "people",
        sa.Column("author", sa.String(32), nullable=False),
        sa.Column("paused_until", MOMENT),
        sa.Column("summed_up_at", MOMENT),
        sa.Column("introduced_at", MOMENT),
        sa.PrimaryKeyConstraint("author", name="pk_people"),
    )


def downgrade() -> None:
    for table in ("people", "nudges", "channels", "claims"):
        op.drop_table(table)
    with op.batch_alter_table("cohorts") as cohorts:
        cohorts.drop_column("shadow")
