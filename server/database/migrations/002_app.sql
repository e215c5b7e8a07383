-- Schema `app`: who may ask, what was ordered, and under which nonce and bytes it was sent.
-- Everything here is added and never changed (laws 2 and 7). Whether a command happened is not written
-- here: it is a join with the mirror on (signer, nonce).
-- Up Migration
CREATE SCHEMA app;

CREATE FUNCTION app.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '%.% is only added to', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$body$;

-- Keys are shown once, when they are made; here is only their SHA-256.
CREATE TABLE app.api_key (
  id uuid PRIMARY KEY,
  key_sha256 bytea NOT NULL UNIQUE CHECK (length(key_sha256) = 32),
  name text NOT NULL,
  role text NOT NULL,
  account bytea CHECK (length(account) = 20),
  platform text,
  programme bigint,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app.api_key_revocation (
  key_id uuid PRIMARY KEY REFERENCES app.api_key,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A command, as ordered. `id` is made by the client; `content_hash` tells a repeat from another order
-- under the same id. `lane` orders the commands of one account, `signer` is null for work off chain.
CREATE TABLE app.operation (
  id uuid PRIMARY KEY,
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  kind text NOT NULL,
  lane text NOT NULL,
  signer bytea CHECK (length(signer) = 20),
  body jsonb NOT NULL,
  api_key_id uuid NOT NULL REFERENCES app.api_key,
  sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX operation_lane ON app.operation (lane, sequence);
CREATE INDEX operation_key ON app.operation (api_key_id, sequence);

CREATE TABLE app.operation_nonce (
  operation_id uuid PRIMARY KEY REFERENCES app.operation,
  chain_id bigint NOT NULL,
  signer bytea NOT NULL CHECK (length(signer) = 20),
  nonce bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (chain_id, signer, nonce)
);

-- The signed bytes. The same ones are sent again and again; other bytes under the nonce are another
-- attempt, with its reason.
CREATE TABLE app.attempt (
  operation_id uuid NOT NULL REFERENCES app.operation_nonce,
  attempt integer NOT NULL CHECK (attempt > 0),
  reason text NOT NULL DEFAULT 'first' CHECK (reason IN ('first', 'fee bump', 'nonce filled')),
  tx_hash bytea NOT NULL UNIQUE CHECK (length(tx_hash) = 32),
  raw bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (operation_id, attempt)
);

-- Ends that the chain does not know: refused before sending, or work off chain completed.
CREATE TABLE app.outcome (
  operation_id uuid PRIMARY KEY REFERENCES app.operation,
  kind text NOT NULL CHECK (kind IN ('refused', 'completed')),
  code text CHECK ((code IS NOT NULL) = (kind = 'refused')),
  detail jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION app.tell_operation() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM pg_notify('tanpu_operation', NEW.id::text);
  RETURN NULL;
END
$body$;
CREATE TRIGGER told AFTER INSERT ON app.operation FOR EACH ROW EXECUTE FUNCTION app.tell_operation();

DO $body$
DECLARE
  ledger text;
BEGIN
  FOREACH ledger IN ARRAY ARRAY['api_key', 'api_key_revocation', 'operation', 'operation_nonce', 'attempt', 'outcome'] LOOP
    EXECUTE format('CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON app.%I
      FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', ledger);
  END LOOP;
END
$body$;

GRANT USAGE ON SCHEMA app TO tanpu_api, tanpu_worker, tanpu_indexer;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO tanpu_api, tanpu_worker;
GRANT SELECT ON app.operation_nonce, app.attempt TO tanpu_indexer;
GRANT INSERT ON app.operation TO tanpu_api;
GRANT INSERT ON app.operation_nonce, app.attempt, app.outcome TO tanpu_worker;
