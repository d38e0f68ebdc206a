import type { Context } from '../command.ts';
import type { Obeyed } from '../order.ts';
import { printable } from './printable.ts';
import { wrap } from './table.ts';

/** @param already what is said when nothing came of it */
export function showObeyed(
  { terminal }: Pick<Context, 'terminal'>,
  { supervised, told }: Obeyed,
  already: string,
): void {
  const lines = told.length === 0 ? [already] : told;
  for (const line of lines) for (const row of wrap(printable(line), terminal.columns, '')) terminal.say(row);
  if (!supervised) terminal.say('nobody supervises the project now; it counts for whoever does next');
}
