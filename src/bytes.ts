const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
  tib: 1024 ** 4,
};

/**
 * Reads a size such as "512m", "1.5GiB", "100"; gives bytes, or null when it is none. Powers of 1024 for every
 * spelling, a bare number is bytes (docker/go-units RAMInBytes, which Compose uses).
 */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim());
  if (!match) return null;
  const factor = match[2] === '' ? 1 : UNITS[(match[2] ?? '').toLowerCase()];
  return factor === undefined ? null : Math.floor(Number(match[1]) * factor);
}

/** "96MiB", "1.5GiB": for people. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= size) return `${Math.round((bytes / size) * 10) / 10}${unit}`;
  }
  return `${bytes}B`;
}
