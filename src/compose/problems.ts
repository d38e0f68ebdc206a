import { TwinhullError } from '../errors.ts';
import type { Path } from './node.ts';
import type { Position } from './project.ts';

/** Something wrong in a Compose file, and where. */
export interface Problem {
  readonly file: string;
  /** from 1; 0 where the problem is the whole file */
  readonly line: number;
  readonly column: number;
  readonly path: Path;
  /** the value as written, shortened; '' where there is none to show */
  readonly value: string;
  /** what is wrong, without value and place: "is not a duration" */
  readonly message: string;
  /** what would be right, and what to do; '' where the message says it */
  readonly expected: string;
}

/** Everything wrong with a project's files, in one go; `message` has one line for each. */
export class ComposeProblems extends TwinhullError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = firstOfEachValue(problems).toSorted(byPlace);
    super('TH_COMPOSE_INVALID', sorted.map(problemLine).join('\n'));
    this.problems = sorted;
  }
}

/** `file:line:column: services.web.ports[0]: "x" is no port; expected ...` */
export function problemLine(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  const path = problem.path.length > 0 ? ` ${formatPath(problem.path)}:` : '';
  const value = problem.value === '' ? '' : ` ${problem.value}`;
  const expected = problem.expected === '' ? '' : `; expected ${problem.expected}`;
  return printable(`${place}:${path}${value} ${problem.message}${expected}`);
}

/** One line, without characters that would move the cursor or turn the text around. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');
}

/** `services.web.ports[0]`; names with other characters than usual in quotes: `services["my web"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[^\s."[\]]+$/.test(step) && !/^[\w-]+(\.[\w-]+)*$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A value as it is shown in a message: quoted as JSON, at most 60 characters. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export function problemAt(at: Position, path: Path, value: string, message: string, expected = ''): Problem {
  return { file: at.file, line: at.line, column: at.column, path, value, message, expected };
}

/** What follows from a mistake in one value (a variable that is not set leaves no image's name) is no second mistake. */
function firstOfEachValue(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ file, line, column, path, value }) => {
    const key = JSON.stringify([file, line, column, path, value]);
    const isFirst = value === '' || !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return 0;
  return a.line - b.line || a.column - b.column;
}

/** The name that was probably meant: at most two letters off (one for short names). */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = name.length < 5 ? 1 : 2;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance || (distance === bestDistance && best === null)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Letters inserted, removed, replaced or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
