-- What a period's reports are looked at for, what people decide about it, appeals against refusals,
-- independent figures, and corrections that come after a period was closed. All of it is added only;
-- a finding alone may go again, while nobody has decided it, because the report it rests on was replaced.
-- Up Migration

-- Something about one report, or about it beside others, that a person must look at. `detail` holds
-- numbers and names of rules, never a raw value.
CREATE TABLE intake.finding (
  day integer NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  kind text NOT NULL,
  source integer NOT NULL,
  detail jsonb NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, platform, row_key, kind)
);
CREATE INDEX finding_source ON intake.finding (source, day);

-- The latest turn counts; an appeal may give a second one.
CREATE TABLE intake.finding_decision (
  day integer NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  kind text NOT NULL,
  turn smallint NOT NULL CHECK (turn > 0),
  decision text NOT NULL CHECK (decision IN ('released', 'refused')),
  reason text NOT NULL CHECK (reason <> ''),
  api_key_id uuid NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, platform, row_key, kind, turn)
);

CREATE VIEW intake.finding_state AS
  SELECT f.day, f.platform, f.row_key, f.kind, f.source, f.detail, f.found_at,
         coalesce(d.decision, 'open') AS state, d.turn, d.reason, d.api_key_id, d.decided_at
    FROM intake.finding f
    LEFT JOIN LATERAL (
      SELECT * FROM intake.finding_decision e
       WHERE e.day = f.day AND e.platform = f.platform AND e.row_key = f.row_key AND e.kind = f.kind
       ORDER BY e.turn DESC LIMIT 1) d ON true;

-- Reports that closing a period leaves out.
CREATE OR REPLACE VIEW intake.withheld AS
  SELECT DISTINCT day, platform, row_key FROM intake.finding_state WHERE state <> 'released';

-- An appeal of a platform against the refusal of one row, or against a finding that was refused.
CREATE TABLE intake.appeal (
  id uuid PRIMARY KEY,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  -- The day the row was refused, or the day of the report the finding is about.
  day integer NOT NULL,
  about text NOT NULL CHECK (about IN ('refusal', 'finding')),
  -- The code of the refusal, or the kind of the finding.
  subject text NOT NULL,
  programme bigint NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  api_key_id uuid NOT NULL,
  filed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (platform, row_key, day, about, subject)
);
CREATE INDEX appeal_programme ON intake.appeal (programme, filed_at);

CREATE TABLE intake.appeal_decision (
  appeal_id uuid PRIMARY KEY REFERENCES intake.appeal,
  decision text NOT NULL CHECK (decision IN ('upheld', 'dismissed')),
  reason text NOT NULL CHECK (reason <> ''),
  api_key_id uuid NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now()
);

-- What somebody else counted of a source in a period: a fare system, a grid company.
CREATE TABLE intake.independent_figure (
  id uuid PRIMARY KEY,
  source integer NOT NULL,
  first_day integer NOT NULL,
  end_day integer NOT NULL CHECK (end_day > first_day),
  -- "activities", "milligrams", or a behaviour's quantity as "behaviour.quantity".
  measure text NOT NULL,
  -- In millionths of the measure's unit, so that decimals stay exact.
  millionths numeric(38, 0) NOT NULL CHECK (millionths >= 0),
  provider text NOT NULL,
  document bytea NOT NULL CHECK (length(document) = 32),
  api_key_id uuid NOT NULL,
  filed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX independent_figure_source ON intake.independent_figure (source, first_day);

-- A correction that came after its report's period was closed. It only takes away.
CREATE TABLE intake.reduction (
  day integer NOT NULL,
  platform smallint NOT NULL,
  row_key uuid NOT NULL,
  batch_id uuid NOT NULL REFERENCES intake.batch,
  -- Row key of the correcting report.
  correction uuid NOT NULL,
  -- What the leaf carries beyond what the correction says.
  milligrams bigint NOT NULL CHECK (milligrams > 0),
  filed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, platform, row_key, correction)
);
CREATE INDEX reduction_batch ON intake.reduction (batch_id);

GRANT SELECT ON intake.finding, intake.finding_decision, intake.finding_state, intake.withheld,
  intake.appeal, intake.appeal_decision, intake.independent_figure, intake.reduction TO tanpu_api, tanpu_worker;
GRANT INSERT, DELETE ON intake.finding TO tanpu_worker;
GRANT INSERT ON intake.finding_decision, intake.appeal, intake.appeal_decision, intake.independent_figure,
  intake.reduction TO tanpu_api;
