-- Texts come with the time by which users are listed, so that those with a text
-- can be put in order without a look at the users. The table is made anew, as that
-- takes less time than to change each row under an index of its texts, which
-- search.go makes again.
/*SQLITE
DROP TRIGGER user_texts_added;
DROP TRIGGER user_texts_gone;
DROP TABLE user_search;
SQLITE*/
ALTER TABLE user_texts RENAME TO user_texts_before;
CREATE TABLE user_texts (
    /*SQLITE place INTEGER PRIMARY KEY, SQLITE*/
    user_id    TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    address    TEXT   NOT NULL, -- all addresses
    username   TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    anything   TEXT   NOT NULL  -- all of these
);
INSERT INTO user_texts (user_id, created_at, address, username, name, anything)
    SELECT t.user_id, u.created_at, t.address, t.username, t.name, t.anything
    FROM user_texts_before t JOIN users u ON u.id = t.user_id ORDER BY u.created_at, t.user_id;
DROP TABLE user_texts_before;

-- The index of SQLite keeps no copy of the texts: a number leads from it to them,
-- which has a name so that VACUUM leaves it as it is.
/*SQLITE
CREATE VIRTUAL TABLE user_search USING fts5(user_id, address, username, name, content = 'user_texts', content_rowid = 'place', tokenize = 'trigram');
INSERT INTO user_search (user_search) VALUES ('rebuild');
CREATE TRIGGER user_texts_added AFTER INSERT ON user_texts BEGIN
    INSERT INTO user_search (rowid, user_id, address, username, name)
        VALUES (new.place, new.user_id, new.address, new.username, new.name);
END;
CREATE TRIGGER user_texts_gone AFTER DELETE ON user_texts BEGIN
    INSERT INTO user_search (user_search, rowid, user_id, address, username, name)
        VALUES ('delete', old.place, old.user_id, old.address, old.username, old.name);
END;
SQLITE*/
