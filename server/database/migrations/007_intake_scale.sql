-- Schema `intake` for a city's days: numbers in place of names, 16 bytes where 32 only fill the cache,
-- salts that are drawn once a row, and what close and arrival need to meet in: the edges between reports.
-- The tables of 003 are made anew; nobody has rows in them yet. Commitments are computed when a period closes.
-- Up Migration
DROP TABLE intake.membership, intake.refusal, intake.fingerprint, intake.report;

-- Rows repeat these millions of times a day.
CREATE TABLE intake.platform (
  platform smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE
);
CREATE TABLE intake.source (
  source integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id bytea NOT NULL UNIQUE CHECK (length(source_id) = 32)
);
-- The methodology version a report was quantified by.
CREATE TABLE intake.rule (
  rule smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  content_hash bytea NOT NULL UNIQUE CHECK (length(content_hash) = 32)
);

CREATE TABLE intake.report (
  -- China day of the activity: the day in front of its first fingerprint.
  day integer NOT NULL,
  platform smallint NOT NULL,
  -- Keyed PRF of the platform's order number.
  row_key uuid NOT NULL,
  source integer NOT NULL,
  rule smallint NOT NULL,
  behaviour text NOT NULL,
  fingerprint_a bytea NOT NULL CHECK (length(fingerprint_a) = 32),
  -- Kinds of identity with one entry have none.
  fingerprint_b bytea CHECK (length(fingerprint_b) = 32),
  -- Keyed PRF of the platform's user, under the programme's key.
  participant uuid NOT NULL,
  milligrams bigint NOT NULL CHECK (milligrams >= 0),
  -- Unix seconds of its beginning, and seconds until its end; 0 for a moment.
  activity_at bigint NOT NULL,
  seconds integer NOT NULL CHECK (seconds >= 0),
  -- Canonical JSON of the monitored quantities, as evidence repeats it.
  quantities text NOT NULL,
  -- Keyed PRF of the car or meter; which of them follows from the behaviour.
  thing uuid,
  -- row_key of the earlier row this one takes the place of.
  corrects uuid,
  -- 16 random bytes both commitments' salts derive from; NULL once a person was deleted.
  salt uuid,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, platform, row_key)
) PARTITION BY RANGE (day);

-- The first report to bring a mark; provisional until the period closes. A mark is where in the day the bucket begins (2
-- bytes, 0 where the kind of identity has no clock) and bytes 4 to 18 of the fingerprint: what comes at one time lies together.
CREATE TABLE intake.fingerprint (
  -- Day of the fingerprint's bucket, which may be the day before the activity's.
  day integer NOT NULL,
  mark uuid NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  report_day integer NOT NULL,
  PRIMARY KEY (day, mark)
) PARTITION BY RANGE (day);

-- An edge: this report met a mark that the holder had brought. A report at neither end of any edge is an
-- activity of its own.
CREATE TABLE intake.shared (
  day integer NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  holder_day integer NOT NULL,
  holder_platform smallint NOT NULL,
  holder_row_key uuid NOT NULL,
  PRIMARY KEY (day, platform, row_key, holder_day, holder_platform, holder_row_key)
) PARTITION BY RANGE (day);

-- What was refused and why: never the row itself.
CREATE TABLE intake.refusal (
  received_day integer NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  code text NOT NULL,
  field text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (received_day, platform, row_key)
) PARTITION BY RANGE (received_day);

-- Batches a platform named: the same name with other content is refused.
CREATE TABLE intake.receipt (
  platform smallint NOT NULL,
  batch_id text NOT NULL CHECK (length(batch_id) BETWEEN 1 AND 100),
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  rows integer NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (platform, batch_id)
);

-- Which leaf each report of a batch went into, and whether it is the one credited. No leaf: the activity
-- was counted in a period closed before, or is not credited at all.
CREATE TABLE intake.membership (
  batch_id uuid NOT NULL,
  day integer NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  leaf_index bigint,
  credited boolean NOT NULL,
  PRIMARY KEY (day, platform, row_key)
) PARTITION BY RANGE (day);
CREATE INDEX membership_leaf ON intake.membership (batch_id, leaf_index);

-- Days that are looked at as a whole: their reports have the indexes for it.
CREATE TABLE intake.sealed_day (
  day integer PRIMARY KEY,
  sealed_at timestamptz NOT NULL DEFAULT now()
);

-- Reports a close leaves out while they are looked into.
CREATE VIEW intake.withheld (day, platform, row_key) AS
  SELECT NULL::integer, NULL::smallint, NULL::uuid WHERE false;

-- Makes the partitions of one day. Runs with its owner's rights, because the parts that take rows in
-- may not create tables. A lock keeps two of them from making the same partition.
CREATE OR REPLACE FUNCTION intake.ensure_day(day integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  parent text;
BEGIN
  IF day NOT BETWEEN 0 AND 100000 THEN
    RAISE EXCEPTION 'day % is no day of this registry', day USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass(format('intake.membership_%s', day)) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('tanpu intake day'), day);
  FOREACH parent IN ARRAY ARRAY['report', 'fingerprint', 'shared', 'refusal', 'membership'] LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS intake.%I PARTITION OF intake.%I FOR VALUES FROM (%s) TO (%s)',
      format('%s_%s', parent, day), parent, day, day + 1);
  END LOOP;
END
$body$;

-- Gives a day's reports the indexes that reading it as a whole needs, which arrival does without. Rows
-- may still come until the day's period is closed.
CREATE FUNCTION intake.seal_day(day integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  PERFORM intake.ensure_day(day);
  PERFORM pg_advisory_xact_lock(hashtext('tanpu intake seal'), day);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON intake.%I (source)',
    format('report_%s_source', day), format('report_%s', day));
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON intake.%I (participant)',
    format('report_%s_participant', day), format('report_%s', day));
  INSERT INTO intake.sealed_day (day) VALUES (seal_day.day) ON CONFLICT DO NOTHING;
  EXECUTE format('ANALYZE intake.%I', format('report_%s', day));
  EXECUTE format('ANALYZE intake.%I', format('shared_%s', day));
END
$body$;
REVOKE ALL ON FUNCTION intake.seal_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.seal_day(integer) TO tanpu_worker;

GRANT SELECT ON ALL TABLES IN SCHEMA intake TO tanpu_api, tanpu_worker;
GRANT INSERT ON intake.platform, intake.source, intake.rule, intake.report, intake.fingerprint, intake.shared,
  intake.refusal, intake.receipt TO tanpu_api, tanpu_worker;
GRANT INSERT ON intake.membership, intake.batch TO tanpu_worker;
