-- Day partitions that lie in files: one row for each table's part, with the file's name, which is its hash.
-- Up Migration
CREATE TABLE intake.detached (
  day integer NOT NULL,
  part text NOT NULL CHECK (part IN ('report', 'shared', 'fingerprint')),
  file_hash bytea NOT NULL CHECK (length(file_hash) = 32),
  rows bigint NOT NULL,
  detached_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, part)
);
GRANT SELECT ON intake.detached TO tanpu_api, tanpu_worker;
