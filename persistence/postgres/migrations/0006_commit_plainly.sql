-- The fenced group commit once more; arguments and answer are as before.
--
-- What is new: a wave is first written with plain inserts, and a unique key
-- that objects takes it back. ON CONFLICT would look each key up before it
-- writes and mark each row twice, which nearly no wave needs. Only a wave that
-- was taken back is searched for obstacles and written the careful way.
CREATE OR REPLACE FUNCTION hansom.commit_batch(
  waves integer,
  f_shard smallint[], f_epoch bigint[],
  w_wave integer[], w_shard smallint[], w_epoch bigint[], w_kind smallint[],
  w_entity bigint[], w_first bigint[], w_rev bigint[], w_active boolean[],
  w_state text[],
  c_wave integer[], c_write integer[], c_client bigint[],
  c_client_kind smallint[], c_command text[], c_entity bigint[],
  c_kind smallint[], c_seq bigint[], c_at bigint[],
  t_wave integer[], t_write integer[], t_key bigint[], t_claim smallint[],
  t_entity bigint[], t_kind smallint[],
  r_wave integer[], r_write integer[], r_key bigint[], r_claim smallint[],
  r_entity bigint[], r_kind smallint[],
  m_wave integer[], m_write integer[], m_key text[], m_debit text[],
  m_credit text[], m_minor bigint[], m_currency integer[], m_entity bigint[],
  m_kind smallint[], m_seq bigint[],
  e_write integer[], e_day integer[], e_shard smallint[], e_shard_seq bigint[],
  e_entity bigint[], e_kind smallint[], e_seq bigint[], e_epoch bigint[],
  e_at bigint[], e_event text[], e_payload text[], e_client bigint[],
  e_client_kind smallint[], e_command text[]
) RETURNS TABLE(no integer, what smallint, x_kind smallint, x_id bigint,
                x_seq bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  failed integer[] := '{}'; -- Writes that met an obstacle.
  known integer;
  held integer;
  fits boolean;
  n_made integer;
  n_moved integer;
  n_wanted integer;
BEGIN
  -- The fence: nobody takes these shards over before this commit is done.
  WITH mine AS (
    SELECT 1 FROM hansom.shard s
    JOIN unnest(f_shard, f_epoch) f(shard, epoch)
      ON s.shard = f.shard AND s.epoch = f.epoch
    ORDER BY s.shard FOR SHARE OF s)
  SELECT count(*) INTO held FROM mine;
  IF held < cardinality(f_shard) THEN
    FOR no IN
      SELECT w.no FROM unnest(w_shard, w_epoch) WITH ORDINALITY
        AS w(shard, epoch, no)
      LEFT JOIN hansom.shard s ON s.shard = w.shard AND s.epoch = w.epoch
      WHERE s.shard IS NULL
    LOOP
      what := 3;
      RETURN NEXT;
      failed := failed || no;
    END LOOP;
    IF cardinality(failed) = cardinality(w_shard) THEN
      RETURN;
    END IF;
  END IF;

  FOR wave IN 1 .. waves LOOP
    FOR attempt IN 1 .. 5 LOOP
      BEGIN
        IF attempt = 1 AND cardinality(failed) = 0 THEN
          IF cardinality(c_write) > 0 THEN
            INSERT INTO hansom.command(client, client_kind, command, entity,
                                       kind, seq, at)
            SELECT c.client, c.client_kind, c.command, c.entity, c.kind, c.seq,
                   c.at
            FROM unnest(c_wave, c_client, c_client_kind, c_command, c_entity,
                        c_kind, c_seq, c_at)
              AS c(wave, client, client_kind, command, entity, kind, seq, at)
            WHERE c.wave = wave;
          END IF;
          INSERT INTO hansom.entity_state(id, kind, rev, shard, active, state)
          SELECT w.id, w.kind, w.rev, w.shard, w.active, w.state
          FROM unnest(w_wave, w_shard, w_kind, w_entity, w_first, w_rev,
                      w_active, w_state)
            AS w(wave, shard, kind, id, first, rev, active, state)
          WHERE w.wave = wave AND w.first = 1;
          GET DIAGNOSTICS n_made = ROW_COUNT;
          UPDATE hansom.entity_state s
          SET rev = w.rev, active = w.active, state = w.state
          FROM unnest(w_wave, w_kind, w_entity, w_first, w_rev, w_active,
                      w_state)
            AS w(wave, kind, id, first, rev, active, state)
          WHERE w.wave = wave AND w.first > 1 AND s.id = w.id
            AND s.kind = w.kind AND s.rev = w.first - 1;
          GET DIAGNOSTICS n_moved = ROW_COUNT;
          SELECT count(*) INTO n_wanted FROM unnest(w_wave) AS w(wave)
          WHERE w.wave = wave;
          IF n_made + n_moved <> n_wanted THEN
            RAISE EXCEPTION USING ERRCODE = 'HN001';
          END IF;
          IF cardinality(t_write) > 0 THEN
            INSERT INTO hansom.claim(key, claim_kind, entity, kind)
            SELECT t.key, t.claim, t.entity, t.kind
            FROM unnest(t_wave, t_key, t_claim, t_entity, t_kind)
              AS t(wave, key, claim, entity, kind)
            WHERE t.wave = wave;
          END IF;
          IF cardinality(r_write) > 0 THEN
            DELETE FROM hansom.claim c
            USING unnest(r_wave, r_key, r_claim, r_entity, r_kind)
              AS r(wave, key, claim, entity, kind)
            WHERE r.wave = wave AND c.key = r.key
              AND c.claim_kind = r.claim AND c.entity = r.entity
              AND c.kind = r.kind;
          END IF;
          IF cardinality(m_write) > 0 THEN
            INSERT INTO hansom.transfer(key, debit, credit, minor, currency,
                                        entity, kind, seq)
            SELECT m.key, m.debit, m.credit, m.minor, m.currency, m.entity,
                   m.kind, m.seq
            FROM unnest(m_wave, m_key, m_debit, m_credit, m_minor, m_currency,
                        m_entity, m_kind, m_seq)
              AS m(wave, key, debit, credit, minor, currency, entity, kind, seq)
            WHERE m.wave = wave;
          END IF;
          EXIT; -- The wave is written.
        END IF;

        IF cardinality(c_write) > 0 THEN
          WITH want AS MATERIALIZED (
            SELECT * FROM unnest(c_wave, c_write, c_client, c_client_kind,
                                 c_command, c_entity, c_kind, c_seq, c_at)
              AS c(wave, write, client, client_kind, command, entity, kind, seq,
                   at)
            WHERE c.wave = wave AND c.write <> ALL(failed)),
          did AS (
            INSERT INTO hansom.command(client, client_kind, command, entity,
                                       kind, seq, at)
            SELECT c.client, c.client_kind, c.command, c.entity, c.kind, c.seq,
                   c.at FROM want c
            ON CONFLICT DO NOTHING RETURNING 1)
          SELECT (SELECT count(*) FROM want) = (SELECT count(*) FROM did)
            INTO fits;
          IF NOT fits THEN
            RAISE EXCEPTION USING ERRCODE = 'HN001';
          END IF;
        END IF;

        WITH want AS MATERIALIZED (
          SELECT * FROM unnest(w_wave, w_shard, w_kind, w_entity, w_first,
                               w_rev, w_active, w_state) WITH ORDINALITY
            AS w(wave, shard, kind, id, first, rev, active, state, no)
          WHERE w.wave = wave AND w.no <> ALL(failed)),
        made AS (
          INSERT INTO hansom.entity_state(id, kind, rev, shard, active, state)
          SELECT w.id, w.kind, w.rev, w.shard, w.active, w.state FROM want w
          WHERE w.first = 1
          ON CONFLICT DO NOTHING RETURNING 1),
        moved AS (
          UPDATE hansom.entity_state s
          SET rev = w.rev, active = w.active, state = w.state
          FROM want w
          WHERE w.first > 1 AND s.id = w.id AND s.kind = w.kind
            AND s.rev = w.first - 1
          RETURNING 1)
        SELECT (SELECT count(*) FROM want)
               = (SELECT count(*) FROM made) + (SELECT count(*) FROM moved)
          INTO fits;
        IF NOT fits THEN
          RAISE EXCEPTION USING ERRCODE = 'HN001';
        END IF;

        IF cardinality(t_write) > 0 THEN
          WITH want AS MATERIALIZED (
            SELECT * FROM unnest(t_wave, t_write, t_key, t_claim, t_entity,
                                 t_kind)
              AS t(wave, write, key, claim, entity, kind)
            WHERE t.wave = wave AND t.write <> ALL(failed)),
          did AS (
            INSERT INTO hansom.claim(key, claim_kind, entity, kind)
            SELECT t.key, t.claim, t.entity, t.kind FROM want t
            ON CONFLICT DO NOTHING RETURNING 1)
          SELECT (SELECT count(*) FROM want) = (SELECT count(*) FROM did)
            INTO fits;
          IF NOT fits THEN -- Its holder may take it again.
            SELECT count(*) = 0 INTO fits
            FROM unnest(t_wave, t_write, t_key, t_claim, t_entity, t_kind)
              AS t(wave, write, key, claim, entity, kind)
            LEFT JOIN hansom.claim c
              ON c.key = t.key AND c.claim_kind = t.claim
                 AND c.entity = t.entity AND c.kind = t.kind
            WHERE t.wave = wave AND t.write <> ALL(failed) AND c.key IS NULL;
          END IF;
          IF NOT fits THEN
            RAISE EXCEPTION USING ERRCODE = 'HN001';
          END IF;
        END IF;

        IF cardinality(r_write) > 0 THEN
          DELETE FROM hansom.claim c
          USING unnest(r_wave, r_write, r_key, r_claim, r_entity, r_kind)
            AS r(wave, write, key, claim, entity, kind)
          WHERE r.wave = wave AND r.write <> ALL(failed) AND c.key = r.key
            AND c.claim_kind = r.claim AND c.entity = r.entity
            AND c.kind = r.kind;
        END IF;

        IF cardinality(m_write) > 0 THEN
          WITH want AS MATERIALIZED (
            SELECT * FROM unnest(m_wave, m_write, m_key, m_debit, m_credit,
                                 m_minor, m_currency, m_entity, m_kind, m_seq)
              AS m(wave, write, key, debit, credit, minor, currency, entity,
                   kind, seq)
            WHERE m.wave = wave AND m.write <> ALL(failed)),
          did AS (
            INSERT INTO hansom.transfer(key, debit, credit, minor, currency,
                                        entity, kind, seq)
            SELECT m.key, m.debit, m.credit, m.minor, m.currency, m.entity,
                   m.kind, m.seq FROM want m
            ON CONFLICT DO NOTHING RETURNING 1)
          SELECT (SELECT count(*) FROM want) = (SELECT count(*) FROM did)
            INTO fits;
          IF NOT fits THEN
            RAISE EXCEPTION USING ERRCODE = 'HN001';
          END IF;
        END IF;
        EXIT; -- The wave is written.
      EXCEPTION WHEN unique_violation OR SQLSTATE 'HN001' THEN
        -- The wave is taken back. What is in its way now was there before it.
        known := cardinality(failed);
        FOR no, x_kind, x_id, x_seq IN
          SELECT c.write, d.kind, d.entity, d.seq
          FROM unnest(c_wave, c_write, c_client, c_client_kind, c_command)
            AS c(wave, write, client, client_kind, command)
          JOIN hansom.command d ON d.client = c.client
            AND d.client_kind = c.client_kind AND d.command = c.command
          WHERE c.wave = wave AND c.write <> ALL(failed)
        LOOP
          what := 1;
          RETURN NEXT;
          failed := failed || no;
        END LOOP;
        FOR no IN
          SELECT w.no FROM unnest(w_wave, w_kind, w_entity, w_first)
            WITH ORDINALITY AS w(wave, kind, id, first, no)
          LEFT JOIN hansom.entity_state s ON s.id = w.id AND s.kind = w.kind
          WHERE w.wave = wave AND w.no <> ALL(failed)
            AND coalesce(s.rev, 0) + 1 <> w.first
        LOOP
          what := 4;
          RETURN NEXT;
          failed := failed || no;
        END LOOP;
        FOR no, x_kind, x_id IN
          SELECT DISTINCT ON (t.write) t.write, t.claim, t.key
          FROM unnest(t_wave, t_write, t_key, t_claim, t_entity, t_kind)
            AS t(wave, write, key, claim, entity, kind)
          JOIN hansom.claim c ON c.key = t.key AND c.claim_kind = t.claim
            AND (c.entity <> t.entity OR c.kind <> t.kind)
          WHERE t.wave = wave AND t.write <> ALL(failed)
        LOOP
          what := 2;
          RETURN NEXT;
          failed := failed || no;
        END LOOP;
        FOR no IN
          SELECT DISTINCT m.write FROM unnest(m_wave, m_write, m_key)
            AS m(wave, write, key)
          JOIN hansom.transfer x ON x.key = m.key
          WHERE m.wave = wave AND m.write <> ALL(failed)
        LOOP
          what := 5;
          RETURN NEXT;
          failed := failed || no;
        END LOOP;
        -- Somebody else's obstacle may have gone meanwhile: once more.
        IF cardinality(failed) = known AND attempt = 5 THEN
          RAISE EXCEPTION 'an obstacle comes and goes'
            USING ERRCODE = 'serialization_failure';
        END IF;
      END;
    END LOOP;
  END LOOP;

  -- Last, so that `pos` follows the order in which claims changed hands.
  IF cardinality(failed) = 0 THEN
    INSERT INTO hansom.journal(day, shard, shard_seq, entity, kind, seq, epoch,
                               at, event, payload, client, client_kind, command)
    SELECT e.day, e.shard, e.shard_seq, e.entity, e.kind, e.seq, e.epoch, e.at,
           e.event, e.payload, nullif(e.client, 0), nullif(e.client_kind, 0),
           CASE WHEN e.client_kind <> 0 THEN e.command END
    FROM unnest(e_day, e_shard, e_shard_seq, e_entity, e_kind, e_seq, e_epoch,
                e_at, e_event, e_payload, e_client, e_client_kind, e_command)
      AS e(day, shard, shard_seq, entity, kind, seq, epoch, at, event, payload,
           client, client_kind, command);
  ELSE -- The numbers were given as if all got in: close the gaps.
    INSERT INTO hansom.journal(day, shard, shard_seq, entity, kind, seq, epoch,
                               at, event, payload, client, client_kind, command)
    SELECT e.day, e.shard, e.least - 1 + row_number() OVER (
             PARTITION BY e.shard ORDER BY e.no),
           e.entity, e.kind, e.seq, e.epoch, e.at, e.event, e.payload,
           nullif(e.client, 0), nullif(e.client_kind, 0),
           CASE WHEN e.client_kind <> 0 THEN e.command END
    FROM (
      SELECT x.*, min(x.shard_seq) OVER (PARTITION BY x.shard) AS least
      FROM unnest(e_write, e_day, e_shard, e_shard_seq, e_entity, e_kind, e_seq,
                  e_epoch, e_at, e_event, e_payload, e_client, e_client_kind,
                  e_command) WITH ORDINALITY
        AS x(write, day, shard, shard_seq, entity, kind, seq, epoch, at, event,
             payload, client, client_kind, command, no)) AS e
    WHERE e.write <> ALL(failed)
    ORDER BY e.no;
  END IF;
END $$;
