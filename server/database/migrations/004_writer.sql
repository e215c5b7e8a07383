-- What the writer needs to find its work without reading what is done, however much that is by now.
-- Up Migration

-- The operations that have neither a nonce nor an outcome. No ledger but a list that follows from three of
-- them, kept by their triggers; whoever doubts it can make it anew with the statement below.
CREATE TABLE app.open_operation (
  operation_id uuid PRIMARY KEY REFERENCES app.operation,
  lane text NOT NULL,
  sequence bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX open_operation_lane ON app.open_operation (lane, sequence);

INSERT INTO app.open_operation (operation_id, lane, sequence)
SELECT o.id, o.lane, o.sequence FROM app.operation o
WHERE NOT EXISTS (SELECT FROM app.operation_nonce n WHERE n.operation_id = o.id)
  AND NOT EXISTS (SELECT FROM app.outcome r WHERE r.operation_id = o.id);

-- They run with their owner's rights, because who orders or carries out has none on the list itself.
CREATE FUNCTION app.list_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  INSERT INTO app.open_operation (operation_id, lane, sequence) VALUES (NEW.id, NEW.lane, NEW.sequence);
  RETURN NULL;
END
$body$;

CREATE FUNCTION app.unlist_operation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  DELETE FROM app.open_operation WHERE operation_id = NEW.operation_id;
  RETURN NULL;
END
$body$;
REVOKE ALL ON FUNCTION app.list_operation(), app.unlist_operation() FROM PUBLIC;

CREATE TRIGGER listed AFTER INSERT ON app.operation FOR EACH ROW EXECUTE FUNCTION app.list_operation();
CREATE TRIGGER unlisted AFTER INSERT ON app.operation_nonce FOR EACH ROW EXECUTE FUNCTION app.unlist_operation();
CREATE TRIGGER unlisted AFTER INSERT ON app.outcome FOR EACH ROW EXECUTE FUNCTION app.unlist_operation();

GRANT SELECT ON app.open_operation TO tanpu_api, tanpu_worker;

-- `adopted`: bytes that were sent before the database was restored from a backup, found on the chain.
ALTER TABLE app.attempt DROP CONSTRAINT attempt_reason_check;
ALTER TABLE app.attempt ADD CONSTRAINT attempt_reason_check
  CHECK (reason IN ('first', 'fee bump', 'nonce filled', 'adopted'));
