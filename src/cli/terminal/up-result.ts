import type { UpResult } from '../../api/control.ts';
import type { Context } from '../command.ts';
import { printable } from './printable.ts';
import { wrap } from './table.ts';

/** What `up` came to, for a person: who does not serve and why, then the count. */
export function showResult({ terminal }: Context, { serving, finished, notServing }: UpResult): void {
  for (const { service, why } of notServing) {
    terminal.warn(terminal.colourOfWarning('red', `${printable(service)} does not serve:`));
    for (const line of why.split('\n').flatMap((part) => linesOf(part, terminal.columns))) terminal.warn(line);
  }
  const summary = countText(serving.length, notServing.length, finished.length);
  terminal.say(terminal.colour(notServing.length === 0 ? 'green' : 'red', summary));
}

/** "2 of 3 services serve, 1 has finished": a job that has done its work is no service that could serve. */
export function countText(serving: number, notServing: number, finished: number): string {
  const all = serving + notServing;
  const done = `${finished} ${finished === 1 ? 'has' : 'have'} finished`;
  if (all === 0 && finished > 0) return done;
  return `${serving} of ${all} ${all === 1 ? 'service serves' : 'services serve'}${finished === 0 ? '' : `, ${done}`}`;
}

/** A line of a log, which is indented, stays one line; what is ours is wrapped. */
function linesOf(part: string, columns: number): string[] {
  return part.startsWith(' ') ? [`  ${printable(part)}`] : wrap(printable(part), columns, '  ');
}
