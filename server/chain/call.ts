/** A contract call that nobody has signed yet. */
export type UnsignedCall = { readonly to: string; readonly data: string };
