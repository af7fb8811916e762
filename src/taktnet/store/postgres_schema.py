"""Tables of the PostgreSQL ledger, as steps that are never changed once they shipped.

All live in the schema `taktnet`. `events` and `names` are append-only by trigger. `events_key`
keeps a key once for ever, `events_corrects` lets an event be corrected once.
"""

from __future__ import annotations

from taktnet.store.migrations import Migration

SCHEMA = "taktnet"
#: PostgreSQL 15 is the oldest version that the tests run on.
OLDEST_SERVER = 15

_FIRST = """
CREATE TABLE head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  recorded bigint NOT NULL,
  epoch bigint NOT NULL,
  writer text NOT NULL
) WITH (fillfactor = 10);
INSERT INTO head VALUES (true, 0, decode(repeat('00', 32), 'hex'), 0, 0, '');

CREATE TABLE events (
  seq bigint PRIMARY KEY,
  recorded bigint NOT NULL,
  tenant integer NOT NULL,
  source integer NOT NULL,
  id text COLLATE "C" NOT NULL,
  corrects text COLLATE "C",
  facts bytea NOT NULL,
  hash bytea NOT NULL,
  body bytea NOT NULL
);
ALTER TABLE events ALTER facts SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX events_key ON events (tenant, source, id);
CREATE UNIQUE INDEX events_corrects ON events (tenant, source, corrects)
  WHERE corrects IS NOT NULL;

CREATE TABLE names (
  domain smallint NOT NULL,
  id integer NOT NULL,
  text text COLLATE "C" NOT NULL,
  PRIMARY KEY (domain, id)
);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% are append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE ON events
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER events_remain BEFORE TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER names_stay BEFORE UPDATE OR DELETE ON names
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER names_remain BEFORE TRUNCATE ON names
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE TABLE periods (seq bigint PRIMARY KEY);
CREATE TABLE followers (name text PRIMARY KEY, seq bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE checkpoints (size bigint PRIMARY KEY, note text NOT NULL);
CREATE TABLE snapshots (name text PRIMARY KEY, seq bigint NOT NULL, blob bytea NOT NULL);
ALTER TABLE snapshots ALTER blob SET STORAGE EXTERNAL;
CREATE TABLE conflicts (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  recorded bigint NOT NULL,
  tenant text NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  digest bytea NOT NULL,
  body bytea NOT NULL,
  UNIQUE (tenant, source, id, digest)
);
CREATE TABLE parked (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  recorded bigint NOT NULL,
  tenant text NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  body bytea NOT NULL,
  UNIQUE (tenant, source, id)
);
"""

STEPS = (Migration(1, "events, head, names, followers, checkpoints, snapshots", _FIRST),)
