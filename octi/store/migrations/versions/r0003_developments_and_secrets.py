"""How a session was made and what came of it: its settings, when each turn was said, developments, client secrets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SESSION_COLUMNS = ("language", "config", "extraction", "schema", "call_id", "usage", "resumable")


def upgrade() -> None:
    op.add_column("sessions", sa.Column("language", sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("config", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("sessions", sa.Column("extraction", sa.Text(), nullable=False, server_default="request"))
    op.add_column("sessions", sa.Column("schema", sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("call_id", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("usage", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("sessions", sa.Column("resumable", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("turns", sa.Column("said_at", sa.Double(), nullable=True))
    op.create_table(
        "developments",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name="developments_session_fk", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session", "id", name="developments_pk"),
    )
    op.create_index("developments_session_revision_ix", "developments", ["session", "revision"])
    op.create_table(
        "secrets",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name="secrets_session_fk", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="secrets_pk"),
    )
    op.create_index("secrets_expires_at_ix", "secrets", ["expires_at"])


def downgrade() -> None:
    op.drop_table("secrets")
    op.drop_table("developments")
    # In place, which SQLite can do here. A batch would rebuild `sessions` by dropping it, and turns go with a session.
    op.drop_column("turns", "said_at")
    for name in reversed(SESSION_COLUMNS):
        op.drop_column("sessions", name)
