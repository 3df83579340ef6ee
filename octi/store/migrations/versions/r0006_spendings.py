"""What was spent in a day, by user, by tenant, and by all."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEYS = ("day", "whose", "tenant", "user", "figure")


def upgrade() -> None:
    op.create_table(
        "spendings",
        *(sa.Column(name, sa.Text(), nullable=False) for name in KEYS),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*KEYS, name="spendings_pk"),
    )


def downgrade() -> None:
    op.drop_table("spendings")
