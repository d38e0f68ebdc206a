import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makePrivateFolder } from './private-folder.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('a private folder', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'th-private-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('is made with all above it, and an open one is closed', () => {
    makePrivateFolder(join(base, 'engine', 'shop'));
    assert.deepEqual([modeOf(join(base, 'engine')), modeOf(join(base, 'engine', 'shop'))], [0o700, 0o700]);
    chmodSync(join(base, 'engine', 'shop'), 0o755);
    makePrivateFolder(join(base, 'engine', 'shop'));
    assert.equal(modeOf(join(base, 'engine', 'shop')), 0o700);
  });

  it('is no link: what it leads to keeps its mode', () => {
    mkdirSync(join(base, 'elsewhere'), { mode: 0o755 });
    symlinkSync(join(base, 'elsewhere'), join(base, 'shop'));
    assert.throws(() => makePrivateFolder(join(base, 'shop')), { code: 'TH_STATE_UNUSABLE', message: /it is a link/ });
    assert.equal(modeOf(join(base, 'elsewhere')), 0o755);
  });

  it('belongs to nobody else, nor does the one above it', { skip: process.geteuid?.() !== 0 }, () => {
    mkdirSync(join(base, 'engine'));
    mkdirSync(join(base, 'engine', 'shop'));
    chownSync(join(base, 'engine', 'shop'), 12_345, 12_345);
    assert.throws(() => makePrivateFolder(join(base, 'engine', 'shop')), /belongs to another user \(12345\)/);
    chownSync(join(base, 'engine'), 12_345, 12_345);
    assert.throws(() => makePrivateFolder(join(base, 'engine', 'other')), /engine belongs to another user/);
  });
});
