ALTER TABLE users ADD COLUMN locked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN last_active_at BIGINT NOT NULL DEFAULT 0; -- to the day, UTC
ALTER TABLE users ADD COLUMN address_key TEXT NOT NULL DEFAULT ''; -- of the primary address
ALTER TABLE users ADD COLUMN options TEXT NOT NULL DEFAULT '{}'; -- what few users have, as JSON
ALTER TABLE emails ADD COLUMN reserved BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE users SET address_key = COALESCE((SELECT e.address_key FROM emails e WHERE e.id = users.primary_email_id), '');

-- One index for each order in which users are listed. The ids make pages stable.
CREATE INDEX users_by_update ON users (updated_at, id);
CREATE INDEX users_by_first_name ON users (lower(first_name), id);
CREATE INDEX users_by_last_name ON users (lower(last_name), id);
CREATE INDEX users_by_username ON users (lower(username), id);
CREATE INDEX users_by_address ON users (address_key, id);
CREATE INDEX users_by_sign_in ON users (last_sign_in_at, id);
CREATE INDEX users_by_activity ON users (last_active_at, id);
CREATE INDEX users_banned ON users (created_at, id) WHERE banned;

-- What parts of a user are searched for, in lower case.
CREATE TABLE user_texts (
    user_id  TEXT PRIMARY KEY,
    address  TEXT NOT NULL, -- all addresses
    username TEXT NOT NULL,
    name     TEXT NOT NULL,
    anything TEXT NOT NULL  -- all of these
);
INSERT INTO user_texts (user_id, address, username, name, anything)
    SELECT id, address, username, name, lower(id || ' ' || address || ' ' || username || ' ' || name)
    FROM (SELECT u.id, COALESCE((SELECT string_agg(e.address_key, ' ') FROM emails e WHERE e.user_id = u.id), '') AS address,
        lower(u.username) AS username, lower(u.first_name || ' ' || u.last_name) AS name FROM users u) AS texts;

-- Three letters in a row are enough to find them; PostgreSQL gets its index when
-- the extension for it can be had (search.go).
/*SQLITE
CREATE VIRTUAL TABLE user_search USING fts5(user_id, address, username, name, tokenize = 'trigram');
INSERT INTO user_search (user_id, address, username, name) SELECT user_id, address, username, name FROM user_texts;
CREATE TRIGGER user_texts_added AFTER INSERT ON user_texts BEGIN
    INSERT INTO user_search (user_id, address, username, name) VALUES (new.user_id, new.address, new.username, new.name);
END;
CREATE TRIGGER user_texts_gone AFTER DELETE ON user_texts BEGIN
    DELETE FROM user_search WHERE rowid IN (
        SELECT rowid FROM user_search('{user_id} : "' || replace(old.user_id, '"', '""') || '"') WHERE user_id = old.user_id);
END;
SQLITE*/
