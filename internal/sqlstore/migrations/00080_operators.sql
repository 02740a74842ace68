-- Users who run the instance.
CREATE TABLE operators (
    user_id    TEXT   PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- One row. Who changes the operators changes it first, so that such changes follow
-- one another; set_up_at is when there was the first one, and 0 before.
CREATE TABLE operator_setup (
    one       BIGINT PRIMARY KEY CHECK (one = 1),
    changes   BIGINT NOT NULL,
    set_up_at BIGINT NOT NULL
);
INSERT INTO operator_setup (one, changes, set_up_at) VALUES (1, 0, 0);

-- Links that make somebody an operator once, under the hash of their secret. The
-- first ones work until there is an operator.
CREATE TABLE operator_links (
    secret     BYTEA   PRIMARY KEY,
    first      BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX operator_links_by_expiry ON operator_links (expires_at);

-- What nodes counted: rows of a minute per node, which become rows of an hour and
-- then of a day, of all nodes together.
CREATE TABLE figures (
    width  BIGINT NOT NULL, -- milliseconds
    at     BIGINT NOT NULL, -- when it began
    series TEXT   NOT NULL,
    node   TEXT   NOT NULL, -- '' for all together
    n      BIGINT NOT NULL,
    PRIMARY KEY (width, at, series, node)
) /*CLUSTERED*/;
CREATE INDEX figures_by_time ON figures (at);

-- Nodes that run, or ran not long ago.
CREATE TABLE nodes (
    id         TEXT   PRIMARY KEY, -- of the process, random
    name       TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
