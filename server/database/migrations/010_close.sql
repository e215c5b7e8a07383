-- What closing a period needs to know and to say of each report.
-- Up Migration
-- Why a report has no leaf; 0 where it has one. server/intake/close/reasons.ts names the numbers.
ALTER TABLE intake.membership ADD COLUMN reason smallint NOT NULL DEFAULT 0;

-- Corrections are few and looked for by themselves.
CREATE INDEX report_corrects ON intake.report (platform, corrects) WHERE corrects IS NOT NULL;
