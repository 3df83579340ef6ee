"""What sessions spend, and may: rows of usage get their price, budgets are kept while a session runs."""
