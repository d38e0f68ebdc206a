import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readFileText } from './read-file.ts';

describe('reading a file that somebody else chose', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-read-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const pipe = (): string => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    return path;
  };

  it('reads a file, the end of nothing, and tells a folder from it', async () => {
    writeFileSync(join(folder, 'a'), 'text');
    assert.deepEqual(await readFileText(join(folder, 'a')), { text: 'text' });
    assert.deepEqual(await readFileText('/dev/null'), { text: '' });
    assert.deepEqual(await readFileText(join(folder, 'b')), { missing: true });
    assert.deepEqual(await readFileText(folder), { refused: 'is a folder' });
  });

  it('opens no device', async () => {
    for (const device of ['/dev/zero', '/dev/tty', '/dev/urandom'])
      assert.deepEqual(await readFileText(device), { refused: 'is a device' });
  });

  it('reads a pipe to its end, also when its writer comes later', async () => {
    const path = pipe();
    const reading = readFileText(path);
    const writer = openWriter(path);
    spawn('/bin/sh', ['-c', 'echo A=1; echo B=2'], { stdio: ['ignore', writer, 'ignore'] });
    closeSync(writer);
    assert.deepEqual(await reading, { text: 'A=1\nB=2\n' });
  });

  it('waits for nobody: a pipe without a writer is empty', async () => {
    assert.deepEqual(await readFileText(pipe(), { silenceMs: 0, nobodyMs: 0 }), { text: '' });
  });

  it('gives up on a writer who writes nothing', async () => {
    const path = pipe();
    const writer = openWriter(path);
    assert.deepEqual(await readFileText(path, { silenceMs: 0, nobodyMs: 0 }), {
      refused: 'is a pipe that nothing comes out of',
    });
    closeSync(writer);
  });
});

/** Read and write: opening a pipe for writing alone would wait for a reader. */
function openWriter(path: string): number {
  return openSync(path, 'r+');
}
