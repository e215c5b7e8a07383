-- Schema `intake`: what platforms reported, as keyed pseudonyms and commitments. Reports and their
-- fingerprints are partitioned by China day, so that old days can be detached, and keys begin with the
-- day, so that inserts stay at the end of the index.
-- Up Migration
CREATE SCHEMA intake;

CREATE TABLE intake.report (
  day integer NOT NULL,
  platform text NOT NULL,
  row_key bytea NOT NULL CHECK (length(row_key) = 16),
  behaviour text NOT NULL,
  source_id bytea NOT NULL CHECK (length(source_id) = 32),
  fingerprint_a bytea NOT NULL CHECK (length(fingerprint_a) = 32),
  fingerprint_b bytea NOT NULL CHECK (length(fingerprint_b) = 32),
  participant bytea NOT NULL CHECK (length(participant) = 32),
  milligrams bigint NOT NULL CHECK (milligrams >= 0),
  activity_at bigint NOT NULL,
  parameter_index integer NOT NULL,
  quantities jsonb NOT NULL,
  beneficiary bytea NOT NULL CHECK (length(beneficiary) = 32),
  beneficiary_salt bytea NOT NULL CHECK (length(beneficiary_salt) = 32),
  evidence bytea NOT NULL CHECK (length(evidence) = 32),
  evidence_salt bytea NOT NULL CHECK (length(evidence_salt) = 32),
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, platform, row_key)
) PARTITION BY RANGE (day);
CREATE INDEX report_source ON intake.report (source_id, day);

-- The first report to bring a fingerprint; provisional until the period closes.
CREATE TABLE intake.fingerprint (
  day integer NOT NULL,
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
  platform text NOT NULL,
  row_key bytea NOT NULL,
  report_day integer NOT NULL,
  PRIMARY KEY (day, fingerprint)
) PARTITION BY RANGE (day);

-- What was refused and why: never the row itself.
CREATE TABLE intake.refusal (
  received_day integer NOT NULL,
  platform text NOT NULL,
  row_key bytea NOT NULL CHECK (length(row_key) = 16),
  code text NOT NULL,
  field text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (received_day, platform, row_key)
) PARTITION BY RANGE (received_day);

-- A closed period: what its issuance request proposes. `id` is the id of the operation that closed it.
CREATE TABLE intake.batch (
  id uuid PRIMARY KEY,
  source_id bytea NOT NULL CHECK (length(source_id) = 32),
  first_day integer NOT NULL,
  end_day integer NOT NULL CHECK (end_day > first_day),
  root bytea NOT NULL CHECK (length(root) = 32),
  total_milligrams numeric(39, 0) NOT NULL,
  count bigint NOT NULL,
  depth smallint NOT NULL,
  leaf_file_hash bytea NOT NULL CHECK (length(leaf_file_hash) = 32),
  accepted bigint NOT NULL,
  duplicates bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX batch_source ON intake.batch (source_id, first_day);

-- Which leaf each report of a batch went into, and whether it is the one credited. No leaf: the
-- activity was counted in a period closed before.
CREATE TABLE intake.membership (
  batch_id uuid NOT NULL REFERENCES intake.batch,
  day integer NOT NULL,
  platform text NOT NULL,
  row_key bytea NOT NULL,
  leaf_index bigint,
  credited boolean NOT NULL,
  PRIMARY KEY (batch_id, day, platform, row_key)
);
CREATE INDEX membership_leaf ON intake.membership (batch_id, leaf_index);

-- Makes the partitions of one day. Runs with its owner's rights, because the parts that take rows in
-- may not create tables. A lock keeps two of them from making the same partition.
CREATE FUNCTION intake.ensure_day(day integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  parent text;
BEGIN
  IF day NOT BETWEEN 0 AND 100000 THEN
    RAISE EXCEPTION 'day % is no day of this registry', day USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass(format('intake.refusal_%s', day)) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('tanpu intake day'), day);
  FOREACH parent IN ARRAY ARRAY['report', 'fingerprint', 'refusal'] LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS intake.%I PARTITION OF intake.%I FOR VALUES FROM (%s) TO (%s)',
      format('%s_%s', parent, day), parent, day, day + 1);
  END LOOP;
END
$body$;
REVOKE ALL ON FUNCTION intake.ensure_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.ensure_day(integer) TO tanpu_api, tanpu_worker;

GRANT USAGE ON SCHEMA intake TO tanpu_api, tanpu_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA intake TO tanpu_api, tanpu_worker;
GRANT INSERT ON intake.report, intake.fingerprint, intake.refusal TO tanpu_api, tanpu_worker;
GRANT INSERT ON intake.batch, intake.membership TO tanpu_worker;
