import { wilson } from '../statistics.ts';
import { type Result, verdictOf } from './result.ts';

/**
 * The figure in words: how many of how many, with its interval. While some were not tried to the end there is none: what
 * is found is done with sooner than what is not, so a part of them looks better than the whole.
 * @param planned how many there are in the table
 */
export function summaryOf(results: readonly Result[], planned: number): string {
  const found = results.filter((result) => verdictOf(result) === 'found');
  const missed = results.filter((result) => verdictOf(result) === 'missed');
  const untried = planned - results.filter((result) => verdictOf(result) !== null).length;
  if (untried > 0)
    return `${found.length} found and ${missed.length} not found so far, ${untried} not tried to the end; a share can be told when all are`;
  const tried = [...found, ...missed];
  const [from, to] = wilson(found.length, tried.length);
  const isBug = ({ mutation }: Result): boolean => mutation.mendedIn !== undefined;
  return `${found.length} of ${tried.length} found (95 % interval ${percent(from)} to ${percent(to)}), among them ${found.filter(isBug).length} of the ${tried.filter(isBug).length} that bring a mended bug back`;
}

/** @param planned how many there are in the table */
export function renderReport(results: readonly Result[], planned: number): string {
  const of = (verdict: ReturnType<typeof verdictOf>): Result[] =>
    results.filter((result) => verdictOf(result) === verdict);
  const commits = [...new Set(results.map(({ commit }) => commit.slice(0, 7)))];
  return [
    `${summaryOf(results, planned)}.`,
    '',
    ...section('Not found', ['mutation', 'file', 'what it breaks'], of('missed').map(missedCells)),
    ...section('No program', ['mutation', 'file', 'the compiler'], of('no program').map(refusedCells)),
    ...section(
      'Found',
      ['mutation', 'what it breaks', 'brings back', 'found by', 'after'],
      of('found').map(foundCells),
    ),
    `Each is one small change to the source of ${commits.length === 1 ? 'commit' : 'commits'} ${commits.join(', ')}. Unit tests are asked first, those of the changed part before those of what is built on it, then seeds of the simulator; the first that fails is named, with the time that it took to get there. Where one was not found, the test that was wanting has been written: the share says how these are held, and not how many of other changes would be found.`,
    '',
  ].join('\n');
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

function missedCells({ mutation: { name, file, whatItBreaks } }: Result): string[] {
  return [name, file, whatItBreaks];
}

function refusedCells({ mutation: { name, file }, typeError }: Result): string[] {
  return [name, file, typeError];
}

function foundCells({ mutation: { name, whatItBreaks, mendedIn }, foundBy, tookMs }: Result): string[] {
  const by = foundBy === null ? '' : `${foundBy.detector}: ${foundBy.what}`;
  return [name, whatItBreaks, mendedIn ?? '', by.slice(0, 160), `${(tookMs / 1000).toFixed(1)} s`];
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll(/[|\n]/g, ' ')).join(' | ')} |`;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
