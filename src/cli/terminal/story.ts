/** Lines of a story: a clock, a word for what kind of line it is, and text that is wrapped under itself. */

import { clockTime, wrap } from './table.ts';
import { printable } from './printable.ts';

export interface StoryLine {
  /** milliseconds since 1970; null: none */
  readonly at: number | null;
  readonly word: string;
  readonly text: string;
}

export interface StoryOptions {
  readonly columns: number;
  readonly now: number;
  readonly indent: string;
}

/** Clock and word stand in columns of their own; a column that is empty throughout takes no room. */
export function storyLines(lines: readonly StoryLine[], { columns, now, indent }: StoryOptions): string[] {
  const clocks = lines.map(({ at }) => (at === null ? '' : clockTime(at, now)));
  const clockWidth = Math.max(0, ...clocks.map((clock) => clock.length));
  const wordWidth = Math.max(0, ...lines.map(({ word }) => word.length));
  const column = (text: string, width: number): string => (width === 0 ? '' : `${text.padEnd(width)}  `);
  return lines.flatMap(({ word, text }, index) => {
    const head = indent + column(clocks[index] ?? '', clockWidth) + column(word, wordWidth);
    const rows = wrap(printable(text), columns, ' '.repeat(head.length));
    return rows.map((row, number) => (number === 0 ? head + row.trimStart() : row));
  });
}
