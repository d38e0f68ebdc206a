import { asTwinhullError, failureDocument } from '../api/failure.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Prints an error for people (what, state, next) and, with --json, as the document; gives the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, debug: boolean): 1 | 2 | 3 {
  const failure = asTwinhullError(error);
  terminal.warn(`${terminal.colourOfWarning('red', 'error:')} ${failure.message}`);
  if (failure.state) terminal.warn(`  now:  ${failure.state}`);
  if (failure.next) terminal.warn(`  next: ${failure.next}`);
  if (debug || failure.code === 'TH_INTERNAL') terminal.warn(stackOf(error));
  if (terminal.json && !terminal.documentPrinted) terminal.document({ error: failureDocument(failure) });
  return failure.exitCode;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return (error.stack ?? error.message) + cause;
}
