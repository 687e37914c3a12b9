"""Members of cohorts with their acknowledgements, counts of what answers were worth, and installations."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(100), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("cohort", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("asked_version", sa.String(40)),
        sa.Column("asked_at", MOMENT),
        sa.Column("acknowledged", sa.String(40)),
        sa.Column("acknowledged_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("platform", "person", "cohort", name="uq_members_platform"),
    )
    op.create_index("ix_members_cohort", "members", ["cohort"])
    op.create_table(
        "answers",
        sa.Column("cohort", sa.String(200), nullable=False),
        sa.Column("entry", sa.String(80), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cohort", "entry", "code", name="pk_answers"),
    )
    op.create_table(
        "installations",
        sa.Column("platform", sa.String(100), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", name="pk_installations"),
    )


def downgrade() -> None:
    op.drop_table("installations")
    op.drop_table("answers")
    op.drop_table("members")
