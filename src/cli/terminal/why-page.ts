import { spanText } from '../../core/span.ts';
import type { Explanation, Saying } from '../../core/why.ts';
import { printable } from './printable.ts';
import { storyLines } from './story.ts';
import { clockTime, wrap } from './table.ts';

export interface WhyPageOptions {
  readonly columns: number;
  readonly now: number;
}

export function whyPage(explanation: Explanation, options: WhyPageOptions): string[] {
  const { members, ...whole } = explanation;
  const head = block({ ...whole, members: [] }, options, '');
  return members.length === 0 ? head : [...head, ...members.flatMap((member) => ['', ...block(member, options, '  ')])];
}

function block(explanation: Explanation, options: WhyPageOptions, indent: string): string[] {
  const { columns } = options;
  const { reason, facts, next } = explanation;
  return [
    ...wrap(headText(explanation, options), columns, indent),
    ...(reason === '' ? [] : wrap(printable(reason), columns, `${indent}  `)),
    ...storyLines(asLines(facts, ''), { ...options, indent: `${indent}  ` }),
    ...storyLines(asLines(next, 'next'), { ...options, indent: `${indent}  ` }),
  ];
}

function headText({ name, is, since }: Explanation, { now }: WhyPageOptions): string {
  const from = since === null ? '' : ` since ${clockTime(since, now)}, ${spanText(now - since)}`;
  return `${printable(name)} is ${is}${from}`;
}

function asLines(sayings: readonly Saying[], word: string): { at: number | null; word: string; text: string }[] {
  return sayings.map(({ at, text }) => ({ at, word, text }));
}
