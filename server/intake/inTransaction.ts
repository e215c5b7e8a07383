export { inTransaction } from "../database/inTransaction.ts";
