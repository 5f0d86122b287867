"""Rows of MySQL and MariaDB tables: read them as items, and change them in one transaction that can be taken back."""
