/** Values for the examples of the OpenAPI document; they are nobody's. */
export const exampleOf = {
  hash: "0x7a3d5e117a3d5e117a3d5e117a3d5e117a3d5e117a3d5e117a3d5e117a3d5e11",
  account: "0x5b38da6a5b38da6a5b38da6a5b38da6a5b38da6a",
  tokenId: "0x01000000010000000100456f004570fd78fadadbc4b48223db4bab99390d92ce",
  uuid: "5f0c2f1e-8a44-4d52-9d0e-6f3b0a6a2b11",
  document: { number: "碳普惠〔2026〕7号", date: "2026-11-20", title: "关于签发减排量的通知" },
  days: { first: "2026-11-02", end: "2026-11-04" },
} as const;
