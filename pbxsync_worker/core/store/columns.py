"""What every table of our own database is made of."""

from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData
from sqlalchemy.dialects import mysql

metadata = MetaData()

# MariaDB's BLOB ends at 64 kB; an inventory does not.
Blob = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
Number = BigInteger().with_variant(Integer(), "sqlite")
