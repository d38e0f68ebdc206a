import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = resolve(import.meta.dirname, '../../..');
const PROJECT = 'th-company-drills';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the drills of the example', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'th-drills-'));
    const { code, stdout, stderr } = await twinhull('up', '-d');
    assert.equal(code, 0, stdout + stderr);
  });
  after(async () => {
    await twinhull('down', '--volumes');
    rmSync(folder, { recursive: true, force: true });
  });

  function twinhull(...argv: string[]): Promise<Result> {
    const env = {
      ...process.env,
      TWINHULL_STATE_DIR: join(folder, 'state'),
      TWINHULL_GATEWAY_IMAGE: 'twinhull-local/haproxy:latest',
      TWINHULL_SUPERVISOR_IMAGE: 'none',
      COMPOSE_PROJECT_NAME: PROJECT,
      AI_COMPANY_PORT: '18088',
      AI_COMPANY_DASHBOARD_PORT: '18089',
      NO_COLOR: '1',
    };
    const file = join(root, 'examples/ai-company/compose.yaml');
    return new Promise((done) => {
      execFile(join(root, 'bin/twinhull'), ['-f', file, ...argv], { cwd: folder, env }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  }

  test('all pass, found beside its Compose file, within 8 min', { timeout: 480_000 }, async () => {
    const { code, stdout, stderr } = await twinhull('drill');
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.match(/: pass/g)?.length, 7, stdout);
  });
});
