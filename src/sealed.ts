/**
 * Documents with a sum over their text (CRC-32), for what lies on disks for years: a bit that flips in the middle of
 * one leaves a file that its database calls sound, and a document that says something else.
 */

import { crc32 } from 'node:zlib';

const SEAL = /^([0-9a-f]{8}) /;
const SEAL_LENGTH = 9;

/** @param value of JSON; undefined counts as null */
export function sealed(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return `${sumOf(text)} ${text}`;
}

/** The value that was sealed; null: the text is another one by now. What was never sealed is taken for what it is. */
export function unsealed(text: string): unknown {
  const sum = SEAL.exec(text)?.[1];
  const inner = sum === undefined ? text : text.slice(SEAL_LENGTH);
  if (sum !== undefined && sumOf(inner) !== sum) return null;
  try {
    return JSON.parse(inner);
  } catch {
    return null;
  }
}

function sumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
