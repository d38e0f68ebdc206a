import type { UpResult } from '../../api/control.ts';
import type { Context } from '../command.ts';
import { printable } from './printable.ts';
import { wrap } from './table.ts';

/** What `up` came to, for a person: who does not serve and why, then the count. */
export function showResult({ terminal }: Context, { serving, notServing }: UpResult): void {
  for (const { service, why } of notServing) {
    terminal.warn(terminal.colourOfWarning('red', `${printable(service)} does not serve:`));
    for (const line of why.split('\n').flatMap((part) => linesOf(part, terminal.columns))) terminal.warn(line);
  }
  const all = serving.length + notServing.length;
  const summary = `${serving.length} of ${all} ${all === 1 ? 'service serves' : 'services serve'}`;
  terminal.say(terminal.colour(notServing.length === 0 ? 'green' : 'red', summary));
}

/** A line of a log, which is indented, stays one line; what is ours is wrapped. */
function linesOf(part: string, columns: number): string[] {
  return part.startsWith(' ') ? [`  ${printable(part)}`] : wrap(printable(part), columns, '  ');
}
