-- A link that comes and goes writes down each change. Only a join trimmed what
-- was written: a cluster whose members stay would have kept all of it.
CREATE OR REPLACE FUNCTION hansom.note_change(kind text, by text, subject text,
                                              reason text, node bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  v bigint;
  p bigint;
BEGIN
  UPDATE hansom.cluster_view SET version = version + 1
    RETURNING cluster_view.version INTO v;
  INSERT INTO hansom.cluster_event(at, version, node, kind, by, subject, reason)
  VALUES(hansom.now_ms(), v, node, kind, by, subject, reason)
  RETURNING pos INTO p;
  IF p % 1000 = 0 THEN
    DELETE FROM hansom.cluster_event e WHERE e.pos <= p - 100000;
  END IF;
  RETURN v;
END $$;
