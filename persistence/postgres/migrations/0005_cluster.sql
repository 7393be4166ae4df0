-- Nodes that work together. Who is a member and who owns which shard is decided
-- here alone: each change is one call that commits by itself and says whether
-- it found what its caller had seen.
--
-- Two orders keep calls from waiting for each other in a circle: a call that
-- touches shards locks those first, in their order; the view's row comes after
-- them and before nodes. Events are numbered while the view is locked, so that
-- a reader who goes by numbers misses none.
--
-- Status of a node: 0 alone (no member), 1 joining, 2 active, 3 draining, 4
-- left, 5 dead. 1 to 3 are members.

ALTER TABLE hansom.node
  ADD COLUMN status smallint NOT NULL DEFAULT 0 CHECK(status BETWEEN 0 AND 5),
  ADD COLUMN hb_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN hb_at bigint NOT NULL DEFAULT 0, -- By our clock, as is `since`.
  ADD COLUMN since bigint NOT NULL DEFAULT 0, -- Of the status.
  ADD COLUMN config_hash bigint NOT NULL DEFAULT 0,
  ADD COLUMN protocol_min integer NOT NULL DEFAULT 1,
  ADD COLUMN protocol_max integer NOT NULL DEFAULT 1,
  ADD COLUMN weight integer NOT NULL DEFAULT 100,
  ADD COLUMN address text NOT NULL DEFAULT '',
  ADD COLUMN url text NOT NULL DEFAULT '',
  ADD COLUMN app_version text NOT NULL DEFAULT '';
ALTER TABLE hansom.node SET (fillfactor = 50);
CREATE UNIQUE INDEX node_member_name ON hansom.node(name)
  WHERE status IN (1, 2, 3);
CREATE UNIQUE INDEX node_member_address ON hansom.node(address)
  WHERE status IN (1, 2, 3);

ALTER TABLE hansom.shard ADD COLUMN pin text NOT NULL DEFAULT '';

CREATE TABLE hansom.cluster_view(
  one boolean PRIMARY KEY DEFAULT true CHECK(one),
  version bigint NOT NULL,
  paused boolean NOT NULL
);
INSERT INTO hansom.cluster_view VALUES(true, 1, false);

CREATE TABLE hansom.suspicion(
  target bigint NOT NULL,
  reporter bigint NOT NULL,
  hb_seq bigint NOT NULL,
  evidence smallint NOT NULL, -- 1 refused, 2 reset, 3 timeout.
  PRIMARY KEY(target, reporter)
);

CREATE TABLE hansom.cut_link(
  reporter bigint NOT NULL,
  target bigint NOT NULL,
  since bigint NOT NULL,
  PRIMARY KEY(reporter, target)
);

CREATE TABLE hansom.cluster_event(
  pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  version bigint NOT NULL,
  node bigint NOT NULL,
  kind text NOT NULL,
  by text NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL
);

CREATE FUNCTION hansom.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE FUNCTION hansom.node_label(who bigint) RETURNS text LANGUAGE sql STABLE
AS $$ SELECT coalesce((SELECT 'node/' || n.name FROM hansom.node n
                       WHERE n.incarnation = who), 'node/?') $$;

-- Raises the view's version and writes down why. @returns the version.
CREATE FUNCTION hansom.note_change(kind text, by text, subject text,
                                   reason text, node bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  v bigint;
BEGIN
  UPDATE hansom.cluster_view SET version = version + 1
    RETURNING cluster_view.version INTO v;
  INSERT INTO hansom.cluster_event(at, version, node, kind, by, subject, reason)
  VALUES(hansom.now_ms(), v, node, kind, by, subject, reason);
  RETURN v;
END $$;

CREATE FUNCTION hansom.forget_gone() RETURNS void LANGUAGE sql AS $$
  DELETE FROM hansom.suspicion s WHERE EXISTS (
    SELECT 1 FROM hansom.node n
    WHERE n.incarnation IN (s.target, s.reporter) AND n.status > 3);
  DELETE FROM hansom.cut_link c WHERE EXISTS (
    SELECT 1 FROM hansom.node n
    WHERE n.incarnation IN (c.target, c.reporter) AND n.status > 3);
$$;

-- @returns `what` as the number of store::join_verdict.
CREATE FUNCTION hansom.join_cluster(
  p_name text, p_address text, p_url text, p_min integer, p_max integer,
  p_version text, p_weight integer, p_config bigint, p_shards text, p_hash text
) RETURNS TABLE(what smallint, self bigint, version bigint, detail text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  now bigint := hansom.now_ms();
  x record;
  have text;
BEGIN
  self := 0;
  SELECT v.version INTO version FROM hansom.cluster_view v FOR UPDATE;
  SELECT m.value INTO have FROM hansom.meta m WHERE m.name = 'shard_count';
  IF have <> p_shards THEN
    what := 1;
    detail := format('the database was made for %s shards, this program has %s',
                     have, p_shards);
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT m.value INTO have FROM hansom.meta m WHERE m.name = 'shard_hash';
  IF have <> p_hash THEN
    what := 2;
    detail := format('keys become shards by %s in the database, by %s here',
                     have, p_hash);
    RETURN NEXT;
    RETURN;
  END IF;
  FOR x IN SELECT * FROM hansom.node n
           WHERE n.status IN (1, 2, 3) AND n.address <> p_address
             AND NOT (n.name = p_name AND n.hb_at < now - 10000)
           ORDER BY n.incarnation
  LOOP
    IF x.name = p_name THEN
      what := 6;
      detail := format('a node %s at %s (incarnation %s) is alive; names are '
                       'unique: give this one another, or stop that one',
                       x.name, x.address, x.incarnation);
    ELSIF x.protocol_max < p_min OR x.protocol_min > p_max THEN
      what := 4;
      detail := format('node %s speaks versions %s to %s between nodes, this '
                       'program %s to %s', x.name, x.protocol_min,
                       x.protocol_max, p_min, p_max);
    ELSIF x.config_hash <> 0 AND p_config <> 0 AND x.config_hash <> p_config
    THEN
      what := 5;
      detail := format('node %s was set up differently in what all nodes must '
                       'have alike (%s there, %s here)', x.name,
                       to_hex(x.config_hash), to_hex(p_config));
    ELSE
      CONTINUE;
    END IF;
    RETURN NEXT;
    RETURN;
  END LOOP;
  FOR x IN UPDATE hansom.node n SET status = 5, since = now
           WHERE n.status IN (1, 2, 3)
             AND (n.address = p_address OR n.name = p_name)
           RETURNING n.incarnation, n.name, n.address
  LOOP
    PERFORM hansom.note_change('node.dead', 'node/' || p_name,
      'node/' || x.name, 'another process has its '
      || CASE WHEN x.address = p_address THEN 'address' ELSE 'name' END,
      x.incarnation);
  END LOOP;
  PERFORM hansom.forget_gone();
  DELETE FROM hansom.cluster_event e
  WHERE e.pos <= (SELECT max(o.pos) FROM hansom.cluster_event o) - 100000;
  INSERT INTO hansom.node(name, at, status, hb_at, since, config_hash,
                          protocol_min, protocol_max, weight, address, url,
                          app_version)
  VALUES(p_name, now, 1, now, now, p_config, p_min, p_max, p_weight, p_address,
         p_url, p_version)
  RETURNING incarnation INTO self;
  version := hansom.note_change('node.joining', 'node/' || p_name,
    'node/' || p_name, 'version ' || p_version || ' at ' || p_address, self);
  what := 0;
  detail := '';
  RETURN NEXT;
END $$;

CREATE FUNCTION hansom.change_node(who bigint, from_status integer,
                                   to_status integer, by text, reason text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF NOT (from_status IN (1, 2, 3) AND to_status = 5
          OR (from_status, to_status) IN ((1, 2), (1, 4), (2, 3), (3, 2),
                                          (3, 4))) THEN
    RAISE EXCEPTION 'no node goes from status % to %', from_status, to_status;
  END IF;
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  UPDATE hansom.node n SET status = to_status, since = hansom.now_ms()
  WHERE n.incarnation = who AND n.status = from_status;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF to_status > 3 THEN
    PERFORM hansom.forget_gone();
  END IF;
  PERFORM hansom.note_change(
    CASE WHEN from_status = 3 AND to_status = 2 THEN 'node.undrained'
         WHEN to_status = 2 THEN 'node.active'
         WHEN to_status = 3 THEN 'node.draining'
         WHEN to_status = 4 THEN 'node.left'
         ELSE 'node.dead' END, by, hansom.node_label(who), reason, who);
  RETURN true;
END $$;

CREATE FUNCTION hansom.declare_dead(target bigint, seen bigint, observer bigint,
                                    by text, reason text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  UPDATE hansom.node n SET status = 5, since = hansom.now_ms()
  WHERE n.incarnation = target AND n.hb_seq = seen AND n.status IN (1, 2, 3)
    AND EXISTS (SELECT 1 FROM hansom.node o WHERE o.incarnation = observer
                AND o.status IN (2, 3) AND observer <> target);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM hansom.forget_gone();
  PERFORM hansom.note_change('node.dead', by, hansom.node_label(target), reason,
                             target);
  RETURN true;
END $$;

CREATE FUNCTION hansom.suspect(target bigint, reporter bigint, seen bigint,
                               evidence integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  before integer;
  hard bigint;
BEGIN
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  IF (SELECT count(*) FROM hansom.node n
      WHERE n.incarnation IN (target, reporter) AND n.status IN (1, 2, 3)) < 2
  THEN
    RETURN 0;
  END IF;
  SELECT s.evidence INTO before FROM hansom.suspicion s
  WHERE s.target = target AND s.reporter = reporter;
  INSERT INTO hansom.suspicion AS s VALUES(target, reporter, seen, evidence)
  ON CONFLICT ON CONSTRAINT suspicion_pkey
    DO UPDATE SET hb_seq = seen, evidence = evidence
    WHERE s.hb_seq <> seen OR s.evidence <> evidence;
  IF before IS DISTINCT FROM evidence THEN
    PERFORM hansom.note_change('node.suspected', hansom.node_label(reporter),
      hansom.node_label(target),
      (ARRAY['its machine refuses connections', 'its link was cut',
             'it does not answer'])[evidence], target);
  ELSIF FOUND THEN
    UPDATE hansom.cluster_view SET version = version + 1;
  END IF;
  SELECT count(*) INTO hard FROM hansom.suspicion s
  WHERE s.target = target AND s.hb_seq = seen AND s.evidence IN (1, 2);
  RETURN hard;
END $$;

CREATE FUNCTION hansom.trust(target bigint, reporter bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF EXISTS (SELECT 1 FROM hansom.suspicion s
             WHERE s.target = target AND s.reporter = reporter) THEN
    PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
    DELETE FROM hansom.suspicion s
    WHERE s.target = target AND s.reporter = reporter;
    IF FOUND THEN
      UPDATE hansom.cluster_view SET version = version + 1;
    END IF;
  END IF;
END $$;

CREATE FUNCTION hansom.report_links(self bigint, cut bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  names text;
BEGIN
  IF coalesce((SELECT array_agg(c.target ORDER BY c.target)
               FROM hansom.cut_link c WHERE c.reporter = self), '{}')
     = ARRAY(SELECT DISTINCT t FROM unnest(cut) t ORDER BY t) THEN
    RETURN;
  END IF;
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM hansom.node n WHERE n.incarnation = self
                 AND n.status IN (1, 2, 3)) THEN
    RETURN;
  END IF;
  DELETE FROM hansom.cut_link c
  WHERE c.reporter = self AND c.target <> ALL(cut);
  INSERT INTO hansom.cut_link(reporter, target, since)
  SELECT DISTINCT self, n.incarnation, hansom.now_ms() FROM hansom.node n
  WHERE n.incarnation = ANY(cut) AND n.status IN (1, 2, 3)
    AND n.incarnation <> self
  ON CONFLICT DO NOTHING;
  SELECT string_agg(n.name, ', ' ORDER BY n.name) INTO names
  FROM hansom.cut_link c JOIN hansom.node n ON n.incarnation = c.target
  WHERE c.reporter = self;
  PERFORM hansom.note_change(
    CASE WHEN names IS NULL THEN 'links.healed' ELSE 'links.cut' END,
    hansom.node_label(self), hansom.node_label(self),
    CASE WHEN names IS NULL THEN 'reaches all'
         ELSE 'cannot reach ' || names END, self);
END $$;

-- @returns the node that drains now; null when none has to.
CREATE FUNCTION hansom.resolve_link_partition(self bigint, after_ms bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  loser bigint;
  cut bigint;
BEGIN
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM hansom.node n WHERE n.incarnation = self
                 AND n.status IN (2, 3)) THEN
    RETURN NULL;
  END IF;
  WITH pairs AS (
    SELECT DISTINCT least(c.reporter, c.target) AS a,
           greatest(c.reporter, c.target) AS b
    FROM hansom.cut_link c
    JOIN hansom.node x ON x.incarnation = c.reporter AND x.status = 2
    JOIN hansom.node y ON y.incarnation = c.target AND y.status = 2
    WHERE c.since <= hansom.now_ms() - after_ms)
  SELECT e.who, count(*) INTO loser, cut
  FROM (SELECT p.a AS who FROM pairs p UNION ALL SELECT p.b FROM pairs p) e
  GROUP BY e.who ORDER BY count(*) DESC, e.who DESC LIMIT 1;
  IF loser IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE hansom.node n SET status = 3, since = hansom.now_ms()
  WHERE n.incarnation = loser;
  PERFORM hansom.note_change('node.draining', hansom.node_label(self),
    hansom.node_label(loser), 'it and ' || cut
    || CASE WHEN cut = 1 THEN ' other' ELSE ' others' END
    || ' cannot reach each other', loser);
  RETURN loser;
END $$;

CREATE FUNCTION hansom.claim_shards(self bigint, shards smallint[],
                                    owners bigint[], epochs bigint[])
RETURNS TABLE(shard smallint, epoch bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  taken smallint[];
BEGIN
  WITH free AS (
    SELECT s.shard FROM hansom.shard s
    JOIN unnest(shards, owners, epochs) x(shard, owner, epoch)
      ON s.shard = x.shard AND s.owner = x.owner AND s.epoch = x.epoch
    WHERE NOT EXISTS (SELECT 1 FROM hansom.node n
                      WHERE n.incarnation = s.owner AND n.status IN (1, 2, 3))
    ORDER BY s.shard FOR NO KEY UPDATE OF s),
  mine AS (
    UPDATE hansom.shard s SET owner = self, epoch = s.epoch + 1
    FROM free f WHERE s.shard = f.shard RETURNING s.shard, s.epoch),
  history AS (
    INSERT INTO hansom.shard_history(shard, epoch, owner, at)
    SELECT m.shard, m.epoch, self, hansom.now_ms() FROM mine m)
  SELECT array_agg(m.shard ORDER BY m.shard) INTO taken FROM mine m;
  -- Whether we are active is asked last, when nobody can change it any more.
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM hansom.node n WHERE n.incarnation = self
                 AND n.status = 2) THEN
    RAISE EXCEPTION USING ERRCODE = 'HN002',
      MESSAGE = 'incarnation ' || self || ' is not active';
  END IF;
  IF taken IS NULL THEN
    RETURN;
  END IF;
  PERFORM hansom.note_change('shards.claimed', hansom.node_label(self),
    CASE WHEN cardinality(taken) = 1 THEN 'shard/' || taken[1]
         ELSE 'shards' END,
    CASE WHEN cardinality(taken) > 8 THEN cardinality(taken) || ' shards'
         ELSE array_to_string(taken, ', ') END, self);
  RETURN QUERY SELECT s.shard, s.epoch FROM hansom.shard s
    WHERE s.shard = ANY(taken) ORDER BY s.shard;
END $$;

-- @returns 0 moved, 1 fenced; target gone is an exception, which takes the
-- change back.
CREATE FUNCTION hansom.transfer_shard(p_shard smallint, self bigint,
                                      p_epoch bigint, target bigint)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  UPDATE hansom.shard s SET owner = target, epoch = s.epoch + 1
  WHERE s.shard = p_shard AND s.owner = self AND s.epoch = p_epoch;
  IF NOT FOUND THEN
    RETURN 1;
  END IF;
  INSERT INTO hansom.shard_history(shard, epoch, owner, at)
  VALUES(p_shard, p_epoch + 1, target, hansom.now_ms());
  PERFORM 1 FROM hansom.cluster_view FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM hansom.node n WHERE n.incarnation = target
                 AND n.status = 2) THEN
    RAISE EXCEPTION USING ERRCODE = 'HN002',
      MESSAGE = 'incarnation ' || target || ' is not active';
  END IF;
  PERFORM hansom.note_change('shard.moved', hansom.node_label(self),
    'shard/' || p_shard, 'to ' || hansom.node_label(target), target);
  RETURN 0;
END $$;

CREATE FUNCTION hansom.release_shards(shards smallint[], owners bigint[],
                                      epochs bigint[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  gone bigint;
  whose bigint;
BEGIN
  WITH ours AS (
    SELECT s.shard, s.owner FROM hansom.shard s
    JOIN unnest(shards, owners, epochs) x(shard, owner, epoch)
      ON s.shard = x.shard AND s.owner = x.owner AND s.epoch = x.epoch
    WHERE s.owner <> 0
    ORDER BY s.shard FOR NO KEY UPDATE OF s),
  freed AS (
    UPDATE hansom.shard s SET owner = 0, epoch = s.epoch + 1
    FROM ours o WHERE s.shard = o.shard
    RETURNING s.shard, s.epoch, o.owner AS before),
  history AS (
    INSERT INTO hansom.shard_history(shard, epoch, owner, at)
    SELECT f.shard, f.epoch, 0, hansom.now_ms() FROM freed f)
  SELECT count(*), max(f.before) INTO gone, whose FROM freed f;
  IF gone > 0 THEN
    PERFORM hansom.note_change('shards.released', hansom.node_label(whose),
      'shards', gone || CASE WHEN gone = 1 THEN ' shard' ELSE ' shards' END,
      whose);
  END IF;
  RETURN gone;
END $$;

CREATE FUNCTION hansom.pin_shard(p_shard smallint, p_node text, by text,
                                 reason text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE hansom.shard s SET pin = p_node
  WHERE s.shard = p_shard AND s.pin <> p_node;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM hansom.note_change(
    CASE p_node WHEN '' THEN 'shard.unpinned' ELSE 'shard.pinned' END, by,
    'shard/' || p_shard,
    CASE p_node WHEN '' THEN '' ELSE 'to node/' || p_node END
    || CASE WHEN p_node <> '' AND reason <> '' THEN ': ' ELSE '' END || reason,
    0);
  RETURN true;
END $$;

CREATE FUNCTION hansom.pause_rebalance(p_paused boolean, by text, reason text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE hansom.cluster_view v SET paused = p_paused WHERE v.paused <> p_paused;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM hansom.note_change(
    CASE WHEN p_paused THEN 'rebalance.paused' ELSE 'rebalance.resumed' END,
    by, 'rebalance', reason, 0);
  RETURN true;
END $$;

CREATE FUNCTION hansom.record_event(kind text, by text, subject text,
                                    reason text, node bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM hansom.note_change(kind, by, subject, reason, node);
  RETURN (SELECT max(e.pos) FROM hansom.cluster_event e);
END $$;

GRANT SELECT ON hansom.cluster_view, hansom.suspicion, hansom.cut_link,
  hansom.cluster_event TO hansom_node;
-- A heartbeat is a plain update, the cheapest thing there is.
GRANT UPDATE(hb_seq, hb_at) ON hansom.node TO hansom_node;
REVOKE ALL ON FUNCTION hansom.note_change, hansom.forget_gone,
  hansom.join_cluster, hansom.change_node, hansom.declare_dead, hansom.suspect,
  hansom.trust, hansom.report_links, hansom.resolve_link_partition,
  hansom.claim_shards, hansom.transfer_shard, hansom.release_shards,
  hansom.pin_shard, hansom.pause_rebalance, hansom.record_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hansom.join_cluster, hansom.change_node,
  hansom.declare_dead, hansom.suspect, hansom.trust, hansom.report_links,
  hansom.resolve_link_partition, hansom.claim_shards, hansom.transfer_shard,
  hansom.release_shards, hansom.pin_shard, hansom.pause_rebalance,
  hansom.record_event TO hansom_node;
