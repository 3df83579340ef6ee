"""Turns are numbered within their session as they are saved, so that a reader can ask for what is new."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What was said before gets its numbers in the order of the conversation.
NUMBER = """
    UPDATE turns SET revision = numbered.place
    FROM (
        SELECT session, item, row_number() OVER (PARTITION BY session ORDER BY position, item) AS place FROM turns
    ) AS numbered
    WHERE turns.session = numbered.session AND turns.item = numbered.item
"""


def upgrade() -> None:
    op.add_column("turns", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(NUMBER)
    op.create_index("turns_session_revision_ix", "turns", ["session", "revision"])


def downgrade() -> None:
    op.drop_index("turns_session_revision_ix", "turns")
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("revision")
