-- With the condition in it, SQLite reads who is banned from the index alone.
DROP INDEX users_banned;
CREATE INDEX users_banned ON users (created_at, id, banned) WHERE banned;
