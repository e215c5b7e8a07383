-- The mirror: what the chain says, as tables. Only the indexer writes here, and nothing here is
-- precious: dropping the schema and indexing again gives the same rows (design law 1). So it is never
-- migrated; when this file changes, the mirror is built anew.
--
-- The word `mirror` is replaced by the name of the schema to create, so that a shadow can be built
-- beside the live one and take its place by renaming. Functions therefore never name their own schema.
--
-- Conventions: hashes, ids and keys are bytea of 32 bytes, addresses of 20; grams and times (unix
-- seconds of the block) are bigint; milligrams are numeric(39,0), because the chain holds 128 bits, and
-- numbers of 64 bits that a caller chooses freely are numeric(20,0), so that no caller can stop the mirror;
-- days are China days since 1970, ranges half-open. `block_number` is the block that wrote the row first.

CREATE SCHEMA mirror;

-- One row. `position` is where the applied part of the chain ends: block (12 digits), transaction (8),
-- log (12), so that texts sort like positions. Blocks up to `final_block` can no longer be undone.
-- While more blocks are deep enough and too few nodes have them, it says how many do and how many must; else both are null.
CREATE TABLE mirror.checkpoint (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  chain_id bigint NOT NULL,
  first_block bigint NOT NULL,
  position char(32) NOT NULL CHECK (position ~ '^[0-9]{32}$'),
  block_number bigint NOT NULL,
  block_hash bytea,
  final_block bigint NOT NULL,
  nodes_agreeing smallint,
  nodes_needed smallint,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mirror.block (
  number bigint PRIMARY KEY,
  hash bytea NOT NULL UNIQUE,
  parent_hash bytea NOT NULL,
  timestamp bigint NOT NULL
);

-- `raw` holds the signed bytes while the block is not final, to send a lost tail again. `operation_id` is what the
-- calldata ends with; it names an operation only together with its signer, because anyone may write anything there.
CREATE TABLE mirror.transaction (
  block_number bigint NOT NULL,
  index integer NOT NULL,
  hash bytea NOT NULL UNIQUE,
  signer bytea NOT NULL,
  nonce bigint NOT NULL,
  recipient bytea,
  status smallint NOT NULL,
  raw bytea,
  operation_id uuid,
  PRIMARY KEY (block_number, index),
  UNIQUE (signer, nonce)
);
CREATE INDEX transaction_operation ON mirror.transaction (operation_id, signer) WHERE operation_id IS NOT NULL;

CREATE TABLE mirror.programme (
  programme bigint PRIMARY KEY,
  parent bigint,
  tier smallint NOT NULL,
  authority bytea NOT NULL,
  institution bytea NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  deciding_tier smallint NOT NULL DEFAULT 0,
  document bytea NOT NULL,
  block_number bigint NOT NULL,
  created_at bigint NOT NULL
);

-- Times a programme's writes were stopped, [paused_at, resumed_at); null while it still is. Deadlines that ran then end
-- later by as long: what contracts tell as a time is kept as it was told, and readers add the pauses since.
CREATE TABLE mirror.pause (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  paused_at bigint NOT NULL,
  resumed_at bigint,
  document bytea NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX pause_programme ON mirror.pause (programme, paused_at);

-- `what`: 1 units of `other` may stand in certificates, 2 its reviewers count. It holds from
-- `effective_at` until `ended_at`, half-open; null when it still holds.
CREATE TABLE mirror.recognition (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  other bigint NOT NULL,
  what smallint NOT NULL,
  effective_at numeric(20, 0) NOT NULL,
  document bytea NOT NULL,
  ended_at bigint,
  end_document bytea,
  PRIMARY KEY (block_number, log_index, what)
);
CREATE INDEX recognition_programme ON mirror.recognition (programme, other);

-- `standing` bits: 1 open, 2 frozen, 4 guarded, 8 partly frozen, 16 closed.
CREATE TABLE mirror.account (
  account bytea PRIMARY KEY,
  programme bigint NOT NULL,
  institution bytea NOT NULL,
  standing smallint NOT NULL,
  document bytea NOT NULL,
  standing_document bytea,
  block_number bigint NOT NULL,
  opened_at bigint NOT NULL
);
CREATE INDEX account_programme ON mirror.account (programme, account);

-- `role`: 1 authority, 2 operator, 3 reviewer, 4 applicant, 5 exchange, 6 custodian. A grant holds from `effective_at` until
-- `revoked_at`, half-open; null when it still holds.
CREATE TABLE mirror.role_grant (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  role smallint NOT NULL,
  account bytea NOT NULL,
  effective_at numeric(20, 0) NOT NULL,
  document bytea NOT NULL,
  revoked_at bigint,
  revocation_document bytea,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX role_grant_account ON mirror.role_grant (account, programme, role);

CREATE TABLE mirror.parameter (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  key bytea NOT NULL,
  value numeric(39, 0) NOT NULL,
  effective_at numeric(20, 0) NOT NULL,
  document bytea NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX parameter_key ON mirror.parameter (programme, key, effective_at);

CREATE TABLE mirror.methodology (
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  content_hash bytea NOT NULL,
  class integer NOT NULL,
  status smallint NOT NULL,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  cap_milligrams numeric(39, 0) NOT NULL,
  document bytea NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (programme, methodology)
);

-- `carry_milligrams` is what the last issue left below one granule. `state`: pending, active, suspended,
-- delisted.
CREATE TABLE mirror.source (
  source_id bytea PRIMARY KEY,
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  asset_key bytea NOT NULL,
  applicant bytea NOT NULL,
  owner bytea NOT NULL,
  carry_milligrams numeric(39, 0) NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'active',
  state_document bytea,
  document bytea NOT NULL,
  block_number bigint NOT NULL
);
CREATE INDEX source_asset ON mirror.source (asset_key);
CREATE INDEX source_methodology ON mirror.source (programme, methodology, source_id);

-- The owner of an asset's first source lets another source earn on it.
CREATE TABLE mirror.source_consent (
  asset_key bytea NOT NULL,
  source_id bytea NOT NULL,
  owner bytea NOT NULL,
  withdrawn boolean NOT NULL DEFAULT false,
  block_number bigint NOT NULL,
  PRIMARY KEY (asset_key, source_id)
);

-- Contracts that may issue: `contract` says whether the token or the calendars let them.
CREATE TABLE mirror.issuer (
  contract text NOT NULL,
  issuer bytea NOT NULL,
  closed boolean NOT NULL DEFAULT false,
  block_number bigint NOT NULL,
  PRIMARY KEY (contract, issuer)
);

CREATE TABLE mirror.exclusion (
  class_a integer NOT NULL,
  class_b integer NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (class_a, class_b)
);

-- Days of an asset and class taken by a request of a source, or recorded for another registry
-- (source_id null; external_id, programme and document set). A released booking keeps its row.
CREATE TABLE mirror.booking (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  asset_key bytea NOT NULL,
  class integer NOT NULL,
  source_id bytea,
  external_id bigint,
  programme bigint,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  document bytea,
  released_block bigint,
  release_document bytea,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX booking_asset ON mirror.booking (asset_key, class, first_day);

-- `state`: proposed, filed, issued, rejected, withdrawn, expired, fallen. `deducted_milligrams` is what
-- challenges took off so far, `holds` how many open demands stand in the way of an issue.
CREATE TABLE mirror.request (
  request_id bigint PRIMARY KEY,
  token_id bytea NOT NULL,
  source_id bytea NOT NULL,
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  applicant bytea NOT NULL,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  root bytea NOT NULL,
  total_milligrams numeric(39, 0) NOT NULL,
  count numeric(20, 0) NOT NULL,
  depth smallint NOT NULL,
  hash_suite smallint NOT NULL,
  leaf_file_hash bytea NOT NULL,
  report_hash bytea NOT NULL,
  state text NOT NULL,
  proposed_at bigint NOT NULL,
  filed_at bigint,
  filing_document bytea,
  notice_end bigint,
  forwarded_at bigint,
  forwarding_document bytea,
  decided_at bigint,
  decision_document bytea,
  owner bytea,
  issued_grams bigint,
  carry_before_milligrams numeric(39, 0),
  carry_after_milligrams numeric(39, 0),
  deducted_milligrams numeric(39, 0) NOT NULL DEFAULT 0,
  holds bigint NOT NULL DEFAULT 0,
  transaction_hash bytea NOT NULL,
  decision_transaction_hash bytea,
  block_number bigint NOT NULL
);
CREATE INDEX request_source ON mirror.request (source_id, request_id);
CREATE INDEX request_token ON mirror.request (token_id);
-- By the transaction an operation became: what it led to.
CREATE INDEX request_transaction ON mirror.request (transaction_hash);
CREATE INDEX request_decision ON mirror.request (decision_transaction_hash);

-- `kind`: 1 validation, 2 verification, 3 technical.
CREATE TABLE mirror.statement (
  request_id bigint NOT NULL,
  reviewer bytea NOT NULL,
  institution bytea NOT NULL,
  kind smallint NOT NULL,
  favourable boolean NOT NULL,
  valid_until numeric(20, 0) NOT NULL,
  digest bytea NOT NULL,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  attested_at bigint NOT NULL,
  PRIMARY KEY (request_id, digest)
);
CREATE INDEX statement_transaction ON mirror.statement (transaction_hash);

CREATE TABLE mirror.objection (
  request_id bigint NOT NULL,
  index bigint NOT NULL,
  objector bytea NOT NULL,
  document bytea NOT NULL,
  upheld boolean,
  decision_document bytea,
  block_number bigint NOT NULL,
  objected_at bigint NOT NULL,
  PRIMARY KEY (request_id, index)
);

-- `state`: active, suspended. held = issued - retired - void.
CREATE TABLE mirror.token (
  token_id bytea PRIMARY KEY,
  programme bigint NOT NULL,
  methodology bigint NOT NULL,
  first_day bigint NOT NULL,
  end_day bigint NOT NULL,
  request_id bigint NOT NULL,
  source_id bytea NOT NULL,
  owner bytea NOT NULL,
  issued_grams bigint NOT NULL,
  retired_grams bigint NOT NULL DEFAULT 0,
  void_grams bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'active',
  state_document bytea,
  issued_at bigint NOT NULL,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL
);
CREATE INDEX token_programme ON mirror.token (programme, token_id);
CREATE INDEX token_source ON mirror.token (source_id);

-- Rows stay when their grams come to nothing. Pages keep room, so that a changed row stays in its page and no index
-- has to follow it: that halves what a change costs.
CREATE TABLE mirror.holding (
  token_id bytea NOT NULL,
  account bytea NOT NULL,
  grams bigint NOT NULL CHECK (grams >= 0),
  PRIMARY KEY (token_id, account)
) WITH (fillfactor = 50);
CREATE INDEX holding_account ON mirror.holding (account, token_id);

-- Every movement: sender is null at issue and reissue, recipient is null at retirement and void. `reason`
-- is set where an authority moved, voided or reissued: the act, or the request whose debt it was for.
CREATE TABLE mirror.transfer (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  sub_index integer NOT NULL,
  token_id bytea NOT NULL,
  operator bytea NOT NULL,
  sender bytea,
  recipient bytea,
  grams bigint NOT NULL,
  reason bytea,
  transaction_hash bytea NOT NULL,
  moved_at bigint NOT NULL,
  PRIMARY KEY (block_number, log_index, sub_index)
);
CREATE INDEX transfer_token ON mirror.transfer (token_id, block_number, log_index, sub_index);

-- The movements of an account. Kept up row by row these indexes are a third of what a cold sync writes, so a new mirror
-- gets them when it has come to the head for the first time; until then it is not ready to be served. The indexer owns
-- no table, hence the definer; the schema is an argument, because a function does not learn that its schema was renamed.
CREATE FUNCTION mirror.index_accounts(schema_name text) RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  -- Written so that the name of a shadow is not put in its place: the schema is renamed, the function's text is not.
  IF schema_name !~ '^m[i]rror[a-z_]*$' THEN
    RAISE EXCEPTION 'no schema of mirrors: %', schema_name;
  END IF;
  EXECUTE format('CREATE INDEX IF NOT EXISTS transfer_sender ON %I.transfer (sender, block_number)', schema_name);
  EXECUTE format('CREATE INDEX IF NOT EXISTS transfer_recipient ON %I.transfer (recipient, block_number)', schema_name);
END
$body$;
REVOKE ALL ON FUNCTION mirror.index_accounts(text) FROM PUBLIC;

-- `purpose`: 1 compliance offset, 2 voluntary offset, 3 event neutrality, 4 eco-damage, 5 donation, 6 points.
-- `is_batch` decides how the id is made: of one line, or of the hash of all lines.
CREATE TABLE mirror.retirement (
  retirement_id bytea PRIMARY KEY,
  holder bytea NOT NULL,
  programme bigint NOT NULL,
  purpose smallint NOT NULL,
  content bytea NOT NULL,
  grams bigint NOT NULL,
  is_batch boolean NOT NULL DEFAULT false,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  retired_at bigint NOT NULL
);
CREATE INDEX retirement_holder ON mirror.retirement (holder, block_number);
CREATE INDEX retirement_content ON mirror.retirement (content);
CREATE INDEX retirement_transaction ON mirror.retirement (transaction_hash);

-- Serials of the token id, half-open [first_serial, end_serial), one per gram. `beneficiary` is the line's
-- salted commitment, null for the holder itself.
CREATE TABLE mirror.retirement_line (
  retirement_id bytea NOT NULL,
  line integer NOT NULL,
  token_id bytea NOT NULL,
  grams bigint NOT NULL,
  first_serial bigint NOT NULL,
  end_serial bigint NOT NULL,
  beneficiary bytea,
  PRIMARY KEY (retirement_id, line)
);
CREATE INDEX retirement_line_token ON mirror.retirement_line (token_id, first_serial);

-- `kind`: 1 neutrality self-declared, 2 neutrality third-party, 3 personal record; `state`: valid, revoked,
-- replaced. `impaired` while units of an id behind it are shown to carry an open debt.
CREATE TABLE mirror.certificate (
  certificate_id bytea PRIMARY KEY,
  holder bytea NOT NULL,
  programme bigint NOT NULL,
  kind smallint NOT NULL,
  state text NOT NULL DEFAULT 'valid',
  impaired boolean NOT NULL DEFAULT false,
  retired_grams bigint NOT NULL,
  emitted_grams bigint NOT NULL,
  content bytea NOT NULL,
  replaces bytea,
  revocation_document bytea,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  certified_at bigint NOT NULL
);
CREATE INDEX certificate_holder ON mirror.certificate (holder, block_number);
CREATE INDEX certificate_transaction ON mirror.certificate (transaction_hash);

-- What a certificate consumed. A retirement stands here twice only when the later certificate
-- replaces the revoked earlier one.
CREATE TABLE mirror.certificate_retirement (
  certificate_id bytea NOT NULL,
  retirement_id bytea NOT NULL,
  line integer NOT NULL,
  PRIMARY KEY (certificate_id, retirement_id)
);
CREATE INDEX certificate_retirement_id ON mirror.certificate_retirement (retirement_id);

-- Which ids impair a certificate, and until when.
CREATE TABLE mirror.certificate_impairment (
  certificate_id bytea NOT NULL,
  token_id bytea NOT NULL,
  retirement_id bytea NOT NULL,
  impaired_at bigint NOT NULL,
  mended_at bigint,
  PRIMARY KEY (certificate_id, token_id)
);
CREATE INDEX certificate_impairment_token ON mirror.certificate_impairment (token_id);

-- Signed orders that a contract used up, and nonces that their signer gave up before.
CREATE TABLE mirror.intent (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  digest bytea NOT NULL,
  contract text NOT NULL,
  signer bytea NOT NULL,
  nonce numeric(78, 0) NOT NULL,
  transaction_hash bytea NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX intent_digest ON mirror.intent (digest);
CREATE TABLE mirror.nonce_cancellation (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  contract text NOT NULL,
  signer bytea NOT NULL,
  word numeric(78, 0) NOT NULL,
  mask numeric(78, 0) NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX nonce_cancellation_signer ON mirror.nonce_cancellation (signer, contract);

-- Grams of an account that stand still under a document. `state`: live, lifted, expired (taken out of the
-- list; one whose time is over and that nobody took out is still live here). `expires_at` 0: until lifted.
CREATE TABLE mirror.partial_freeze (
  freeze_id bigint PRIMARY KEY,
  account bytea NOT NULL,
  token_id bytea NOT NULL,
  programme bigint NOT NULL,
  authority bytea NOT NULL,
  grams numeric(20, 0) NOT NULL,
  document_number bytea NOT NULL,
  expires_at numeric(20, 0) NOT NULL,
  state text NOT NULL DEFAULT 'live',
  lifted_by bytea,
  lift_document bytea,
  ended_at bigint,
  block_number bigint NOT NULL,
  frozen_at bigint NOT NULL
);
CREATE INDEX partial_freeze_account ON mirror.partial_freeze (account, token_id);

-- What stands still for the debt of a request; 0 when it was lifted.
CREATE TABLE mirror.debt_freeze (
  request_id bigint NOT NULL,
  account bytea NOT NULL,
  token_id bytea NOT NULL,
  grams bigint NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (request_id, account, token_id)
);
CREATE INDEX debt_freeze_account ON mirror.debt_freeze (account, token_id);

-- Guarded accounts. The trusted list is the present one: turning a guard on begins an empty one.
CREATE TABLE mirror.guard (
  account bytea PRIMARY KEY,
  is_on boolean NOT NULL,
  second bytea NOT NULL,
  second_document bytea,
  generation bigint NOT NULL,
  cooling_seconds bigint NOT NULL,
  transaction_grams numeric(20, 0) NOT NULL,
  day_grams numeric(20, 0) NOT NULL,
  spent_day bigint,
  spent_grams numeric(20, 0) NOT NULL DEFAULT 0,
  block_number bigint NOT NULL
);
CREATE TABLE mirror.guard_trusted (
  account bytea NOT NULL,
  receiver bytea NOT NULL,
  trusted boolean NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (account, receiver)
);

-- `kind`: see GuardOrderKind of the contracts; `state`: placed, confirmed, cancelled, done. An order of an
-- earlier generation of the guard is dead.
CREATE TABLE mirror.guard_order (
  order_id bytea PRIMARY KEY,
  account bytea NOT NULL,
  generation bigint NOT NULL,
  kind smallint NOT NULL,
  subject bytea NOT NULL,
  token_id bytea NOT NULL,
  grams numeric(20, 0) NOT NULL,
  day_grams numeric(20, 0) NOT NULL,
  cooling_seconds bigint NOT NULL,
  state text NOT NULL DEFAULT 'placed',
  ripe_at bigint,
  ends_at bigint NOT NULL,
  cancelled_by bytea,
  block_number bigint NOT NULL,
  placed_at bigint NOT NULL
);
CREATE INDEX guard_order_account ON mirror.guard_order (account, block_number);

-- Corrections in two steps. `kind`: see ActKind of the contracts; `state`: proposed, executed, rejected,
-- withdrawn. Addresses and ids that a kind does not use are zero.
CREATE TABLE mirror.act (
  act_id bytea PRIMARY KEY,
  number bigint NOT NULL,
  programme bigint NOT NULL,
  proposer bytea NOT NULL,
  kind smallint NOT NULL,
  from_account bytea NOT NULL,
  to_account bytea NOT NULL,
  liable bytea NOT NULL,
  token_id bytea NOT NULL,
  replacement bytea NOT NULL,
  grams numeric(20, 0) NOT NULL,
  void_act bytea NOT NULL,
  document bytea NOT NULL,
  expires_at bigint NOT NULL,
  state text NOT NULL DEFAULT 'proposed',
  decided_by bytea,
  decision_document bytea,
  decided_at bigint,
  block_number bigint NOT NULL,
  proposed_at bigint NOT NULL
);
CREATE INDEX act_programme ON mirror.act (programme, number);

-- Leaves that challenges took out of requests. `fault`: see Fault of the contracts.
CREATE TABLE mirror.deduction (
  request_id bigint NOT NULL,
  leaf_index numeric(20, 0) NOT NULL,
  fault smallint NOT NULL,
  milligrams numeric(20, 0) NOT NULL,
  earlier bigint NOT NULL,
  earlier_index numeric(20, 0) NOT NULL,
  after_issue boolean NOT NULL,
  challenger bytea NOT NULL,
  restored boolean NOT NULL DEFAULT false,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (request_id, leaf_index)
);

-- Trees that were shown to be wrong as a whole.
CREATE TABLE mirror.refutation (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  request_id bigint NOT NULL,
  fault smallint NOT NULL,
  level smallint NOT NULL,
  place numeric(20, 0) NOT NULL,
  after_issue boolean NOT NULL,
  challenger bytea NOT NULL,
  transaction_hash bytea NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX refutation_request ON mirror.refutation (request_id);

-- Demands to see leaves. `state`: open, answered, unanswered, reclaimed. `deadline` is in running seconds
-- of the programme: seconds since 1970 less all its pauses.
CREATE TABLE mirror.demand (
  demand_id bigint PRIMARY KEY,
  request_id bigint NOT NULL,
  demander bytea NOT NULL,
  level smallint NOT NULL,
  place numeric(20, 0) NOT NULL,
  deposit_wei numeric(39, 0) NOT NULL,
  deadline bigint NOT NULL,
  state text NOT NULL DEFAULT 'open',
  answerer bytea,
  ended_at bigint,
  block_number bigint NOT NULL,
  demanded_at bigint NOT NULL
);
CREATE INDEX demand_request ON mirror.demand (request_id);

-- What is credited to an account and not yet paid out.
CREATE TABLE mirror.deposit_credit (
  account bytea PRIMARY KEY,
  credit_wei numeric(78, 0) NOT NULL DEFAULT 0
);

-- What parties owe for an issued request. `deadline` as in demand; 0 outstanding and `open` false when
-- nothing is owed any more.
CREATE TABLE mirror.debt (
  request_id bigint PRIMARY KEY,
  token_id bytea NOT NULL,
  owed_grams bigint NOT NULL,
  outstanding_grams bigint NOT NULL,
  milligrams numeric(20, 0) NOT NULL,
  is_whole boolean NOT NULL,
  is_replacing boolean NOT NULL DEFAULT false,
  is_open boolean NOT NULL DEFAULT true,
  deadline bigint NOT NULL,
  decided_by bytea,
  decision_document bytea,
  opened_at bigint NOT NULL,
  closed_at bigint,
  block_number bigint NOT NULL
);
CREATE INDEX debt_token ON mirror.debt (token_id);
CREATE TABLE mirror.debt_account (
  request_id bigint NOT NULL,
  account bytea NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (request_id, account)
);

-- Grams that were voided for a debt: frozen ones of the disputed id (`is_repaid` false, `token_id` null) or
-- the parties' own of any id.
CREATE TABLE mirror.debt_payment (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  request_id bigint NOT NULL,
  account bytea NOT NULL,
  token_id bytea,
  grams bigint NOT NULL,
  is_repaid boolean NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX debt_payment_request ON mirror.debt_payment (request_id);

-- Whether a debt keeps an institution from further issue in a programme.
CREATE TABLE mirror.issue_block (
  programme bigint NOT NULL,
  institution bytea NOT NULL,
  blocked boolean NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (programme, institution)
);

-- Sell orders in escrow. `left_grams` fall with every trade; `returned_grams` went back to the seller.
-- `payment` is zero for cash with a custodian.
CREATE TABLE mirror.sell_order (
  order_id bytea PRIMARY KEY,
  seller bytea NOT NULL,
  exchange bytea NOT NULL,
  token_id bytea NOT NULL,
  grams bigint NOT NULL,
  least_grams numeric(20, 0) NOT NULL,
  min_price_fen_per_tonne numeric(20, 0) NOT NULL,
  payment bytea NOT NULL,
  expiry numeric(20, 0) NOT NULL,
  nonce numeric(78, 0) NOT NULL,
  left_grams bigint NOT NULL CHECK (left_grams >= 0),
  returned_grams bigint NOT NULL DEFAULT 0,
  returned_by bytea,
  ended_at bigint,
  block_number bigint NOT NULL,
  listed_at bigint NOT NULL
);
CREATE INDEX sell_order_token ON mirror.sell_order (token_id, block_number);
CREATE INDEX sell_order_seller ON mirror.sell_order (seller, block_number);
CREATE TABLE mirror.trade (
  exchange bytea NOT NULL,
  trade_id numeric(78, 0) NOT NULL,
  sell_order_id bytea NOT NULL,
  buy_order_id bytea NOT NULL,
  seller bytea NOT NULL,
  buyer bytea NOT NULL,
  token_id bytea NOT NULL,
  grams bigint NOT NULL,
  fen numeric(20, 0) NOT NULL,
  payment bytea NOT NULL,
  custodian bytea,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  settled_at bigint NOT NULL,
  PRIMARY KEY (exchange, trade_id)
);
CREATE INDEX trade_token ON mirror.trade (token_id, block_number);

-- Trades of a batch that changed nothing; `reason` is the selector of the contract's error.
CREATE TABLE mirror.trade_failure (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  exchange bytea NOT NULL,
  trade_id numeric(78, 0) NOT NULL,
  reason bytea NOT NULL,
  details bytea[] NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX trade_failure_trade ON mirror.trade_failure (exchange, trade_id);

-- Which ERC-20 token pays in a programme, and how many of its units one fen is.
CREATE TABLE mirror.payment_token (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  token bytea NOT NULL,
  units_per_fen numeric(39, 0) NOT NULL,
  payment bytea NOT NULL,
  effective_at numeric(20, 0) NOT NULL,
  document bytea NOT NULL,
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX payment_token_programme ON mirror.payment_token (programme, effective_at);

-- `state`: offered, running, claimed, stayed, taken back, released, foreclosed.
CREATE TABLE mirror.pledge (
  pledge_id bytea PRIMARY KEY,
  owner bytea NOT NULL,
  creditor bytea NOT NULL,
  token_id bytea NOT NULL,
  grams bigint NOT NULL,
  accept_by numeric(20, 0) NOT NULL,
  due_at numeric(20, 0) NOT NULL,
  document bytea NOT NULL,
  salt numeric(78, 0) NOT NULL,
  state text NOT NULL DEFAULT 'offered',
  ripe_at bigint,
  claim_document bytea,
  stay_document bytea,
  stay_authority bytea,
  ended_at bigint,
  block_number bigint NOT NULL,
  offered_at bigint NOT NULL
);
CREATE INDEX pledge_owner ON mirror.pledge (owner, block_number);
CREATE INDEX pledge_creditor ON mirror.pledge (creditor, block_number);

-- Anchored states of a programme's personal lines, and what went in and out of its pool. `kind`: received,
-- withdrawn, retired, voided; `counterparty` is who gave or got; `deficit_grams` what it lacks since. Nothing left
-- the pool below `floor_grams` when the epoch was anchored; its own lower total counts from the programme's running
-- second `lower_from`, null when it counted at once.
CREATE TABLE mirror.pool_epoch (
  programme bigint NOT NULL,
  epoch bigint NOT NULL,
  root bytea NOT NULL,
  total_milligrams numeric(39, 0) NOT NULL,
  count numeric(20, 0) NOT NULL,
  depth smallint NOT NULL,
  file_hash bytea NOT NULL,
  floor_grams numeric(39, 0) NOT NULL,
  lower_from bigint,
  transaction_hash bytea NOT NULL,
  block_number bigint NOT NULL,
  anchored_at bigint NOT NULL,
  PRIMARY KEY (programme, epoch)
);
CREATE TABLE mirror.pool_movement (
  block_number bigint NOT NULL,
  log_index integer NOT NULL,
  programme bigint NOT NULL,
  token_id bytea NOT NULL,
  kind text NOT NULL,
  counterparty bytea,
  grams bigint NOT NULL,
  document bytea,
  retirement_id bytea,
  deficit_grams numeric(39, 0),
  PRIMARY KEY (block_number, log_index)
);
CREATE INDEX pool_movement_programme ON mirror.pool_movement (programme, token_id);

-- How to take back what a block that is not final wrote: the key of the row and the row as it was
-- before, null when there was none.
CREATE TABLE mirror.undo (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  block_number bigint NOT NULL,
  table_name text NOT NULL,
  key jsonb NOT NULL,
  old_row jsonb
);
CREATE INDEX undo_block ON mirror.undo (block_number);

-- Records the change of one statement when the setting `tanpu.block` names a block; without it the
-- blocks being written are final and need no undo. The arguments are the key columns.
CREATE FUNCTION mirror.capture_undo() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
  block text := current_setting('tanpu.block', true);
  changed text := CASE WHEN TG_OP = 'INSERT' THEN 'new_rows' ELSE 'old_rows' END;
  before text := CASE WHEN TG_OP = 'INSERT' THEN 'NULL' ELSE 'to_jsonb(changed)' END;
BEGIN
  IF block IS NULL OR block = '' THEN
    RETURN NULL;
  END IF;
  EXECUTE format(
    'INSERT INTO %I.undo (block_number, table_name, key, old_row)
     SELECT $1, $2, (SELECT jsonb_object_agg(name, to_jsonb(changed) -> name) FROM unnest($3) AS name), %s
     FROM %s AS changed',
    TG_TABLE_SCHEMA, before, changed
  ) USING block::bigint, TG_TABLE_NAME, TG_ARGV;
  RETURN NULL;
END
$body$;

-- Takes back everything blocks above `last_block` wrote, newest change first. The schema is an
-- argument, because a function does not learn that its schema was renamed.
CREATE FUNCTION mirror.undo_above(schema_name text, last_block bigint) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  change record;
  undone bigint := 0;
BEGIN
  PERFORM set_config('tanpu.block', '', true);
  FOR change IN EXECUTE format(
    'SELECT u.table_name, u.key, u.old_row,
            (SELECT string_agg(format(''t.%%1$I = k.%%1$I'', name), '' AND '') FROM jsonb_object_keys(u.key) AS name) AS same_key
     FROM %I.undo u WHERE u.block_number > $1 ORDER BY u.seq DESC', schema_name) USING last_block
  LOOP
    EXECUTE format('DELETE FROM %1$I.%2$I t USING jsonb_populate_record(NULL::%1$I.%2$I, $1) k WHERE %3$s',
      schema_name, change.table_name, change.same_key) USING change.key;
    IF change.old_row IS NOT NULL THEN
      EXECUTE format('INSERT INTO %1$I.%2$I SELECT * FROM jsonb_populate_record(NULL::%1$I.%2$I, $1)',
        schema_name, change.table_name) USING change.old_row;
    END IF;
    undone := undone + 1;
  END LOOP;
  EXECUTE format('DELETE FROM %I.undo WHERE block_number > $1', schema_name) USING last_block;
  RETURN undone;
END
$body$;

-- Three statement triggers for every table with canonical rows; which these are is read from the
-- catalogue, so that a new table cannot be forgotten.
DO $body$
DECLARE
  canonical record;
BEGIN
  FOR canonical IN
    SELECT c.relname AS name, string_agg(quote_literal(a.attname), ', ' ORDER BY a.attnum) AS key
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE n.nspname = 'mirror' AND i.indisprimary AND c.relname NOT IN ('checkpoint', 'undo')
    GROUP BY c.relname
  LOOP
    EXECUTE format('CREATE TRIGGER undo_insert AFTER INSERT ON mirror.%I REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION mirror.capture_undo(%s)', canonical.name, canonical.key);
    EXECUTE format('CREATE TRIGGER undo_update AFTER UPDATE ON mirror.%I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION mirror.capture_undo(%s)', canonical.name, canonical.key);
    EXECUTE format('CREATE TRIGGER undo_delete AFTER DELETE ON mirror.%I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION mirror.capture_undo(%s)', canonical.name, canonical.key);
  END LOOP;
END
$body$;

DO $body$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['tanpu_api', 'tanpu_worker', 'tanpu_indexer'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
    END IF;
  END LOOP;
END
$body$;

GRANT USAGE ON SCHEMA mirror TO tanpu_api, tanpu_worker, tanpu_indexer;
GRANT SELECT ON ALL TABLES IN SCHEMA mirror TO tanpu_api, tanpu_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mirror TO tanpu_indexer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA mirror TO tanpu_indexer;
GRANT EXECUTE ON FUNCTION mirror.index_accounts(text) TO tanpu_indexer;
