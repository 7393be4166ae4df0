-- Everything lives in schema hansom. Times are milliseconds since 1970; 64-bit
-- identifiers are stored as the signed number of the same bits, trip ids turned
-- by 8 bits so that rows of one moment lie together.

CREATE TABLE hansom.meta(
  name text PRIMARY KEY,
  value text NOT NULL
);

CREATE TABLE hansom.node(
  incarnation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- never reused
  name text NOT NULL,
  at bigint NOT NULL
);

-- Half empty, so that a lock or a takeover finds room on the same page.
CREATE TABLE hansom.shard(
  shard smallint PRIMARY KEY,
  owner bigint NOT NULL,
  epoch bigint NOT NULL,
  last_seq bigint NOT NULL -- Numbers up to here are used, whatever is trimmed.
) WITH (fillfactor = 50);

CREATE TABLE hansom.shard_history(
  shard smallint NOT NULL,
  epoch bigint NOT NULL,
  owner bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY(shard, epoch)
);

-- `day` is days since 1970 by the writer's clock. A unique key of a partitioned
-- table has to hold the partition; across days the state's revision and the
-- writer's counters do the same.
CREATE TABLE hansom.journal(
  pos bigint GENERATED ALWAYS AS IDENTITY,
  day integer NOT NULL,
  shard smallint NOT NULL,
  kind smallint NOT NULL,
  entity bigint NOT NULL,
  shard_seq bigint NOT NULL,
  seq bigint NOT NULL,
  epoch bigint NOT NULL,
  at bigint NOT NULL,
  client bigint,
  client_kind smallint,
  event text NOT NULL,
  payload text NOT NULL,
  command text,
  UNIQUE(entity, kind, seq, day),
  UNIQUE(shard, shard_seq, day)
) PARTITION BY RANGE(day);

-- Safety: an event of a day that nobody prepared is kept all the same.
CREATE TABLE hansom.journal_other PARTITION OF hansom.journal DEFAULT;

CREATE TABLE hansom.entity_state(
  id bigint NOT NULL,
  rev bigint NOT NULL,
  kind smallint NOT NULL,
  shard smallint NOT NULL,
  active boolean NOT NULL,
  state text NOT NULL,
  PRIMARY KEY(id, kind)
) WITH (fillfactor = 70);
CREATE INDEX entity_state_active ON hansom.entity_state(shard) WHERE active;

CREATE TABLE hansom.claim(
  key bigint NOT NULL,
  entity bigint NOT NULL,
  claim_kind smallint NOT NULL,
  kind smallint NOT NULL,
  PRIMARY KEY(key, claim_kind)
);

CREATE TABLE hansom.command(
  client bigint NOT NULL,
  entity bigint NOT NULL,
  seq bigint NOT NULL,
  at bigint NOT NULL,
  client_kind smallint NOT NULL,
  kind smallint NOT NULL,
  command text NOT NULL,
  PRIMARY KEY(client, command, client_kind)
);

CREATE TABLE hansom.transfer(
  minor bigint NOT NULL CHECK(minor > 0),
  entity bigint NOT NULL,
  seq bigint NOT NULL,
  currency integer NOT NULL,
  kind smallint NOT NULL,
  key text PRIMARY KEY,
  debit text NOT NULL,
  credit text NOT NULL,
  CHECK(key <> '' AND debit <> '' AND credit <> '' AND debit <> credit)
);

-- Prepares the journal's days [first, first + count). A day whose events are
-- already in the default partition stays there.
-- Runs with the owner's rights: the node itself may not create tables.
CREATE FUNCTION hansom.prepare_journal_days(first integer, count integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made integer := 0;
BEGIN
  IF count NOT BETWEEN 1 AND 400 THEN
    RAISE EXCEPTION 'count % is not from 1 to 400', count;
  END IF;
  PERFORM pg_advisory_xact_lock(48415, 2);
  FOR d IN first .. first + count - 1 LOOP
    CONTINUE WHEN to_regclass('hansom.journal_' || d) IS NOT NULL;
    CONTINUE WHEN EXISTS (SELECT 1 FROM hansom.journal_other o WHERE o.day = d);
    EXECUTE format('CREATE TABLE hansom.%I PARTITION OF hansom.journal '
                   'FOR VALUES FROM (%s) TO (%s)', 'journal_' || d, d, d + 1);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION hansom.prepare_journal_days(integer, integer)
  FROM PUBLIC;

INSERT INTO hansom.meta VALUES('shard_count', '256'), ('shard_hash', 'mix64/1');
INSERT INTO hansom.shard SELECT n, 0, 0, 0 FROM generate_series(0, 255) n;

-- What a running node may do: nothing that forgets.
GRANT USAGE ON SCHEMA hansom TO hansom_node;
GRANT SELECT ON ALL TABLES IN SCHEMA hansom TO hansom_node;
GRANT INSERT ON hansom.node, hansom.shard_history, hansom.journal,
  hansom.entity_state, hansom.claim, hansom.command, hansom.transfer
  TO hansom_node;
GRANT UPDATE ON hansom.shard, hansom.entity_state TO hansom_node;
GRANT DELETE ON hansom.claim TO hansom_node;
GRANT EXECUTE ON FUNCTION hansom.prepare_journal_days(integer, integer)
  TO hansom_node;
