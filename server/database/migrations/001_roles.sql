-- The parts of the program become these roles right after they connect, so that what a part may not
-- do, Postgres refuses. They cannot log in themselves: whoever holds DATABASE_URL may become them.
-- Roles belong to the whole server, so another database of it may have made them already.
-- Up Migration
DO $body$
DECLARE
  wanted text;
  -- Since Postgres 16 who creates a role is a member of it and still may not become it.
  enough text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['tanpu_api', 'tanpu_worker', 'tanpu_indexer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
    IF NOT pg_has_role(current_user, wanted, enough) THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END IF;
  END LOOP;
END
$body$;
