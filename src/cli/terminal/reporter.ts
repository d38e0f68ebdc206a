import type { Progress } from '../../api/control.ts';
import type { Context } from '../command.ts';
import { printable } from './printable.ts';
import { clockTime } from './table.ts';

/** Shows each step as a line with its time; with --json on standard error. */
export function reporter({ terminal }: Pick<Context, 'terminal'>): (progress: Progress) => void {
  return ({ at, service, text }) => {
    const who = service === null || text.startsWith(service) ? '' : `${printable(service)}: `;
    terminal.say(`${terminal.colour('dim', clockTime(at, Date.now()))}  ${who}${printable(text)}`);
  };
}
