-- The index of texts is a stack of smaller ones, each of which a search looks at. SQLite's
-- are merged two by two, in the background (user_texts.go).
/*SQLITE
INSERT INTO user_search (user_search, rank) VALUES ('usermerge', 2);
INSERT INTO user_beginnings (user_beginnings, rank) VALUES ('usermerge', 2);
SQLITE*/

-- PostgreSQL has what was added last in a list, which each search goes through: the list
-- is kept short (search.go).
/*POSTGRES*/
ALTER INDEX IF EXISTS user_texts_letters SET (gin_pending_list_limit = 128);
/*END*/
