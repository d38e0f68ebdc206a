/** One suite for every prober: what may be relied on. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Answer, Question, RedisAsk } from '../../src/ports/prober.ts';
import type { Prober } from '../../src/ports/prober.ts';

export interface ProberRig {
  readonly prober: Prober;
  /** where everything below answers */
  readonly host: string;
  /** of a Redis with: list "tasks" of three, string "done" = 42, stream "jobs" of three, of which the group "workers" has
   * been given two and acknowledged one */
  readonly redisPort: number;
  /** of a server with: /stats, a JSON document {"queue": {"length": 7}}; /metrics, jobs{kind="a"} 3, jobs{kind="b"} 4;
   * /ok, 200; /sick, 500; /elsewhere, a redirect to /ok; /silent, which never answers */
  readonly httpPort: number;
  /** where nobody listens */
  readonly freePort: number;
  close(): Promise<void>;
}

const { signal } = new AbortController();

export function proberContract(kind: string, openRig: () => Promise<ProberRig>): void {
  describe(`prober: ${kind}`, { timeout: 60_000 }, () => {
    let opened: ProberRig | null = null;
    before(async () => {
      opened = await openRig();
    });
    after(async () => await opened?.close());
    const it = (title: string, body: (rig: ProberRig) => Promise<void>): void => {
      test(title, { timeout: 20_000 }, async () => {
        assert.ok(opened, 'the rig is there');
        await body(opened);
      });
    };

    it('tells the length of a list, and what lies at its ends as long as it is the same', async (rig) => {
      const first = await ask(rig, redis(rig, { kind: 'list', key: 'tasks' }));
      assert.ok(first.known && first.number === 3);
      assert.deepEqual([first.oldest?.marks.length, first.oldest?.ageMs], [2, null]);
      assert.deepEqual(await ask(rig, redis(rig, { kind: 'list', key: 'tasks' })), first);
    });

    it('tells a number, and what is not there is 0 or empty', async (rig) => {
      assert.equal(numberOf(await ask(rig, redis(rig, { kind: 'number', key: 'done' }))), 42);
      for (const kind of ['number', 'list'] as const) {
        assert.deepEqual(await ask(rig, redis(rig, { kind, key: 'nothing' })), {
          known: true,
          number: 0,
          oldest: null,
        });
      }
    });

    it('tells all of a stream, or what a group has not acknowledged, with the age of the oldest', async (rig) => {
      const all = await ask(rig, redis(rig, { kind: 'stream', key: 'jobs', group: null }));
      const open = await ask(rig, redis(rig, { kind: 'stream', key: 'jobs', group: 'workers' }));
      assert.deepEqual([numberOf(all), numberOf(open)], [3, 2]);
      for (const answer of [all, open]) assert.ok(answer.known && (answer.oldest?.ageMs ?? 0) > 0);
    });

    it('does not know what is of another kind, or of a group that is not there', async (rig) => {
      assert.equal((await ask(rig, redis(rig, { kind: 'list', key: 'done' }))).known, false);
      assert.equal((await ask(rig, redis(rig, { kind: 'stream', key: 'jobs', group: 'nobody' }))).known, false);
    });

    it('reads a number from a JSON document and from a metric', async (rig) => {
      const json = { kind: 'json', port: rig.httpPort, path: '/stats' } as const;
      assert.equal(numberOf(await ask(rig, { ...json, pointer: '/queue/length' })), 7);
      assert.equal((await ask(rig, { ...json, pointer: '/queue/none' })).known, false);
      const metric = { kind: 'prometheus', port: rig.httpPort, path: '/metrics', metric: 'jobs' } as const;
      assert.equal(numberOf(await ask(rig, { ...metric, labels: {} })), 7);
      assert.equal(numberOf(await ask(rig, { ...metric, labels: { kind: 'b' } })), 4);
      assert.equal((await ask(rig, { ...metric, labels: { kind: 'c' } })).known, false);
    });

    it('tells whether somebody answers: a refusal, another status, a redirect and silence are no', async (rig) => {
      const life = async (path: string, port = rig.httpPort): Promise<number> =>
        numberOf(await ask(rig, { kind: 'answers', port, path }));
      assert.equal(await life('/ok'), 1);
      for (const path of ['/sick', '/elsewhere', '/silent']) assert.equal(await life(path), 0, path);
      assert.equal(await life('/ok', rig.freePort), 0);
    });

    it('does not know the number of who is not there', async (rig) => {
      const list = redis({ ...rig, redisPort: rig.freePort }, { kind: 'list', key: 'tasks' });
      const json = { kind: 'json', port: rig.freePort, path: '/stats', pointer: '' } as const;
      for (const question of [list, json]) assert.equal((await ask(rig, question)).known, false);
    });

    it('asks an address and no name', async (rig) => {
      const question = { kind: 'answers', port: rig.httpPort, path: '/ok' } as const;
      for (const host of ['localhost', '', 'redis']) {
        assert.equal((await rig.prober.ask(host, question, signal)).known, false, host);
      }
    });

    it('gives up when the caller does', async (rig) => {
      const over = AbortSignal.abort(new Error('enough'));
      const question = { kind: 'answers', port: rig.httpPort, path: '/ok' } as const;
      await assert.rejects(rig.prober.ask(rig.host, question, over), /enough/);
    });
  });
}

function ask(rig: ProberRig, question: Question): Promise<Answer> {
  return rig.prober.ask(rig.host, question, signal);
}

function redis({ redisPort }: Pick<ProberRig, 'redisPort'>, wanted: RedisAsk): Question {
  return { kind: 'redis', port: redisPort, database: 0, user: '', password: '', ask: wanted };
}

function numberOf(answer: Answer): number {
  assert.ok(answer.known, JSON.stringify(answer));
  return answer.number;
}
