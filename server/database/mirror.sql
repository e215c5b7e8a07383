-- The mirror: what the chain says, as tables. Only the indexer writes here, and nothing here is
-- precious: dropping the schema and indexing again gives the same rows (design law 1). So it is never
-- migrated; when this file changes, the mirror is built anew.
--
-- The word `mirror` is replaced by the name of the schema to create, so that a shadow can be built
-- beside the live one and take its place by renaming. Functions therefore never name their own schema.
--
-- Conventions: hashes, ids and keys are bytea of 32 bytes, addresses of 20; grams and times (unix
-- seconds of the block) are bigint; milligrams are numeric(39,0), because the chain holds 128 bits;
-- days are China days since 1970, ranges half-open. `block_number` is the block that wrote the row first.

CREATE SCHEMA mirror;

-- One row. `position` is where the applied part of the chain ends: block (12 digits), transaction (8),
-- log (12), so that texts sort like positions. Blocks up to `final_block` can no longer be undone.
CREATE TABLE mirror.checkpoint (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  chain_id bigint NOT NULL,
  first_block bigint NOT NULL,
  position char(32) NOT NULL CHECK (position ~ '^[0-9]{32}$'),
  block_number bigint NOT NULL,
  block_hash bytea,
  final_block bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mirror.block (
  number bigint PRIMARY KEY,
  hash bytea NOT NULL UNIQUE,
  parent_hash bytea NOT NULL,
  timestamp bigint NOT NULL
);

-- `raw` holds the signed bytes while the block is not final, to send a lost tail again.
CREATE TABLE mirror.transaction (
  block_number bigint NOT NULL,
  index integer NOT NULL,
  hash bytea NOT NULL UNIQUE,
  signer bytea NOT NULL,
  nonce bigint NOT NULL,
  recipient bytea,
  status smallint NOT NULL,
  raw bytea,
  PRIMARY KEY (block_number, index),
  UNIQUE (signer, nonce)
);

CREATE TABLE mirror.programme (
  programme bigint PRIMARY KEY,
  parent bigint,
  tier smallint NOT NULL,
  authority bytea NOT NULL,
  institution bytea NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  document bytea NOT NULL,
  block_number bigint NOT NULL,
  created_at bigint NOT NULL
);

-- `standing` bits: 1 open, 2 frozen, 4 guarded, 8 partly frozen, 16 closed.
CREATE TABLE mirror.account (
  account bytea PRIMARY KEY,
  programme bigint NOT NULL,
  institution bytea NOT NULL,
  standing smallint NOT NULL,
  document bytea NOT NULL,
  standing_document bytea,
  block_number bigint NOT NULL,
  opened_at bigint NOT NULL
);
CREATE INDEX account_programme ON mirror.account (programme, account);

-- `role`: 1 authority, 2 operator, 3 reviewer, 4 applicant. A grant holds from `effective_at` until
-- `revoked_at`, half-open; null when it still holds.
CREATE TABLE mirror.role_grant (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  role smallint NOT NULL,
  account bytea NOT NULL,
  effective_at bigint NOT NULL,
  document bytea NOT NULL,
  revoked_at bigint,
  revocation_document bytea,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX role_grant_account ON mirror.role_grant (account, programme, role);

CREATE TABLE mirror.parameter (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  key bytea NOT NULL,
  value numeric(39, 0) NOT NULL,
  effective_at bigint NOT NULL,
  document bytea NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX parameter_key ON mirror.parameter (programme, key, effective_at);

CREATE TABLE mirror.methodology (
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  content_hash bytea NOT NULL,
  class integer NOT NULL,
  status smallint NOT NULL,
  first_day integer NOT NULL,
  end_day bigint NOT NULL,
  cap_milligrams numeric(39, 0) NOT NULL,
  document bytea NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (programme, methodology)
);

-- `carry_milligrams` is what the last issue left below one granule.
CREATE TABLE mirror.source (
  source_id bytea PRIMARY KEY,
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  asset_key bytea NOT NULL,
  applicant bytea NOT NULL,
  owner bytea NOT NULL,
  carry_milligrams numeric(39, 0) NOT NULL DEFAULT 0,
  document bytea NOT NULL,
  block_number bigint NOT NULL
);
CREATE INDEX source_asset ON mirror.source (asset_key);
CREATE INDEX source_methodology ON mirror.source (programme, methodology, source_id);

CREATE TABLE mirror.exclusion (
  class_a integer NOT NULL,
  class_b integer NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (class_a, class_b)
);

-- Days of an asset and class taken by a request of a source, or recorded for another registry
-- (source_id null, programme and document set). A released booking keeps its row.
CREATE TABLE mirror.booking (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  asset_key bytea NOT NULL,
  class integer NOT NULL,
  source_id bytea,
  programme bigint,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  document bytea,
  released_block bigint,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX booking_asset ON mirror.booking (asset_key, class, first_day);

-- `state`: proposed, filed, issued, rejected, withdrawn, expired.
CREATE TABLE mirror.request (
  request_id bigint PRIMARY KEY,
  token_id bytea NOT NULL,
  source_id bytea NOT NULL,
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  applicant bytea NOT NULL,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  root bytea NOT NULL,
  total_milligrams numeric(39, 0) NOT NULL,
  count bigint NOT NULL,
  depth smallint NOT NULL,
  hash_suite smallint NOT NULL,
  leaf_file_hash bytea NOT NULL,
  report_hash bytea NOT NULL,
  state text NOT NULL,
  proposed_at bigint NOT NULL,
  filed_at bigint,
  filing_document bytea,
  notice_end bigint,
  decided_at bigint,
  decision_document bytea,
  owner bytea,
  issued_grams bigint,
  carry_before_milligrams numeric(39, 0),
  carry_after_milligrams numeric(39, 0),
  deducted_milligrams numeric(39, 0),
  transaction_hash bytea NOT NULL,
  decision_transaction_hash bytea,
  block_number bigint NOT NULL
);
CREATE INDEX request_source ON mirror.request (source_id, request_id);
CREATE INDEX request_token ON mirror.request (token_id);

-- `kind`: 1 validation, 2 verification, 3 technical.
CREATE TABLE mirror.statement (
  request_id bigint NOT NULL,
  reviewer bytea NOT NULL,
  institution bytea NOT NULL,
  kind smallint NOT NULL,
  favourable boolean NOT NULL,
  valid_until numeric(20, 0) NOT NULL,
  digest bytea NOT NULL,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  attested_at bigint NOT NULL,
  PRIMARY KEY (request_id, digest)
);

CREATE TABLE mirror.objection (
  request_id bigint NOT NULL,
  index bigint NOT NULL,
  objector bytea NOT NULL,
  document bytea NOT NULL,
  upheld boolean,
  decision_document bytea,
  block_number bigint NOT NULL,
  objected_at bigint NOT NULL,
  PRIMARY KEY (request_id, index)
);

-- `state`: active, suspended. held = issued - retired - void.
CREATE TABLE mirror.token (
  token_id bytea PRIMARY KEY,
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  request_id bigint NOT NULL,
  source_id bytea NOT NULL,
  owner bytea NOT NULL,
  issued_grams bigint NOT NULL,
  retired_grams bigint NOT NULL DEFAULT 0,
  void_grams bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'active',
  state_document bytea,
  issued_at bigint NOT NULL,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL
);
CREATE INDEX token_programme ON mirror.token (programme, token_id);
CREATE INDEX token_source ON mirror.token (source_id);

-- Rows stay when their grams come to nothing.
CREATE TABLE mirror.holding (
  token_id bytea NOT NULL,
  account bytea NOT NULL,
  grams bigint NOT NULL CHECK (grams >= 0),
  PRIMARY KEY (token_id, account)
);
CREATE INDEX holding_account ON mirror.holding (account, token_id);

-- Every movement: sender is null at issue, recipient is null at retirement.
CREATE TABLE mirror.transfer (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  sub_index integer NOT NULL,
  token_id bytea NOT NULL,
  operator bytea NOT NULL,
  sender bytea,
  recipient bytea,
  grams bigint NOT NULL,
  transaction_hash bytea NOT NULL,
  moved_at bigint NOT NULL,
  PRIMARY KEY (block_number, log_index, sub_index)
);
CREATE INDEX transfer_token ON mirror.transfer (token_id, block_number, log_index, sub_index);
CREATE INDEX transfer_sender ON mirror.transfer (sender, block_number);
CREATE INDEX transfer_recipient ON mirror.transfer (recipient, block_number);

-- `purpose`: 1 compliance offset, 2 voluntary offset, 3 event neutrality, 4 eco-damage, 5 donation, 6 points.
CREATE TABLE mirror.retirement (
  retirement_id bytea PRIMARY KEY,
  holder bytea NOT NULL,
  programme bigint NOT NULL,
  purpose smallint NOT NULL,
  content bytea NOT NULL,
  grams bigint NOT NULL,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  retired_at bigint NOT NULL
);
CREATE INDEX retirement_holder ON mirror.retirement (holder, block_number);
CREATE INDEX retirement_content ON mirror.retirement (content);

-- Serials of the token id, half-open [first_serial, end_serial), one per gram.
CREATE TABLE mirror.retirement_line (
  retirement_id bytea NOT NULL,
  line integer NOT NULL,
  token_id bytea NOT NULL,
  grams bigint NOT NULL,
  first_serial bigint NOT NULL,
  end_serial bigint NOT NULL,
  PRIMARY KEY (retirement_id, line)
);
CREATE INDEX retirement_line_token ON mirror.retirement_line (token_id, first_serial);

-- `kind`: 1 neutrality self-declared, 2 neutrality third-party, 3 personal record; `state`: valid, revoked.
CREATE TABLE mirror.certificate (
  certificate_id bytea PRIMARY KEY,
  holder bytea NOT NULL,
  programme bigint NOT NULL,
  kind smallint NOT NULL,
  state text NOT NULL DEFAULT 'valid',
  retired_grams bigint NOT NULL,
  emitted_grams bigint NOT NULL,
  content bytea NOT NULL,
  replaces bytea,
  revocation_document bytea,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  certified_at bigint NOT NULL
);
CREATE INDEX certificate_holder ON mirror.certificate (holder, block_number);

-- What a certificate consumed. A retirement stands here twice only when the later certificate
-- replaces the revoked earlier one.
CREATE TABLE mirror.certificate_retirement (
  certificate_id bytea NOT NULL,
  retirement_id bytea NOT NULL,
  line integer NOT NULL,
  PRIMARY KEY (certificate_id, retirement_id)
);
CREATE INDEX certificate_retirement_id ON mirror.certificate_retirement (retirement_id);

-- How to take back what a block that is not final wrote: the key of the row and the row as it was
-- before, null when there was none.
CREATE TABLE mirror.undo (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  block_number bigint NOT NULL,
  table_name text NOT NULL,
  key jsonb NOT NULL,
  old_row jsonb
);
CREATE INDEX undo_block ON mirror.undo (block_number);

-- Records the change of one statement when the setting `tanpu.block` names a block; without it the
-- blocks being written are final and need no undo. The arguments are the key columns.
CREATE FUNCTION mirror.capture_undo() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
  block text := current_setting('tanpu.block', true);
  changed text := CASE WHEN TG_OP = 'INSERT' THEN 'new_rows' ELSE 'old_rows' END;
  before text := CASE WHEN TG_OP = 'INSERT' THEN 'NULL' ELSE 'to_jsonb(changed)' END;
BEGIN
  IF block IS NULL OR block = '' THEN
    RETURN NULL;
  END IF;
  EXECUTE format(
    'INSERT INTO %I.undo (block_number, table_name, key, old_row)
     SELECT $1, $2, (SELECT jsonb_object_agg(name, to_jsonb(changed) -> name) FROM unnest($3) AS name), %s
     FROM %s AS changed',
    TG_TABLE_SCHEMA, before, changed
  ) USING block::bigint, TG_TABLE_NAME, TG_ARGV;
  RETURN NULL;
END
$body$;

-- Takes back everything blocks above `last_block` wrote, newest change first. The schema is an
-- argument, because a function does not learn that its schema was renamed.
CREATE FUNCTION mirror.undo_above(schema_name text, last_block bigint) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  change record;
  undone bigint := 0;
BEGIN
  PERFORM set_config('tanpu.block', '', true);
  FOR change IN EXECUTE format(
    'SELECT u.table_name, u.key, u.old_row,
            (SELECT string_agg(format(''t.%%1$I = k.%%1$I'', name), '' AND '') FROM jsonb_object_keys(u.key) AS name) AS same_key
     FROM %I.undo u WHERE u.block_number > $1 ORDER BY u.seq DESC', schema_name) USING last_block
  LOOP
    EXECUTE format('DELETE FROM %1$I.%2$I t USING jsonb_populate_record(NULL::%1$I.%2$I, $1) k WHERE %3$s',
      schema_name, change.table_name, change.same_key) USING change.key;
    IF change.old_row IS NOT NULL THEN
      EXECUTE format('INSERT INTO %1$I.%2$I SELECT * FROM jsonb_populate_record(NULL::%1$I.%2$I, $1)',
        schema_name, change.table_name) USING change.old_row;
    END IF;
    undone := undone + 1;
  END LOOP;
  EXECUTE format('DELETE FROM %I.undo WHERE block_number > $1', schema_name) USING last_block;
  RETURN undone;
END
$body$;

-- Three statement triggers for every table with canonical rows; which these are is read from the
-- catalogue, so that a new table cannot be forgotten.
DO $body$
DECLARE
  canonical record;
BEGIN
  FOR canonical IN
    SELECT c.relname AS name, string_agg(quote_literal(a.attname), ', ' ORDER BY a.attnum) AS key
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE n.nspname = 'mirror' AND i.indisprimary AND c.relname NOT IN ('checkpoint', 'undo')
    GROUP BY c.relname
  LOOP
    EXECUTE format('CREATE TRIGGER undo_insert AFTER INSERT ON mirror.%I REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION mirror.capture_undo(%s)', canonical.name, canonical.key);
    EXECUTE format('CREATE TRIGGER undo_update AFTER UPDATE ON mirror.%I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION mirror.capture_undo(%s)', canonical.name, canonical.key);
    EXECUTE format('CREATE TRIGGER undo_delete AFTER DELETE ON mirror.%I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION mirror.capture_undo(%s)', canonical.name, canonical.key);
  END LOOP;
END
$body$;

DO $body$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['tanpu_api', 'tanpu_worker', 'tanpu_indexer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END IF;
  END LOOP;
END
$body$;

GRANT USAGE ON SCHEMA mirror TO tanpu_api, tanpu_worker, tanpu_indexer;
GRANT SELECT ON ALL TABLES IN SCHEMA mirror TO tanpu_api, tanpu_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mirror TO tanpu_indexer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA mirror TO tanpu_indexer;
