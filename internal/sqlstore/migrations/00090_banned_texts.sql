-- The texts of those who are banned, few among many, are found without a look at
-- the users, nor at all who have a text. search.go makes the index of PostgreSQL,
-- whose other indexes hold no long texts.
ALTER TABLE user_texts ADD COLUMN banned BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE user_texts SET banned = TRUE WHERE user_id IN (SELECT u.id FROM users u WHERE u.banned);
/*SQLITE
CREATE INDEX user_texts_banned ON user_texts (created_at, user_id, anything, address, username, name, beginnings, banned) WHERE banned;
SQLITE*/
