/**
 * A deep copy of plain data: objects, lists, texts, numbers, true, false, null, undefined. Several times quicker than
 * structuredClone, which has to expect everything else.
 */
export function copyOf<Data>(data: Data): Data {
  return copied(data) as Data;
}

function copied(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) return data.map(copied);
  const copy: Record<string, unknown> = {};
  for (const key in data) copy[key] = copied((data as Record<string, unknown>)[key]);
  return copy;
}
