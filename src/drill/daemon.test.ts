import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { findDaemon } from './daemon.ts';

const SOCKET = '/run/docker.sock';

describe('which process is the Docker daemon', () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'th-proc-'));
    write('net/unix', [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      `ffff8881: 00000002 00000000 00010000 0001 01 4711 ${SOCKET}`,
      'ffff8882: 00000002 00000000 00010000 0001 01 4712 /run/other.sock',
      'ffff8883: 00000003 00000000 00000000 0001 03 4713',
    ]);
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  function write(path: string, lines: readonly string[]): void {
    mkdirSync(dirname(join(proc, path)), { recursive: true });
    writeFileSync(join(proc, path), `${lines.join('\n')}\n`);
  }

  function runs(pid: number, name: string, socket: number, group: string): void {
    write(`${pid}/comm`, [name]);
    write(`${pid}/cgroup`, [group]);
    mkdirSync(join(proc, `${pid}/fd`));
    symlinkSync('/dev/null', join(proc, `${pid}/fd/0`));
    symlinkSync(`socket:[${socket}]`, join(proc, `${pid}/fd/7`));
  }

  test('the dockerd that has the socket open, and not who opened it for it or another dockerd', () => {
    runs(1, 'systemd', 4711, '0::/init.scope');
    runs(50, 'dockerd', 4712, '0::/system.slice/other.service');
    runs(60, 'dockerd', 4711, '0::/system.slice/docker.service');
    assert.deepEqual(findDaemon(SOCKET, proc), { pid: 60, unit: 'docker.service' });
  });

  test('with control groups of version 1 the unit is in those of systemd', () => {
    runs(60, 'dockerd', 4711, '5:memory:/x\n1:name=systemd:/system.slice/docker.service');
    assert.equal(findDaemon(SOCKET, proc)?.unit, 'docker.service');
  });

  test('one that systemd did not start has no unit', () => {
    runs(60, 'dockerd', 4711, '0::/user.slice/session-1.scope');
    assert.deepEqual(findDaemon(SOCKET, proc), { pid: 60, unit: null });
  });

  test('nobody listens there', () => {
    runs(60, 'dockerd', 4712, '0::/system.slice/docker.service');
    assert.equal(findDaemon(SOCKET, proc), null);
  });
});
