-- Credentials that no longer count although they have not expired. Nobody owns
-- a revocation: any node may write one, all read them by `pos`.

CREATE TABLE hansom.revocation(
  pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  issued_before bigint NOT NULL,
  at bigint NOT NULL,
  until bigint NOT NULL,
  name text NOT NULL CHECK(name <> ''),
  by text NOT NULL,
  reason text NOT NULL,
  UNIQUE(name, issued_before)
);
CREATE INDEX revocation_until ON hansom.revocation(until);

-- One at a time: a number is given and committed before the next one is given,
-- so that a reader who goes by numbers misses none.
CREATE FUNCTION hansom.put_revocation(
  name text, issued_before bigint, at bigint, until bigint, by text,
  reason text
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  PERFORM pg_advisory_xact_lock(48415, 4);
  INSERT INTO hansom.revocation(name, issued_before, at, until, by, reason)
  VALUES(name, issued_before, at, until, by, reason)
  ON CONFLICT DO NOTHING;
END $$;

-- Runs with the owner's rights: the node itself may not delete. A clock that
-- runs ahead does not make it forget what the server's clock still needs.
CREATE FUNCTION hansom.forget_revocations(now_ms bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  remain bigint;
BEGIN
  DELETE FROM hansom.revocation
  WHERE until < least(now_ms, (extract(epoch FROM now()) * 1000)::bigint);
  SELECT count(*) INTO remain FROM hansom.revocation;
  RETURN remain;
END $$;
REVOKE ALL ON FUNCTION hansom.forget_revocations(bigint) FROM PUBLIC;

GRANT SELECT, INSERT ON hansom.revocation TO hansom_node;
GRANT EXECUTE ON FUNCTION hansom.put_revocation(text, bigint, bigint, bigint,
  text, text) TO hansom_node;
GRANT EXECUTE ON FUNCTION hansom.forget_revocations(bigint) TO hansom_node;
