"""Where people, channels and teams of a platform are reached."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "references",
        sa.Column("platform", sa.String(100), nullable=False),
        sa.Column("holder", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("service", sa.String(500), nullable=False),
        sa.Column("conversation", sa.String(300), nullable=False),
        sa.Column("account", sa.String(200), nullable=False),
        sa.Column("unreachable", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("platform", "holder", "name", name="pk_references"),
    )


def downgrade() -> None:
    op.drop_table("references")
