-- Texts of one or two letters are found where something begins: a line for each of
-- the first two letters of an address (a), the user name (u), the first and the last
-- name (n), and for each of these once more (q). An index finds three characters in a
-- row: the end of the line before, what the letters are of, and one letter.
-- search.go makes the index of PostgreSQL again, which takes less time than to change
-- each row under it.
DROP INDEX IF EXISTS user_texts_search;
ALTER TABLE user_texts ADD COLUMN beginnings TEXT NOT NULL DEFAULT '';
UPDATE user_texts SET beginnings = COALESCE((
    SELECT string_agg('
' || w.kind || replace(w.beginning, '
', ' ') || '
q' || replace(w.beginning, '
', ' '), '')
    FROM (
        SELECT 'a' AS kind, substr(e.address_key, 1, 2) AS beginning FROM emails e WHERE e.user_id = user_texts.user_id
        UNION SELECT 'u', substr(user_texts.username, 1, 2)
        UNION SELECT 'n', substr(user_texts.name, 1, 2)
        UNION SELECT 'n', substr(user_texts.name, length(u.first_name) + 2, 2) FROM users u WHERE u.id = user_texts.user_id
    ) AS w WHERE w.beginning <> ''), '');

/*SQLITE
CREATE VIRTUAL TABLE user_beginnings USING fts5(beginnings, content = 'user_texts', content_rowid = 'place', tokenize = 'trigram');
INSERT INTO user_beginnings (user_beginnings) VALUES ('rebuild');
CREATE TRIGGER user_beginnings_added AFTER INSERT ON user_texts BEGIN
    INSERT INTO user_beginnings (rowid, beginnings) VALUES (new.place, new.beginnings);
END;
CREATE TRIGGER user_beginnings_gone AFTER DELETE ON user_texts BEGIN
    INSERT INTO user_beginnings (user_beginnings, rowid, beginnings) VALUES ('delete', old.place, old.beginnings);
END;
SQLITE*/
