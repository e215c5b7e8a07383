import { z } from "zod";

const hexOf = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`))
    .transform((text) => text.toLowerCase());

/** 32 bytes, `0x…`. */
export const hash = hexOf(32);
/** 20 bytes, `0x…`. */
export const address = hexOf(20);
/** Any bytes, `0x…`. */
export const anyBytes = z.string().regex(/^0x(?:[0-9a-fA-F]{2})*$/);
/** An amount, number or id: decimal digits, `0x…`, or a small JSON number; never negative. */
export const whole = z
  .union([z.number().int().nonnegative(), z.string().regex(/^(\d{1,78}|0x[0-9a-fA-F]{1,64})$/)])
  .transform((value) => BigInt(value));
/** A day number or a small code. */
export const small = z.number().int().nonnegative();
