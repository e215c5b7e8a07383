-- Schema `ledger`: what every person and institution has of the reductions, in milligrams, by double entry. An entry
-- says which account gained (above zero) or gave (below zero); the entries of one posting sum to zero, and a posting
-- is written in one statement. Nothing here is changed; a mistake gets another posting.
-- Up Migration
CREATE SCHEMA ledger;

-- Whose account: a person (the keyed pseudonym that intake stores), a platform that pools, an asset's owner, an agent
-- under a mandate; `source` and `programme` are the other side of what came in, was rounded or was given up.
CREATE TYPE ledger.holder_kind AS ENUM ('person', 'platform', 'owner', 'agent', 'source', 'programme');

-- pending: credited and not issued. issued: units in the programme's pool. points: issued and locked behind points.
-- recorded: issued to an institution's account on chain, so nobody's units in the pool. spent: locked grams whose
-- points were used. left: taken out of the pool. owed: below zero, what a late correction could not take any more. Of a source only: reported (the other side of all that came in),
-- carry and void (what rounding to whole grams left, kept or given up by the programme's rule).
CREATE TYPE ledger.compartment AS ENUM
  ('pending', 'issued', 'points', 'recorded', 'spent', 'left', 'owed', 'reported', 'carry', 'void');

-- `key` is what makes a repeat of the same posting change nothing. `month` is yyyymm, the partition of its entries.
CREATE TABLE ledger.posting (
  posting bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  month integer NOT NULL,
  key text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('pending', 'issue', 'fall', 'again', 'lock-points', 'cancel-points', 'use-points',
    'expire-points', 'mandate', 'donate', 'settle', 'withdraw', 'correction')),
  programme bigint NOT NULL,
  batch uuid,
  request bigint,
  token bytea,
  mandate uuid,
  reverses bigint REFERENCES ledger.posting,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posting_batch ON ledger.posting (batch) WHERE batch IS NOT NULL;

-- `actor` is the person whose activities it comes of, also where somebody else holds it.
CREATE TABLE ledger.entry (
  month integer NOT NULL,
  posting bigint NOT NULL,
  holder uuid NOT NULL,
  actor uuid,
  milligrams bigint NOT NULL CHECK (milligrams <> 0),
  activities integer NOT NULL DEFAULT 0,
  holder_kind ledger.holder_kind NOT NULL,
  compartment ledger.compartment NOT NULL,
  CHECK ((compartment IN ('reported', 'carry', 'void')) = (holder_kind = 'source'))
) PARTITION BY RANGE (month);
CREATE INDEX entry_holder ON ledger.entry (holder);
CREATE INDEX entry_actor ON ledger.entry (actor) WHERE actor <> holder;
-- Postings lie in their order, so a summary of each range of pages finds one.
CREATE INDEX entry_posting ON ledger.entry USING brin (posting) WITH (pages_per_range = 32);

-- One look at all rows of a statement: each posting in it sums to zero, and was made by this very transaction.
CREATE FUNCTION ledger.require_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  found record;
BEGIN
  FOR found IN
    SELECT a.posting, a.milligrams, a.months, p.month, p.created_at FROM (
      SELECT posting, sum(milligrams) AS milligrams, min(month) AS month,
             CASE WHEN min(month) = max(month) THEN 1 ELSE 2 END AS months
      FROM added GROUP BY posting) a
    LEFT JOIN ledger.posting p ON p.posting = a.posting AND p.month = a.month
  LOOP
    IF found.milligrams <> 0 THEN
      RAISE EXCEPTION 'posting % is % milligrams out of balance', found.posting, found.milligrams
        USING ERRCODE = 'check_violation';
    END IF;
    IF found.months <> 1 OR found.created_at IS DISTINCT FROM now() THEN
      RAISE EXCEPTION 'entries of posting % do not come with it', found.posting USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END
$body$;
CREATE TRIGGER balanced AFTER INSERT ON ledger.entry REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.require_balance();

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '%.% is only added to', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$body$;
-- For each row, because such a trigger holds on every partition too.
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON ledger.entry
  FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();

CREATE FUNCTION ledger.ensure_month(month integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  name text := format('entry_%s', month);
BEGIN
  IF month NOT BETWEEN 197001 AND 999912 OR month % 100 NOT BETWEEN 1 AND 12 THEN
    RAISE EXCEPTION '% is no month', month USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass(format('ledger.%I', name)) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('tanpu ledger month'), month);
  IF to_regclass(format('ledger.%I', name)) IS NULL THEN
    EXECUTE format('CREATE TABLE ledger.%I PARTITION OF ledger.entry FOR VALUES FROM (%s) TO (%s)', name, month, month + 1);
    EXECUTE format('CREATE TRIGGER only_added_whole BEFORE TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', name);
  END IF;
END
$body$;

-- The id of an account that is no person's.
CREATE FUNCTION ledger.holder_of(kind ledger.holder_kind, programme bigint, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT encode(substring(sha256(convert_to('tanpu/holder/1 ' || kind::text || ' ' || programme || ' ' || name, 'UTF8'))
    FROM 1 FOR 16), 'hex')::uuid
$body$;

-- A person of one platform in one programme. The salt opens the person's lines and goes with the row.
CREATE TABLE ledger.person (
  participant uuid PRIMARY KEY,
  programme bigint NOT NULL,
  platform text NOT NULL,
  salt uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ledger.institution (
  holder uuid PRIMARY KEY,
  kind ledger.holder_kind NOT NULL CHECK (kind <> 'person'),
  programme bigint NOT NULL,
  name text NOT NULL,
  salt uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The SHA-256 of a person's token. Only the newest of a person opens anything.
CREATE TABLE ledger.person_token (
  token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
  participant uuid NOT NULL REFERENCES ledger.person ON DELETE CASCADE,
  sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX person_token_person ON ledger.person_token (participant, sequence);

-- What a person agreed to, and when it was taken back.
CREATE TABLE ledger.consent (
  consent uuid PRIMARY KEY,
  participant uuid NOT NULL,
  purpose text NOT NULL,
  text_hash bytea NOT NULL CHECK (length(text_hash) = 32),
  given_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX consent_person ON ledger.consent (participant);
CREATE TABLE ledger.consent_end (
  consent uuid PRIMARY KEY REFERENCES ledger.consent,
  withdrawn_at timestamptz NOT NULL DEFAULT now()
);
-- No ledger but a list: whose activities are refused on arrival. Small, because few withdraw.
CREATE TABLE ledger.no_consent (
  participant uuid PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now()
);

-- Whether a person lets the platform pool their reductions; the newest counts.
CREATE TABLE ledger.choice (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  participant uuid NOT NULL,
  pool boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX choice_person ON ledger.choice (participant, sequence);

-- What a platform gave a person for pooling.
CREATE TABLE ledger.benefit (
  benefit uuid PRIMARY KEY,
  participant uuid NOT NULL,
  what text NOT NULL,
  fen bigint CHECK (fen > 0),
  document_hash bytea NOT NULL CHECK (length(document_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX benefit_person ON ledger.benefit (participant);

-- 打包委托: an agent may move a person's issued grams, so far and so long.
CREATE TABLE ledger.mandate (
  mandate uuid PRIMARY KEY,
  programme bigint NOT NULL,
  participant uuid NOT NULL,
  agent bytea NOT NULL CHECK (length(agent) = 20),
  most_milligrams bigint CHECK (most_milligrams > 0),
  first_day integer NOT NULL,
  end_day integer NOT NULL CHECK (end_day > first_day),
  text_hash bytea NOT NULL CHECK (length(text_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mandate_person ON ledger.mandate (participant);
CREATE TABLE ledger.mandate_end (
  mandate uuid PRIMARY KEY REFERENCES ledger.mandate,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A lot of points with grams behind it, and how it ended.
CREATE TABLE ledger.points (
  lot uuid PRIMARY KEY,
  programme bigint NOT NULL,
  participant uuid NOT NULL,
  grams bigint NOT NULL CHECK (grams > 0),
  points bigint NOT NULL CHECK (points > 0),
  end_day integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX points_person ON ledger.points (participant);
CREATE INDEX points_end_day ON ledger.points (end_day);
CREATE TABLE ledger.points_end (
  lot uuid PRIMARY KEY REFERENCES ledger.points,
  kind text NOT NULL CHECK (kind IN ('cancelled', 'used', 'expired')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- 以碳代捐: grams given to a public cause, and what the sponsor of the cause then owes it by its rule.
CREATE TABLE ledger.donation (
  donation uuid PRIMARY KEY,
  programme bigint NOT NULL,
  participant uuid NOT NULL,
  recipient text NOT NULL,
  grams bigint NOT NULL CHECK (grams > 0),
  pledge_fen bigint NOT NULL CHECK (pledge_fen >= 0),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX donation_person ON ledger.donation (participant);
CREATE INDEX donation_recipient ON ledger.donation (programme, recipient);

-- Rules of who the reductions belong to, as published in rules/; the postings of a day use those in force then.
CREATE TABLE ledger.right_rule (
  content_hash bytea PRIMARY KEY CHECK (length(content_hash) = 32),
  programme bigint NOT NULL,
  body jsonb NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- A state of all lines, ready to be anchored: everything posted up to `through`.
CREATE TABLE ledger.epoch (
  epoch uuid PRIMARY KEY,
  programme bigint NOT NULL,
  through bigint NOT NULL,
  root bytea NOT NULL CHECK (length(root) = 32),
  total_milligrams numeric(39, 0) NOT NULL,
  count bigint NOT NULL,
  depth smallint NOT NULL,
  file_hash bytea NOT NULL CHECK (length(file_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX epoch_file ON ledger.epoch (file_hash);

-- Who was deleted. Until the day their evidence stays, restricted; the platform cannot register them again.
CREATE TABLE ledger.deletion (
  participant uuid PRIMARY KEY,
  programme bigint NOT NULL,
  retained_until integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

DO $body$
DECLARE
  added text;
BEGIN
  FOREACH added IN ARRAY ARRAY['posting', 'institution', 'consent', 'consent_end', 'choice', 'benefit', 'mandate',
    'mandate_end', 'points', 'points_end', 'donation', 'right_rule', 'epoch', 'deletion'] LOOP
    EXECUTE format('CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()', added);
  END LOOP;
  EXECUTE 'CREATE TRIGGER only_added_whole BEFORE TRUNCATE ON ledger.entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()';
END
$body$;

-- Postings share this lock while they are written; who holds it alone knows that no smaller number can still come.
CREATE FUNCTION ledger.begin_posting(
  key text, kind text, programme bigint, batch uuid, request bigint, token bytea, mandate uuid, reverses bigint)
RETURNS TABLE (posting bigint, month integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  now_month integer := to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYYMM')::integer;
BEGIN
  PERFORM ledger.ensure_month(now_month);
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('tanpu/ledger', 0));
  RETURN QUERY
    INSERT INTO ledger.posting AS p (month, key, kind, programme, batch, request, token, mandate, reverses)
    VALUES (now_month, $1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT ON CONSTRAINT posting_key_key DO NOTHING RETURNING p.posting, p.month;
END
$body$;

-- What an account has in a compartment.
CREATE FUNCTION ledger.balance_of(holder uuid, compartment ledger.compartment) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
  SELECT coalesce(sum(e.milligrams), 0) FROM ledger.entry e WHERE e.holder = $1 AND e.compartment = $2
$body$;

-- Moves what a person has. The API may do nothing else with entries: between the person's own compartments, to the
-- agent of a running mandate, to who is donated to, or to the programme when an account is given up. Null: there is not enough. A repeat
-- changes nothing and gives the first posting.
CREATE FUNCTION ledger.move_own(
  key text, kind text, person uuid, gives ledger.compartment, gains ledger.compartment, milligrams bigint,
  to_mandate uuid DEFAULT NULL, to_recipient text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  made record;
  known bigint;
  in_programme bigint;
  to_kind ledger.holder_kind := 'person';
  to_holder uuid := person;
  agent_name text;
BEGIN
  IF (kind, gives, gains) NOT IN (
    ('lock-points', 'issued', 'points'), ('cancel-points', 'points', 'issued'), ('expire-points', 'points', 'issued'),
    ('use-points', 'points', 'spent'), ('mandate', 'issued', 'issued'), ('settle', 'issued', 'issued'),
    ('donate', 'issued', 'issued'))
    OR milligrams <= 0 OR milligrams % 1000 <> 0 THEN
    RAISE EXCEPTION 'nobody moves % from % to %', kind, gives, gains USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('tanpu/ledger/' || person::text, 0));
  SELECT p.posting INTO known FROM ledger.posting p WHERE p.key = $1;
  IF FOUND THEN
    RETURN known;
  END IF;
  SELECT p.programme INTO STRICT in_programme FROM ledger.person p WHERE p.participant = person;
  IF ledger.balance_of(person, gives) < milligrams THEN
    RETURN NULL;
  END IF;
  IF kind = 'mandate' THEN
    SELECT 'agent', '0x' || encode(m.agent, 'hex') INTO STRICT to_kind, agent_name FROM ledger.mandate m
    WHERE m.mandate = to_mandate AND m.participant = person
      AND NOT EXISTS (SELECT FROM ledger.mandate_end n WHERE n.mandate = m.mandate);
    to_holder := ledger.holder_of('agent', in_programme, agent_name);
  ELSIF kind = 'donate' THEN
    IF to_recipient IS NULL THEN
      RAISE EXCEPTION 'a donation has a recipient' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    to_kind := 'agent';
    agent_name := to_recipient;
    to_holder := ledger.holder_of('agent', in_programme, agent_name);
  ELSIF kind = 'settle' THEN
    to_kind := 'programme';
    agent_name := 'given up';
    to_holder := ledger.holder_of('programme', in_programme, agent_name);
  END IF;
  IF to_kind <> 'person' THEN
    INSERT INTO ledger.institution (holder, kind, programme, name) VALUES (to_holder, to_kind, in_programme, agent_name)
    ON CONFLICT DO NOTHING;
  END IF;
  SELECT b.posting, b.month INTO STRICT made
  FROM ledger.begin_posting($1, kind, in_programme, NULL, NULL, NULL, to_mandate, NULL) b;
  INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams)
  VALUES (made.month, made.posting, 'person', person, person, gives, -milligrams),
         (made.month, made.posting, to_kind, to_holder, person, gains, milligrams);
  RETURN made.posting;
END
$body$;

-- Gives up what a person still has pending, batch by batch, so that a later issue finds it with the programme.
CREATE FUNCTION ledger.give_up_pending(person uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  found record;
  made record;
  to_holder uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tanpu/ledger/' || person::text, 0));
  FOR found IN
    SELECT p.batch, p.programme, sum(e.milligrams)::bigint AS milligrams
    FROM ledger.entry e JOIN ledger.posting p ON p.posting = e.posting
    WHERE e.holder = person AND e.compartment = 'pending' GROUP BY 1, 2 HAVING sum(e.milligrams) <> 0
  LOOP
    to_holder := ledger.holder_of('programme', found.programme, 'given up');
    INSERT INTO ledger.institution (holder, kind, programme, name)
    VALUES (to_holder, 'programme', found.programme, 'given up') ON CONFLICT DO NOTHING;
    SELECT b.posting, b.month INTO made FROM ledger.begin_posting(
      'settle-pending:' || person || ':' || found.batch, 'settle', found.programme, found.batch,
      NULL, NULL, NULL, NULL) b;
    CONTINUE WHEN made.posting IS NULL;
    INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams)
    VALUES (made.month, made.posting, 'person', person, person, 'pending', -found.milligrams),
           (made.month, made.posting, 'programme', to_holder, person, 'pending', found.milligrams);
  END LOOP;
END
$body$;

-- Forgets a person: every salt that could open what is published of them, and the row that is theirs.
CREATE FUNCTION ledger.forget(person uuid, retained_until integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  in_programme bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tanpu/ledger/' || person::text, 0));
  SELECT p.programme INTO STRICT in_programme FROM ledger.person p WHERE p.participant = person;
  IF EXISTS (SELECT FROM ledger.entry e WHERE e.holder = person AND e.compartment IN ('pending', 'issued', 'points')
             GROUP BY e.compartment HAVING sum(e.milligrams) <> 0) THEN
    RAISE EXCEPTION 'the account is not settled' USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO ledger.deletion (participant, programme, retained_until) VALUES (person, in_programme, $2);
  INSERT INTO ledger.no_consent (participant) VALUES (person) ON CONFLICT DO NOTHING;
  UPDATE intake.report SET salt = NULL WHERE participant = person AND salt IS NOT NULL;
  DELETE FROM ledger.person p WHERE p.participant = $1;
END
$body$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO tanpu_api, tanpu_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO tanpu_api, tanpu_worker;
GRANT EXECUTE ON FUNCTION ledger.holder_of, ledger.balance_of, ledger.move_own TO tanpu_api, tanpu_worker;
GRANT EXECUTE ON FUNCTION ledger.give_up_pending, ledger.forget TO tanpu_api;
GRANT EXECUTE ON FUNCTION ledger.begin_posting TO tanpu_worker;
GRANT INSERT ON ledger.person, ledger.person_token, ledger.consent, ledger.consent_end, ledger.choice, ledger.benefit,
  ledger.mandate, ledger.mandate_end, ledger.points, ledger.points_end, ledger.donation TO tanpu_api;
GRANT INSERT, DELETE ON ledger.no_consent TO tanpu_api;
GRANT INSERT ON ledger.entry, ledger.person, ledger.institution, ledger.right_rule, ledger.epoch, ledger.points_end
  TO tanpu_worker;
