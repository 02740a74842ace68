-- Those who were last seen in some period are put in the order of creation without a
-- look at the users.
DROP INDEX users_by_sign_in;
DROP INDEX users_by_activity;
CREATE INDEX users_by_sign_in ON users (last_sign_in_at, id, created_at);
CREATE INDEX users_by_activity ON users (last_active_at, id, created_at);

-- PostgreSQL walks texts in the order of creation, without a look at the users, and has
-- an index of letters without gaps (search.go).
/*POSTGRES*/
DROP INDEX IF EXISTS user_texts_search;
ALTER TABLE user_texts ADD COLUMN letters TEXT NOT NULL GENERATED ALWAYS AS (translate(anything, '.@-_+ ', 'zqjxkv')) STORED;
CREATE INDEX user_texts_by_creation ON user_texts (created_at, user_id);
/*END*/

-- SQLite's index of texts finds rows in the order of their numbers, so a row gets one
-- by the time of creation (user_texts.go).
/*SQLITE
DROP TRIGGER user_texts_added;
DROP TRIGGER user_texts_gone;
DROP TRIGGER user_beginnings_added;
DROP TRIGGER user_beginnings_gone;
DROP TABLE user_search;
DROP TABLE user_beginnings;
ALTER TABLE user_texts RENAME TO user_texts_before;
CREATE TABLE user_texts (
    place      INTEGER PRIMARY KEY,
    user_id    TEXT    NOT NULL UNIQUE,
    created_at BIGINT  NOT NULL,
    address    TEXT    NOT NULL,
    username   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    anything   TEXT    NOT NULL,
    beginnings TEXT    NOT NULL,
    banned     BOOLEAN NOT NULL
);
INSERT INTO user_texts (place, user_id, created_at, address, username, name, anything, beginnings, banned)
    SELECT ((created_at >> 10) << 20) + row_number() OVER (PARTITION BY created_at >> 10 ORDER BY created_at, user_id) - 1,
        user_id, created_at, address, username, name, anything, beginnings, banned
    FROM user_texts_before ORDER BY 1;
DROP TABLE user_texts_before;
CREATE INDEX user_texts_banned ON user_texts (created_at, user_id, anything, address, username, name, beginnings, banned) WHERE banned;

CREATE VIRTUAL TABLE user_search USING fts5(user_id, address, username, name, content = 'user_texts', content_rowid = 'place', tokenize = 'trigram');
CREATE VIRTUAL TABLE user_beginnings USING fts5(beginnings, content = 'user_texts', content_rowid = 'place', tokenize = 'trigram');
INSERT INTO user_search (user_search) VALUES ('rebuild');
INSERT INTO user_beginnings (user_beginnings) VALUES ('rebuild');
CREATE TRIGGER user_texts_added AFTER INSERT ON user_texts BEGIN
    INSERT INTO user_search (rowid, user_id, address, username, name)
        VALUES (new.place, new.user_id, new.address, new.username, new.name);
    INSERT INTO user_beginnings (rowid, beginnings) VALUES (new.place, new.beginnings);
END;
CREATE TRIGGER user_texts_gone AFTER DELETE ON user_texts BEGIN
    INSERT INTO user_search (user_search, rowid, user_id, address, username, name)
        VALUES ('delete', old.place, old.user_id, old.address, old.username, old.name);
    INSERT INTO user_beginnings (user_beginnings, rowid, beginnings) VALUES ('delete', old.place, old.beginnings);
END;
SQLITE*/
