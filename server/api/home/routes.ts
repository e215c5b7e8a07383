import { succeed } from "../../domain/result.ts";
import { defineRoute } from "../route.ts";
import { homePage } from "./page.ts";

const page = homePage();

export const homeRoutes = [
  defineRoute({
    method: "get",
    path: "/",
    action: "registry.read",
    tag: "Service",
    summary: "What this server is and where to look 首页",
    success: { status: 200, description: "HTML page", mediaType: "text/html" },
    handle: async () => succeed({ content: page, mediaType: "text/html; charset=utf-8" }),
  }),
];
