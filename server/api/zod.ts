import { extendZodWithOpenApi } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";

// Adds `.openapi(name)` to every schema, so that the one that validates is the one that documents.
extendZodWithOpenApi(z);

export { z };
