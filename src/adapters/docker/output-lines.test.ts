import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { eachLine } from './output-lines.ts';

async function linesOf(pieces: readonly Buffer[]): Promise<string[]> {
  const output = Readable.from(pieces, { objectMode: false });
  const lines: string[] = [];
  eachLine(output, (line) => lines.push(line));
  await once(output, 'close');
  return lines;
}

test('lines and letters that arrive in parts are whole, the last needs no end', async () => {
  const bytes = Buffer.from('one\r\nzwölf\n\nend');
  const parts = Array.from(bytes, (byte) => Buffer.from([byte]));
  assert.deepEqual(await linesOf(parts), ['one', 'zwölf', '', 'end']);
});

test('a line without an end is told in pieces, and never held whole', async () => {
  const megabyte = Buffer.alloc(1024 * 1024, 'x');
  const lines = await linesOf([megabyte, megabyte, Buffer.from('\nnext\n')]);
  assert.equal(lines.at(-1), 'next');
  assert.equal(lines.join('').length, 2 * megabyte.length + 'next'.length);
  assert.ok(lines.every(({ length }) => length <= 64 * 1024));
});
