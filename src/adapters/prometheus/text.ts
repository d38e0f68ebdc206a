/** Prometheus' text format, as far as one metric's sum needs it. */

type Labels = Readonly<Record<string, string>>;

/** The sum of all series of this name that carry at least these labels. Null: there is none. */
export function sumOf(text: string, metric: string, labels: Labels): number | null {
  let sum: number | null = null;
  for (const line of text.split('\n')) {
    if (!line.startsWith(metric)) continue;
    const value = valueIn(line.slice(metric.length), labels);
    if (value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
}

/** What stands behind the name: labels in braces or none, then a value, then perhaps a time. */
function valueIn(rest: string, wanted: Labels): number | null {
  const labelled = rest.startsWith('{') ? readLabels(rest) : { labels: {}, end: 0 };
  if (labelled === null || !/^\s/.test(rest.slice(labelled.end))) return null;
  const { labels } = labelled;
  if (!Object.entries(wanted).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value))
    return null;
  const [value = ''] = rest.slice(labelled.end).trim().split(/\s+/);
  return /^[+-]?(\d|\.\d)/.test(value) && Number.isFinite(Number(value)) ? Number(value) : null;
}

function readLabels(text: string): { readonly labels: Labels; readonly end: number } | null {
  const labels: Record<string, string> = {};
  const pair = /\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*,?/y;
  pair.lastIndex = 1;
  let end = 1;
  for (let match = pair.exec(text); match; match = pair.exec(text)) {
    labels[match[1] ?? ''] = unescaped(match[2] ?? '');
    end = pair.lastIndex;
  }
  const close = /\s*\}/y;
  close.lastIndex = end;
  return close.test(text) ? { labels, end: close.lastIndex } : null;
}

function unescaped(value: string): string {
  return value.replaceAll(/\\(.)/g, (_whole, letter: string) => (letter === 'n' ? '\n' : letter));
}
