-- Webhooks tell what became of an account's units and certificates too, not only of the key's commands. Such a message
-- is about a subject (`certificate 0x…`, `retirement 0x…`, `token 0x…`) instead of an operation.
-- Up Migration
ALTER TABLE app.webhook_message ALTER COLUMN operation_id DROP NOT NULL;
ALTER TABLE app.webhook_message ADD COLUMN subject text;
ALTER TABLE app.webhook_message ADD CHECK ((operation_id IS NULL) = (subject IS NOT NULL));
CREATE INDEX webhook_message_subject ON app.webhook_message (webhook_id, subject) WHERE subject IS NOT NULL;

-- How far an address has been told of what final blocks made. Added by the worker's first look, so that nothing is
-- told that was there before.
CREATE TABLE app.webhook_cursor (
  webhook_id uuid PRIMARY KEY REFERENCES app.webhook,
  told_block bigint NOT NULL
);

-- Certificates that are, or were, anything else than plainly valid. `told` is the state told last; `seen` is another one
-- that stands in the mirror since `seen_block` and is told when that block is final.
CREATE TABLE app.webhook_certificate (
  webhook_id uuid NOT NULL REFERENCES app.webhook,
  certificate_id bytea NOT NULL,
  told text NOT NULL,
  seen text,
  seen_block bigint,
  PRIMARY KEY (webhook_id, certificate_id),
  CHECK ((seen IS NULL) = (seen_block IS NULL))
);

CREATE OR REPLACE FUNCTION app.end_webhook() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  DELETE FROM app.webhook_watch WHERE webhook_id = NEW.webhook_id;
  DELETE FROM app.webhook_due WHERE webhook_id = NEW.webhook_id;
  DELETE FROM app.webhook_cursor WHERE webhook_id = NEW.webhook_id;
  DELETE FROM app.webhook_certificate WHERE webhook_id = NEW.webhook_id;
  RETURN NULL;
END
$body$;

GRANT SELECT, INSERT, UPDATE, DELETE ON app.webhook_cursor, app.webhook_certificate TO tanpu_worker;
