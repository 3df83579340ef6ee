"""What of an answer was generated and sent, what became of a transcription; calls of functions; usage one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TURN_COLUMNS = ("generated", "sent", "transcription")


def upgrade() -> None:
    for name in TURN_COLUMNS:
        op.add_column("turns", sa.Column(name, sa.Text(), nullable=True))
    op.create_table(
        "function_calls",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("turns_before", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.Column("called_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name="function_calls_session_fk", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session", "item", name="function_calls_pk"),
    )
    op.create_table(
        "usages",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("out_of_band", sa.Boolean(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("usage", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name="usages_session_fk", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session", "kind", "id", name="usages_pk"),
    )


def downgrade() -> None:
    op.drop_table("usages")
    op.drop_table("function_calls")
    for name in reversed(TURN_COLUMNS):
        op.drop_column("turns", name)
