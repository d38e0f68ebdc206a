import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Deployment, webService } from '../../support/deployment.ts';
import { loadDuring } from '../../support/under-load.ts';

const PORT = 18097;

describe('a pair whose standby is paused', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-warm',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair, standby: warm }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  const stateOf = async (container: string): Promise<string> =>
    (await web.docker('inspect', '--format', '{{.State.Status}}', container)).stdout.trim();

  async function backup(): Promise<{ readonly name: string; readonly containerId: string }> {
    const found = (await web.service('web')).members.find(({ role }) => role === 'backup');
    return { name: found?.name ?? '', containerId: found?.containerId ?? '' };
  }

  /** Until the one that does not lead rests. */
  const untilOneRests = (withinMs: number): Promise<unknown> =>
    web.until('one works and one is paused', withinMs, ({ services }) => {
      const verdicts = services[0]?.members.map(({ verdict }) => verdict).sort() ?? [];
      return verdicts.join() === 'healthy,standby';
    });

  test('kill -9 of the one that works: the paused one is woken and serves within 2 s; the other one rests within 60 s', async () => {
    await untilOneRests(60_000);
    const standby = await backup();
    assert.equal(await stateOf(standby.containerId), 'paused');
    const leader = await web.container(await web.primary('web'));
    const { stdout } = await web.docker('inspect', '--format', '{{.State.Pid}}', leader);
    const { longestGapMs } = await loadDuring(`http://127.0.0.1:${PORT}`, async () => {
      process.kill(Number(stdout), 'SIGKILL');
      await web.until('the other one leads', 10_000, ({ services }) =>
        (services[0]?.members ?? []).some(({ name, role }) => name === standby.name && role === 'primary'),
      );
      await untilOneRests(60_000);
    });
    assert.ok(longestGapMs < 2000, `${longestGapMs} ms without service`);
    assert.equal(await stateOf(standby.containerId), 'running');
    assert.equal(await stateOf((await backup()).containerId), 'paused');
  });
});
