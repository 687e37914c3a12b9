"""What is scheduled: slots, their sendings, and how each cohort's calendar stands."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("cohorts", sa.Column("prompts_since", MOMENT))
    op.add_column("cohorts", sa.Column("prompts_paused_at", MOMENT))
    op.add_column("channels", sa.Column("prompts", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "slots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("choice", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_slots"),
        sa.UniqueConstraint("cohort", "kind", "day", name="uq_slots_cohort"),
    )
    op.create_index("ix_slots_state_due_at", "slots", ["state", "due_at"])
    op.create_table(
        "sendings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place", sa.String(320), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", MOMENT),
        sa.Column("message", sa.String(200)),
        sa.PrimaryKeyConstraint("id", name="pk_sendings"),
        sa.UniqueConstraint("cohort", "kind", "day", "place", name="uq_sendings_cohort"),
    )


def downgrade() -> None:
    op.drop_table("sendings")
    op.drop_table("slots")
    with op.batch_alter_table("channels") as channels:
        channels.drop_column("prompts")
    with op.batch_alter_table("cohorts") as cohorts:
        cohorts.drop_column("prompts_paused_at")
        cohorts.drop_column("prompts_since")
