-- Webhooks: a key holder's address is told of each change of its operations. What was told, how often it was
-- tried and what was answered is only added to; whether a message was delivered, waits or is dead follows from
-- its attempts. `webhook_watch` and `webhook_due` are no ledgers but lists of what is left to do.
-- Up Migration
CREATE TABLE app.webhook (
  id uuid PRIMARY KEY,
  api_key_id uuid NOT NULL REFERENCES app.api_key,
  url text NOT NULL,
  secret bytea NOT NULL CHECK (length(secret) BETWEEN 24 AND 64),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_key ON app.webhook (api_key_id);

CREATE TABLE app.webhook_end (
  webhook_id uuid PRIMARY KEY REFERENCES app.webhook,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- `place` is where the operation stood: its state, and the block if there is one.
CREATE TABLE app.webhook_message (
  id uuid PRIMARY KEY,
  webhook_id uuid NOT NULL REFERENCES app.webhook,
  operation_id uuid NOT NULL REFERENCES app.operation,
  place text NOT NULL,
  payload text NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (webhook_id, operation_id, place)
);
CREATE INDEX webhook_message_order ON app.webhook_message (webhook_id, sequence);

-- `status` is the HTTP status of the answer; null with a `failure` when there was none.
CREATE TABLE app.webhook_attempt (
  message_id uuid NOT NULL REFERENCES app.webhook_message,
  attempt integer NOT NULL CHECK (attempt > 0),
  status integer,
  failure text CHECK ((failure IS NULL) = (status IS NOT NULL)),
  milliseconds integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (message_id, attempt)
);

CREATE TABLE app.webhook_replay (
  id uuid PRIMARY KEY,
  message_id uuid NOT NULL REFERENCES app.webhook_message,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Operations of which something may still have to be told; `place` is what was told last.
CREATE TABLE app.webhook_watch (
  webhook_id uuid NOT NULL REFERENCES app.webhook,
  operation_id uuid NOT NULL REFERENCES app.operation,
  place text NOT NULL DEFAULT 'queued',
  looked_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (webhook_id, operation_id)
);
CREATE INDEX webhook_watch_order ON app.webhook_watch (looked_at);

-- Messages to be sent; `tries` counts since the message was made or replayed.
CREATE TABLE app.webhook_due (
  message_id uuid PRIMARY KEY REFERENCES app.webhook_message,
  webhook_id uuid NOT NULL REFERENCES app.webhook,
  sequence bigint NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_due_order ON app.webhook_due (webhook_id, sequence);

-- They run with their owner's rights, because who orders or replays has none on the lists.
CREATE FUNCTION app.watch_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  INSERT INTO app.webhook_watch (webhook_id, operation_id)
  SELECT w.id, NEW.id FROM app.webhook w
  WHERE w.api_key_id = NEW.api_key_id
    AND NOT EXISTS (SELECT FROM app.webhook_end e WHERE e.webhook_id = w.id);
  RETURN NULL;
END
$body$;
CREATE TRIGGER watched AFTER INSERT ON app.operation FOR EACH ROW EXECUTE FUNCTION app.watch_operation();

CREATE FUNCTION app.replay_message() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  INSERT INTO app.webhook_due (message_id, webhook_id, sequence)
  SELECT m.id, m.webhook_id, m.sequence FROM app.webhook_message m WHERE m.id = NEW.message_id
  ON CONFLICT (message_id) DO UPDATE SET tries = 0, due_at = now();
  RETURN NULL;
END
$body$;
CREATE TRIGGER listed AFTER INSERT ON app.webhook_replay FOR EACH ROW EXECUTE FUNCTION app.replay_message();

CREATE FUNCTION app.end_webhook() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  DELETE FROM app.webhook_watch WHERE webhook_id = NEW.webhook_id;
  DELETE FROM app.webhook_due WHERE webhook_id = NEW.webhook_id;
  RETURN NULL;
END
$body$;
CREATE TRIGGER unlisted AFTER INSERT ON app.webhook_end FOR EACH ROW EXECUTE FUNCTION app.end_webhook();
REVOKE ALL ON FUNCTION app.watch_operation(), app.replay_message(), app.end_webhook() FROM PUBLIC;

DO $body$
DECLARE
  ledger text;
BEGIN
  FOREACH ledger IN ARRAY ARRAY['webhook', 'webhook_end', 'webhook_message', 'webhook_attempt', 'webhook_replay'] LOOP
    EXECUTE format('CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON app.%I
      FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change()', ledger);
  END LOOP;
END
$body$;

-- The API never reads a secret back; it shows the one it made, once.
GRANT SELECT (id, api_key_id, url, created_at) ON app.webhook TO tanpu_api;
GRANT INSERT ON app.webhook, app.webhook_end, app.webhook_replay TO tanpu_api;
GRANT SELECT ON app.webhook_end, app.webhook_message, app.webhook_attempt, app.webhook_replay, app.webhook_due
  TO tanpu_api;
GRANT SELECT ON app.webhook, app.webhook_end, app.webhook_message, app.webhook_attempt, app.webhook_replay
  TO tanpu_worker;
GRANT INSERT ON app.webhook_message, app.webhook_attempt TO tanpu_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.webhook_watch, app.webhook_due TO tanpu_worker;
