import type { Readable } from 'node:stream';

/** A longer line is told in pieces: a program may write for ever without ending one. */
const LONGEST = 64 * 1024;

/** Calls `take` with each line of a program's output, and with the rest when it ends. */
export function eachLine(output: Readable, take: (line: string) => void): void {
  let held = '';
  output.setEncoding('utf8');
  output.on('data', (piece: string) => {
    const lines = (held + piece).split(/\r?\n/);
    held = lines.pop() ?? '';
    for (const line of lines) take(line);
    for (; held.length > LONGEST; held = held.slice(LONGEST)) take(held.slice(0, LONGEST));
  });
  output.on('end', () => {
    if (held !== '') take(held);
  });
}
