-- Commands are stored, and taken to the chain, many in one statement: what follows from them is done once for each
-- statement and not once for each row.
-- Up Migration
DROP TRIGGER told ON app.operation;
DROP TRIGGER listed ON app.operation;
DROP TRIGGER watched ON app.operation;
DROP TRIGGER unlisted ON app.operation_nonce;
DROP TRIGGER unlisted ON app.outcome;
DROP TRIGGER told ON app.outcome;

-- Whoever hears it looks for itself.
CREATE OR REPLACE FUNCTION app.tell_operation() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (SELECT FROM fresh) THEN
    PERFORM pg_notify('tanpu_operation', '');
  END IF;
  RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION app.tell_outcome() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF EXISTS (SELECT FROM fresh) THEN
    PERFORM pg_notify('tanpu_outcome', '');
  END IF;
  RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION app.list_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  INSERT INTO app.open_operation (operation_id, lane, sequence) SELECT id, lane, sequence FROM fresh;
  RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION app.unlist_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  DELETE FROM app.open_operation WHERE operation_id IN (SELECT operation_id FROM fresh);
  RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION app.watch_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  INSERT INTO app.webhook_watch (webhook_id, operation_id)
  SELECT w.id, f.id FROM fresh f JOIN app.webhook w ON w.api_key_id = f.api_key_id
  WHERE NOT EXISTS (SELECT FROM app.webhook_end e WHERE e.webhook_id = w.id);
  RETURN NULL;
END
$body$;

CREATE TRIGGER told AFTER INSERT ON app.operation
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.tell_operation();
CREATE TRIGGER listed AFTER INSERT ON app.operation
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.list_operation();
CREATE TRIGGER watched AFTER INSERT ON app.operation
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.watch_operation();
CREATE TRIGGER unlisted AFTER INSERT ON app.operation_nonce
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.unlist_operation();
CREATE TRIGGER unlisted AFTER INSERT ON app.outcome
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.unlist_operation();
CREATE TRIGGER told AFTER INSERT ON app.outcome
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION app.tell_outcome();
