/** The lease among real processes: that is all it is for. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Lease } from './lease.ts';

const program = `
  const { Lease } = await import(${JSON.stringify(new URL('./lease.ts', import.meta.url).href)});
  const lease = new Lease(process.argv[1]);
  process.stdout.write(JSON.stringify(lease.acquire('child', Date.now())) + '\\n');
  setInterval(() => globalThis.gc(), 20); // an unreachable lease must not be lost
`;

describe('lease', () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'twinhull-lease-'));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  async function holdInChild(): Promise<{ child: ChildProcess; answer: ReturnType<Lease['acquire']> }> {
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = await once(child.stdout ?? child, 'data');
    return { child, answer: JSON.parse(String(line)) };
  }

  it('is free at once when its holder is killed, and the next token is greater', async () => {
    const { child, answer } = await holdInChild();
    assert.ok(answer.held);
    const ours = new Lease(folder);
    const refused = ours.acquire('supervisor', 1);
    assert.equal(refused.held, false);
    assert.equal(refused.holder.pid, child.pid);
    assert.equal(ours.holder()?.purpose, 'child');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(ours.holder(), null);
    const taken = ours.acquire('supervisor', 2);
    assert.deepEqual([taken.held, taken.holder.pid], [true, process.pid]);
    assert.ok(taken.holder.token > answer.holder.token);
    ours.release();
  });

  it('has one holder among many that want it at the same moment', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => holdInChild()));
    const holders = answers.filter(({ answer }) => answer.held);
    assert.equal(holders.length, 1);
    const after = new Lease(folder).acquire('late', 1);
    assert.equal(after.holder.pid, holders[0]?.child.pid);
  });

  it('is not lost by looking at it, in the same process or in another', async () => {
    const ours = new Lease(folder);
    assert.ok(ours.acquire('supervisor', 1).held);
    assert.ok(new Lease(folder).holder());
    assert.equal(new Lease(folder).acquire('other', 2).held, false);
    const { answer } = await holdInChild();
    assert.deepEqual([answer.held, answer.holder.pid], [false, process.pid]);
    ours.release();
  });

  it('does not trust the card: the lock decides', () => {
    writeFileSync(join(folder, 'lease.json'), '{"pid": "x", "token": -3}');
    const lease = new Lease(folder);
    assert.deepEqual([lease.acquire('supervisor', 1).held, lease.holder()?.token], [true, 1]);
    lease.release();
    assert.equal(lease.holder(), null);
  });
});
