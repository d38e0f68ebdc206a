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
  // spread first: an object of a known shape is copied at once, and only what is nested is gone through
  const copy: Record<string, unknown> = { ...data };
  for (const key in copy) {
    const value = copy[key];
    if (typeof value === 'object' && value !== null) copy[key] = copied(value);
  }
  return copy;
}
