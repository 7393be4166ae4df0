-- Housekeeping: closed trips leave the states, old events leave the journal,
-- old positions become coarse. All of it goes through functions that run with
-- the owner's rights and can do just that; a node's own rights stay as they
-- were. Each asks first whether the node that calls still owns a shard.

ALTER TABLE hansom.shard
  ADD COLUMN trimmed_seq bigint NOT NULL DEFAULT 0; -- Dropped up to here.

-- Closed trips, by the day on which they were asked for, which their id tells.
CREATE TABLE hansom.trip_history(
  id bigint NOT NULL,
  rev bigint NOT NULL,
  day integer NOT NULL,
  shard smallint NOT NULL,
  blurred boolean NOT NULL DEFAULT false,
  state text NOT NULL,
  PRIMARY KEY(id, day)
) PARTITION BY RANGE(day);
CREATE TABLE hansom.trip_history_other PARTITION OF hansom.trip_history DEFAULT;
CREATE INDEX trip_history_exact ON hansom.trip_history(id) WHERE NOT blurred;

-- What an entity was when its journal was trimmed: the fold goes on from here.
CREATE TABLE hansom.journal_base(
  entity bigint NOT NULL,
  kind smallint NOT NULL,
  seq bigint NOT NULL,
  state text NOT NULL,
  PRIMARY KEY(entity, kind)
);

CREATE INDEX command_at ON hansom.command(at);

-- A trip's id, turned by 8 bits, leads with the seconds since 2020.
CREATE FUNCTION hansom.day_of_trip(id bigint) RETURNS integer
LANGUAGE sql IMMUTABLE AS
$$ SELECT ((((id >> 34) & 1073741823) + 1577836800) / 86400)::integer $$;

CREATE FUNCTION hansom.first_trip_of(at bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS
$$ SELECT greatest(at / 1000 - 1577836800, 0) << 34 $$;

-- Three decimals of a degree, cut: a field of about 110 m by 110 m or less.
CREATE FUNCTION hansom.blurred(x text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(x,
    '("(?:pickup|dropoff)":\{"lat":-?\d+\.\d{3})\d{4}(,"lon":-?\d+\.\d{3})\d{4}\}',
    '\10000\20000}', 'g') $$;

-- The fence: nobody takes the shards over before this step is done.
CREATE FUNCTION hansom.fence_upkeep(self bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM hansom.shard s WHERE s.owner = self ORDER BY s.shard FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'incarnation % owns no shard any more', self;
  END IF;
END $$;

CREATE FUNCTION hansom.refuse_young(before bigint, least_ms bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF before > extract(epoch FROM clock_timestamp()) * 1000 - least_ms THEN
    RAISE EXCEPTION 'what is younger than % s stays', least_ms / 1000;
  END IF;
END $$;

-- Moves trips that ended before a moment, in the order of ids behind `after`.
-- @returns how many were moved and looked at, and where to go on.
CREATE FUNCTION hansom.keep_trips(self bigint, before bigint, after bigint,
                                  count integer)
RETURNS TABLE(moved integer, seen integer, next bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  ids bigint[];
  d integer;
BEGIN
  PERFORM hansom.fence_upkeep(self);
  SELECT array_agg(c.id) FILTER (WHERE NOT EXISTS (
           SELECT 1 FROM hansom.journal j
           WHERE j.entity = c.id AND j.kind = 3 AND j.seq = c.rev
             AND j.day >= before / 86400000 AND j.at >= before)),
         count(*), coalesce(max(c.id), after)
    INTO ids, seen, next
  FROM (SELECT s.id, s.rev FROM hansom.entity_state s
        WHERE s.kind = 3 AND NOT s.active AND s.id > after
          AND s.id < hansom.first_trip_of(before)
        ORDER BY s.id LIMIT least(count, 10000)) c;
  ids := coalesce(ids, '{}');
  FOR d IN SELECT DISTINCT hansom.day_of_trip(x) FROM unnest(ids) x LOOP
    CONTINUE WHEN to_regclass('hansom.trip_history_' || d) IS NOT NULL;
    CONTINUE WHEN EXISTS (SELECT 1 FROM hansom.trip_history_other o
                          WHERE o.day = d);
    EXECUTE format('CREATE TABLE hansom.%I PARTITION OF hansom.trip_history '
                   'FOR VALUES FROM (%s) TO (%s)', 'trip_history_' || d, d,
                   d + 1);
  END LOOP;
  WITH gone AS (
    DELETE FROM hansom.entity_state s
    WHERE s.kind = 3 AND s.id = ANY(ids) AND NOT s.active
    RETURNING s.id, s.rev, s.shard, s.state)
  INSERT INTO hansom.trip_history(id, rev, day, shard, state)
  SELECT g.id, g.rev, hansom.day_of_trip(g.id), g.shard, g.state FROM gone g;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN NEXT;
END $$;

-- The way back, for a trip that is written to once more. What the journal has
-- forgotten of it is remembered as its base.
CREATE FUNCTION hansom.recall_trips(ids bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  back integer;
BEGIN
  WITH gone AS (
    DELETE FROM hansom.trip_history h USING unnest(ids) AS t(id)
    WHERE h.id = t.id AND h.day = hansom.day_of_trip(t.id)
    RETURNING h.id, h.rev, h.shard, h.state),
  based AS (
    INSERT INTO hansom.journal_base(entity, kind, seq, state)
    SELECT g.id, 3, g.rev, g.state FROM gone g
    WHERE NOT EXISTS (SELECT 1 FROM hansom.journal j WHERE j.entity = g.id
                      AND j.kind = 3 AND j.seq = g.rev)
    ON CONFLICT (entity, kind) DO UPDATE
      SET seq = excluded.seq, state = excluded.state)
  INSERT INTO hansom.entity_state(id, kind, rev, shard, active, state)
  SELECT g.id, 3, g.rev, g.shard, false, g.state FROM gone g;
  GET DIAGNOSTICS back = ROW_COUNT;
  RETURN back;
END $$;

-- Makes the positions of closed trips coarse, where state, journal and base
-- have them; it can do nothing else to a journal.
CREATE FUNCTION hansom.blur_trips(self bigint, before bigint, count integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  ids bigint[];
  first integer;
BEGIN
  PERFORM hansom.refuse_young(before, 86400000);
  PERFORM hansom.fence_upkeep(self);
  SELECT array_agg(c.id), min(hansom.day_of_trip(c.id)) INTO ids, first
  FROM (SELECT h.id FROM hansom.trip_history h
        WHERE NOT h.blurred AND h.id < hansom.first_trip_of(before)
        ORDER BY h.id LIMIT least(count, 10000)) c;
  IF ids IS NULL THEN
    RETURN 0;
  END IF;
  -- A clock may have stood on the other side of midnight.
  UPDATE hansom.journal j SET payload = hansom.blurred(j.payload)
  WHERE j.entity = ANY(ids) AND j.kind = 3 AND j.day >= first - 1
    AND j.payload <> hansom.blurred(j.payload);
  UPDATE hansom.journal_base b SET state = hansom.blurred(b.state)
  WHERE b.entity = ANY(ids) AND b.kind = 3;
  UPDATE hansom.trip_history h
  SET blurred = true, state = hansom.blurred(h.state)
  WHERE h.id = ANY(ids) AND h.day >= first;
  RETURN cardinality(ids);
END $$;

CREATE FUNCTION hansom.forget_commands(self bigint, before bigint,
                                       count integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  gone integer;
BEGIN
  PERFORM hansom.refuse_young(before, 3600000);
  PERFORM hansom.fence_upkeep(self);
  DELETE FROM hansom.command c USING (
    SELECT o.client, o.command, o.client_kind FROM hansom.command o
    WHERE o.at < before ORDER BY o.at LIMIT least(count, 10000)) x
  WHERE c.client = x.client AND c.command = x.command
    AND c.client_kind = x.client_kind;
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone > 0 THEN
    INSERT INTO hansom.meta AS m VALUES('commands_since', before)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
      WHERE m.value::bigint < before;
  END IF;
  RETURN gone;
END $$;

-- Gives the oldest day that landed in the default partition one of its own.
-- Only days that are over: nobody adds to them. Copies first, and holds the
-- lock that others would feel only while it changes places.
CREATE FUNCTION hansom.settle_stray_day(self bigint, today integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  d integer;
  name text;
  copied bigint;
  removed bigint;
BEGIN
  SELECT min(o.day) INTO d FROM hansom.journal_other o WHERE o.day < today;
  IF d IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM pg_advisory_xact_lock(48415, 2);
  name := 'journal_' || d;
  EXECUTE format('CREATE TABLE hansom.%I (LIKE hansom.journal INCLUDING INDEXES,'
                 ' CHECK (day >= %s AND day < %s))', name, d, d + 1);
  EXECUTE format('INSERT INTO hansom.%I SELECT * FROM hansom.journal_other '
                 'WHERE day = $1', name) USING d;
  GET DIAGNOSTICS copied = ROW_COUNT;
  PERFORM hansom.fence_upkeep(self);
  LOCK TABLE hansom.journal_other IN ACCESS EXCLUSIVE MODE;
  DELETE FROM hansom.journal_other o WHERE o.day = d;
  GET DIAGNOSTICS removed = ROW_COUNT;
  IF removed <> copied THEN
    RAISE EXCEPTION 'day % has been added to meanwhile', d;
  END IF;
  EXECUTE format('ALTER TABLE hansom.journal ATTACH PARTITION hansom.%I '
                 'FOR VALUES FROM (%s) TO (%s)', name, d, d + 1);
  RETURN removed;
END $$;

-- Drops whole days of the journal. First whatever may not be forgotten: every
-- entity has a base, or is a closed trip whose last event goes along; all
-- numbers that go lie before those that stay; all were published, where
-- `published` (by shard, from 0) says how far that is.
-- @returns how many events are gone, or -1 when days and numbers are
-- interwoven there (a clock was set back over midnight): the next day must go
-- along; or -2 when events wait to be published; or -3 when a base is missing.
CREATE FUNCTION hansom.drop_journal_days(self bigint, first integer,
                                         last integer, published bigint[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  gone bigint;
  shards smallint[];
  seqs bigint[];
  d integer;
BEGIN
  PERFORM hansom.refuse_young((last + 1) * 86400000::bigint, 3600000);
  IF first > last OR EXISTS (SELECT 1 FROM hansom.journal j WHERE j.day < first)
     OR EXISTS (SELECT 1 FROM hansom.journal_other o WHERE o.day <= last) THEN
    RAISE EXCEPTION 'days % to % are not the oldest', first, last;
  END IF;
  -- No trip comes back from the history while we look.
  LOCK TABLE hansom.trip_history IN SHARE MODE;
  SELECT coalesce(sum(g.events), 0), array_agg(g.shard), array_agg(g.seq)
    INTO gone, shards, seqs
  FROM (SELECT j.shard, max(j.shard_seq) AS seq, count(*) AS events
        FROM hansom.journal j WHERE j.day BETWEEN first AND last
        GROUP BY j.shard) g;
  IF EXISTS (SELECT 1 FROM unnest(shards, seqs) g(shard, seq)
             WHERE g.seq > (
               SELECT j.shard_seq FROM hansom.journal j
               WHERE j.shard = g.shard AND j.day > last
               ORDER BY j.shard_seq LIMIT 1)) THEN
    RETURN -1;
  END IF;
  IF published IS NOT NULL
     AND EXISTS (SELECT 1 FROM unnest(shards, seqs) g(shard, seq)
                 WHERE g.seq > published[g.shard + 1]) THEN
    RETURN -2;
  END IF;
  IF EXISTS (
       SELECT 1 FROM (SELECT j.entity, j.kind, max(j.seq) AS seq
                      FROM hansom.journal j WHERE j.day BETWEEN first AND last
                      GROUP BY j.entity, j.kind) e
       LEFT JOIN hansom.journal_base b
         ON b.entity = e.entity AND b.kind = e.kind AND b.seq = e.seq
       LEFT JOIN hansom.trip_history h
         ON e.kind = 3 AND h.id = e.entity AND h.rev = e.seq
            AND h.day = hansom.day_of_trip(e.entity)
       WHERE b.entity IS NULL AND h.id IS NULL) THEN
    RETURN -3;
  END IF;
  -- Whoever is in these days is waited for here, before commits would wait too.
  FOR d IN first .. last LOOP
    IF to_regclass('hansom.journal_' || d) IS NOT NULL THEN
      EXECUTE format('LOCK TABLE hansom.%I IN ACCESS EXCLUSIVE MODE',
                     'journal_' || d);
    END IF;
  END LOOP;
  PERFORM hansom.fence_upkeep(self);
  -- The last word on numbers, before the rows that said it are gone.
  UPDATE hansom.shard s SET last_seq = greatest(s.last_seq, g.seq),
                            trimmed_seq = greatest(s.trimmed_seq, g.seq)
  FROM unnest(shards, seqs) g(shard, seq) WHERE s.shard = g.shard;
  -- A closed trip that is gone altogether needs no base.
  DELETE FROM hansom.journal_base b
  USING hansom.journal j, hansom.trip_history h
  WHERE j.day BETWEEN first AND last AND j.kind = 3 AND b.kind = 3
    AND b.entity = j.entity AND h.id = j.entity AND h.rev = j.seq
    AND h.day = hansom.day_of_trip(j.entity);
  FOR d IN first .. last LOOP
    EXECUTE format('DROP TABLE IF EXISTS hansom.%I', 'journal_' || d);
  END LOOP;
  RETURN gone;
END $$;

GRANT SELECT ON hansom.trip_history, hansom.journal_base TO hansom_node;
GRANT INSERT, UPDATE ON hansom.journal_base TO hansom_node;
REVOKE ALL ON FUNCTION hansom.fence_upkeep, hansom.refuse_young,
  hansom.keep_trips, hansom.recall_trips, hansom.blur_trips,
  hansom.forget_commands, hansom.settle_stray_day, hansom.drop_journal_days
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hansom.keep_trips, hansom.recall_trips,
  hansom.blur_trips, hansom.forget_commands, hansom.settle_stray_day,
  hansom.drop_journal_days TO hansom_node;
