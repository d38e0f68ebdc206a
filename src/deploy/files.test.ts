import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { machineFiles } from '../adapters/node/files.ts';
import { writeContentFile, writeGatewayFiles } from './files.ts';

describe('files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'twinhull-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const mode = (path: string): number => statSync(path).mode & 0o777;

  it('have exactly the mode asked for, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      await machineFiles.write(join(folder, 'open'), 'x', 0o644);
    } finally {
      process.umask(before);
    }
    assert.equal(mode(join(folder, 'open')), 0o644);
  });

  it('that are as they should be are not written again; a container has them open', async () => {
    const path = join(folder, 'config');
    await machineFiles.write(path, 'x', 0o600);
    const { ino } = statSync(path);
    await machineFiles.write(path, 'x', 0o600);
    assert.equal(statSync(path).ino, ino);
    await machineFiles.write(path, 'x', 0o640);
    assert.deepEqual([mode(path), statSync(path).ino === ino], [0o640, false]);
  });

  it('take the place of what a container put there instead, and do not look into it', async () => {
    const pipe = join(folder, 'leader.map');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    await machineFiles.write(pipe, 'x', 0o600);
    const link = join(folder, 'state');
    writeFileSync(join(folder, 'elsewhere'), 'x');
    symlinkSync(join(folder, 'elsewhere'), link);
    await machineFiles.write(link, 'y', 0o600);
    assert.deepEqual([lstatSync(pipe).isFile(), lstatSync(link).isFile()], [true, true]);
    assert.equal(readFileSync(join(folder, 'elsewhere'), 'utf8'), 'x');
  });

  it('of configs and secrets lie in a folder of their owner alone', async () => {
    const path = join(folder, 'files', 'secrets', 'token');
    await writeContentFile(machineFiles, path, 'x', 0o444);
    assert.deepEqual([mode(path), mode(join(folder, 'files', 'secrets'))], [0o444, 0o700]);
  });

  it('leave nothing half-written behind when they cannot be put in place', async () => {
    const path = join(folder, 'taken');
    await writeGatewayFiles(machineFiles, path, {}, true);
    await assert.rejects(machineFiles.write(path, 'x', 0o600));
    assert.deepEqual(readdirSync(folder), ['taken']);
  });

  it('of a gateway that goes on are only added to', async () => {
    const gateway = join(folder, 'gateways', 'web');
    const files = {
      'leader.map': { text: 'be web-primary\n', mode: 0o600 },
      'haproxy.cfg': { text: 'one', mode: 0o600 },
    };
    await writeGatewayFiles(machineFiles, gateway, files, true);
    assert.equal(mode(gateway), 0o700);
    writeFileSync(join(gateway, 'leader.map'), 'be web-backup\n');
    rmSync(join(gateway, 'haproxy.cfg'));
    await writeGatewayFiles(machineFiles, gateway, files, false);
    assert.equal(readFileSync(join(gateway, 'leader.map'), 'utf8'), 'be web-backup\n');
    assert.equal(readFileSync(join(gateway, 'haproxy.cfg'), 'utf8'), 'one');
    await writeGatewayFiles(machineFiles, gateway, files, true);
    assert.equal(readFileSync(join(gateway, 'leader.map'), 'utf8'), 'be web-primary\n');
  });
});
