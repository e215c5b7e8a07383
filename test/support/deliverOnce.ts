// A process that sends one webhook message; killed by the test while the receiver does not answer.
import { openPool } from "../../server/database/client.ts";
import { deliverNext } from "../../server/queue/webhooks/deliver.ts";

const pool = openPool({ databaseUrl: process.argv[2] ?? "", role: "tanpu_worker", max: 2 });
await deliverNext({ pool, rules: { plainHttp: true, privateAddresses: true } });
await pool.end();
