import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readFileText, readingOnce } from './read-file.ts';

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
    spawn('/bin/sh', ['-c', 'exec >"$1"; echo A=1; echo B=2', 'sh', path], { stdio: 'ignore' });
    const reading = readFileText(path, { silenceMs: 60_000, nobodyMs: 60_000 });
    assert.deepEqual(await reading, { text: 'A=1\nB=2\n' });
  });

  it('reads each file once where a pipe could not be read again', async () => {
    const path = join(folder, 'once');
    writeFileSync(path, 'text');
    const read = readingOnce();
    assert.deepEqual(await read(path), { text: 'text' });
    rmSync(path);
    assert.deepEqual(await read(path), { text: 'text' });
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
