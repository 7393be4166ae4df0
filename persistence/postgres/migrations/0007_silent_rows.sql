-- A row that has been silent for a minute belongs to a process that is no more:
-- after the crash of a whole cluster, the first node that starts again with
-- other settings, or another protocol, must not be refused for its sake. Until
-- somebody has declared it dead it still counts as a member in all else.
CREATE OR REPLACE FUNCTION hansom.join_cluster(
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
             AND n.hb_at >= now - CASE WHEN n.name = p_name THEN 10000
                                       ELSE 60000 END
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
                       'have alike (digest %s there, %s here)', x.name,
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
