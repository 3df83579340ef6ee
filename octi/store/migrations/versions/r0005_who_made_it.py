"""Whose a session and a secret are; what a secret is bound to; what a response cost."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWNED = ("sessions", "secrets")
OWNER = ("tenant", "key", "user")


def upgrade() -> None:
    for table in OWNED:
        for name in OWNER:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("secrets", sa.Column("origin", sa.Text(), nullable=False, server_default=""))
    op.add_column("secrets", sa.Column("once", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("secrets", sa.Column("used_at", sa.Double(), nullable=True))
    op.add_column("secrets", sa.Column("revoked_at", sa.Double(), nullable=True))
    op.add_column("usages", sa.Column("cost", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("usages", "cost")
    for name in ("revoked_at", "used_at", "once", "origin"):
        op.drop_column("secrets", name)
    for table in OWNED:
        for name in reversed(OWNER):
            op.drop_column(table, name)
