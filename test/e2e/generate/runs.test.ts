import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad } from '../../../src/drill/load.ts';
import { GeneratedProject } from './generated-project.ts';

const PORT = 18093;
const example = readFileSync(resolve(import.meta.dirname, '../../../examples/ai-company/compose.yaml'), 'utf8')
  // a fixed name would meet other runs of the example on the same engine
  .replace('name: ai-company-network', 'name: th-generated-network');

describe('the generated file of the example, run by docker-compose 1.29 alone', () => {
  let company: GeneratedProject;
  before(async () => {
    company = new GeneratedProject('th-generated', example, {
      AI_COMPANY_PORT: String(PORT),
      AI_COMPANY_DASHBOARD_PORT: String(PORT + 1),
    });
    await company.generate();
    const { code, stderr } = await company.compose('up', '-d');
    assert.equal(code, 0, stderr);
    await untilServes();
  });
  after(() => company[Symbol.asyncDispose]());

  async function untilServes(): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!(await fetch(`http://127.0.0.1:${PORT}/health`).catch(() => null))?.ok) {
      assert.ok(Date.now() < deadline, (await company.compose('logs', '--tail', '20', 'api', 'api-primary')).stdout);
      await sleep(200);
    }
  }

  test('it has the services that the example promises, and three task workers', async () => {
    const { stdout } = await company.compose('config', '--services');
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .toSorted((a, b) => a.localeCompare(b)),
      [
        'api',
        'api-backup',
        'api-primary',
        'monitoring-dashboard',
        'pm-worker-backup',
        'pm-worker-primary',
        'queue',
        'task-worker',
        'task-worker-backup',
        'task-worker-primary',
      ],
    );
    const workers = await company.compose('ps', '-q', 'task-worker');
    assert.equal(workers.stdout.trim().split('\n').length, 3);
    const volumes = await company.docker(
      'volume',
      'ls',
      '-q',
      '--filter',
      'label=com.docker.compose.project=th-generated',
    );
    assert.equal(volumes.stdout.trim().split('\n').length, 3);
    const networks = await company.docker(
      'network',
      'ls',
      '--format',
      '{{.Name}}',
      '--filter',
      'label=com.docker.compose.project=th-generated',
    );
    assert.deepEqual(
      networks.stdout
        .trim()
        .split('\n')
        .toSorted((a, b) => a.localeCompare(b)),
      ['th-generated_twinhull-api', 'th-generated-network'],
    );
  });

  test('a kill of the primary loses no idempotent request', async () => {
    const mix = (['GET', 'PUT'] as const).flatMap((method) =>
      [true, false].map((keepAlive) => ({ method, path: '/health', keepAlive, weight: 1 })),
    );
    const load = runLoad({
      url: `http://127.0.0.1:${PORT}`,
      rate: 100,
      mix,
      until: 6000,
      accepts: (status) => status < 500,
    });
    await sleep(2000);
    const { stdout } = await company.compose('ps', '-q', 'api-primary');
    assert.equal((await company.docker('kill', stdout.trim())).code, 0);
    const { sent, failed, failedByReason, longestGapMs } = await load.finished;
    assert.ok(sent > 500, `${sent} requests were sent`);
    assert.equal(failed, 0, JSON.stringify(failedByReason));
    assert.ok(longestGapMs < 1000, `${longestGapMs} ms without an answer`);
  });

  test('the members know their part', async () => {
    const { stdout } = await company.compose(
      'exec',
      '-T',
      'api-backup',
      'node',
      '-p',
      '`${process.env.SERVICE_ROLE} ${process.env.SERVICE_NAME} ${process.env.REDUNDANCY_ENABLED}`',
    );
    assert.equal(stdout.trim(), 'backup api true');
  });

  test('the folder beside the file belongs to it', () => {
    assert.match(
      readFileSync(join(company.folder, 'docker-compose.redundancy/api/haproxy.cfg'), 'utf8'),
      /api-primary/,
    );
  });
});
