-- One number that moves with every change to what nodes hold in memory: clients,
-- settings and keys.
CREATE TABLE version (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL
);
INSERT INTO version (one, number) VALUES (1, 1);
