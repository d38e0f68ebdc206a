/**
 * Small readers for the engine's documents. What is missing, or of another type, reads as the empty value:
 * the engine leaves out empty fields, and differently from version to version.
 */

export function field(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

export function flag(value: unknown): boolean {
  return value === true;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === 'string');
}

export function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return isRecord(value) ? Object.entries(value) : [];
}

export function textMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(entries(value).map(([key, item]) => [key, text(item)]));
}

/** RFC 3339 to milliseconds since 1970; Go's zero time, year 1, reads as 0. */
export function time(value: unknown): number {
  const parsed = Date.parse(text(value));
  return Number.isFinite(parsed) && parsed > 0 ? parsed : 0;
}

/** undefined when it is no JSON. */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
