-- Whoever waits for a command is told of ends that no block brings.
-- Up Migration
CREATE FUNCTION app.tell_outcome() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM pg_notify('tanpu_outcome', NEW.operation_id::text);
  RETURN NULL;
END
$body$;
CREATE TRIGGER told AFTER INSERT ON app.outcome FOR EACH ROW EXECUTE FUNCTION app.tell_outcome();
