/**
 * What every gateway does, whatever it is made of. One suite, run over the real HAProxy and over its twin in
 * memory (gateway.haproxy.test.ts, gateway.memory.test.ts), in real time.
 */

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { MemberCondition } from '../../src/adapters/memory/gateway.ts';
import { isCode } from '../../src/errors.ts';
import type {
  Gateway,
  GatewayConfig,
  GatewayReading,
  GatewaySignal,
  Protocol,
  RunBeside,
} from '../../src/ports/gateway.ts';

export interface RigResponse {
  /** 0: cut without an answer */
  readonly status: number;
  readonly member: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A gateway before members whose condition a test sets. */
export interface Rig {
  readonly gateway: Gateway;
  readonly beside: RunBeside;
  /** the same gateway as somebody opens it who wants it to be another one; members that are new exist from now on */
  reopen(options: RigOptions): Promise<Gateway>;
  /** ports as clients reach them, in the order of the configuration */
  readonly ports: readonly number[];
  become(member: string, condition: MemberCondition): Promise<void>;
  request(port: number, options?: { readonly method?: string; readonly takesMs?: number }): Promise<RigResponse>;
  /** kills the gateway's process and waits until it has come back by itself */
  crash(): Promise<void>;
  /** kills the gateway's process for good */
  close(): Promise<void>;
}

export interface RigOptions {
  readonly protocols: readonly Protocol[];
  readonly balance: GatewayConfig['balance'];
  readonly members: readonly {
    readonly name: string;
    readonly takesTraffic?: boolean;
    readonly condition?: MemberCondition;
  }[];
  readonly maxConnections?: number;
  readonly check?: Partial<GatewayConfig['ports'][number]['check']>;
}

/** The configuration of a rig; members are at 127.0.0.11 and up. */
export function rigConfig(options: RigOptions, ports: readonly number[]): GatewayConfig {
  return {
    project: 'contract',
    service: 'web',
    members: options.members.map(({ name, takesTraffic }, at) => ({
      name,
      address: `127.0.0.${11 + at}`,
      takesTraffic: takesTraffic ?? true,
    })),
    balance: options.balance,
    leader: options.balance === 'leader' ? (options.members[0]?.name ?? null) : null,
    ports: ports.map((port, at) => ({
      port,
      protocol: options.protocols[at] ?? 'http',
      check: { kind: 'http', path: '/health', expect: 'success', intervalMs: 250, timeoutMs: 300, ...options.check },
    })),
    maxConnectionsPerMember: options.maxConnections ?? 100,
  };
}

const pair = [{ name: 'a' }, { name: 'b' }] as const;

export function gatewayContract(name: string, makeRig: (options: RigOptions) => Promise<Rig>): void {
  describe(`gateway: ${name}`, { timeout: 60_000 }, () => {
    let open: { readonly rig: Rig; readonly stop: AbortController }[] = [];

    /** A rig whose members have passed their checks, as far as they can. */
    async function start(options: Partial<RigOptions> = {}, ready = true): Promise<Scene> {
      const full: RigOptions = { protocols: ['http'], balance: 'leader', members: pair, ...options };
      const rig = await makeRig(full);
      const stop = new AbortController();
      open.push({ rig, stop });
      const scene = new Scene(rig, stop.signal);
      if (ready)
        await scene.until((reading) =>
          reading.servers.every(({ traffic, check }) => traffic === 'out' || check === 'passing'),
        );
      return scene;
    }

    afterEach(async () => {
      for (const { rig, stop } of open) {
        stop.abort();
        await rig.close();
      }
      open = [];
    });

    it('sends everything to the leader, and to the other one after a switch', async () => {
      const { rig, members } = await start();
      assert.equal((await rig.gateway.read()).leader, 'a');
      assert.deepEqual(await members(4), ['a', 'a', 'a', 'a']);
      await rig.gateway.lead('b');
      assert.equal((await rig.gateway.read()).leader, 'b');
      assert.deepEqual(await members(4), ['b', 'b', 'b', 'b']);
    });

    it('a switch cuts nothing that is under way', async () => {
      const { rig, port } = await start();
      const slow = rig.request(port, { method: 'POST', takesMs: 300 });
      await pause(50);
      await rig.gateway.lead('b');
      assert.deepEqual(pick(await slow), { status: 200, member: 'a' });
    });

    it('switches every port at once', async () => {
      const { rig } = await start({ protocols: ['http', 'tcp'] });
      await rig.gateway.lead('b');
      for (const port of rig.ports) assert.equal((await rig.request(port)).member, 'b');
    });

    it('spreads over all members of a cluster, and leaves a draining one out', async () => {
      const { rig, members } = await start({
        balance: 'spread',
        members: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      });
      assert.equal((await rig.gateway.read()).leader, null);
      assert.deepEqual(new Set(await members(9)), new Set(['a', 'b', 'c']));
      await rig.gateway.drain('b');
      assert.deepEqual(new Set(await members(9)), new Set(['a', 'c']));
      await rig.gateway.putIn('b', 1000);
      assert.deepEqual(new Set(await members(9)), new Set(['a', 'b', 'c']));
    });

    it('nobody leads a cluster', async () => {
      const { rig } = await start({ balance: 'spread' });
      await assert.rejects(rig.gateway.lead('b'), (error) => isCode(error, 'TH_GATEWAY_REFUSED'));
    });

    it('draining lets what is under way finish, and says when the member is empty', async () => {
      const { rig, port, members } = await start();
      const slow = Promise.all([1, 2, 3].map(() => rig.request(port, { method: 'POST', takesMs: 400 })));
      await pause(50);
      assert.equal(await rig.gateway.drainAndWait('a', 100), 3);
      assert.deepEqual(await members(2), ['b', 'b']);
      assert.equal(await rig.gateway.drainAndWait('a', 3000), 0);
      assert.deepEqual((await slow).map(pick), Array(3).fill({ status: 200, member: 'a' }));
    });

    it('draining the leader hands the lead over', async () => {
      const { rig, members } = await start();
      await rig.gateway.drain('a');
      const { leader, servers } = await rig.gateway.read();
      assert.equal(leader, 'b');
      assert.deepEqual(
        servers.map(({ traffic }) => traffic),
        ['draining', 'in'],
      );
      assert.deepEqual(await members(3), ['b', 'b', 'b']);
    });

    it('taking a hung member out sends its idempotent requests to another one, and fails its POST', async () => {
      const { rig, port, members } = await start({ check: { intervalMs: 5000 } });
      await rig.become('a', 'hung');
      const hanging = ['GET', 'GET', 'HEAD', 'POST'].map((method) => rig.request(port, { method }));
      await pause(50);
      await rig.gateway.takeOut('a');
      assert.deepEqual(
        (await Promise.all(hanging)).map(({ status }) => status),
        [200, 200, 200, 502],
      );
      assert.equal((await rig.gateway.read()).servers[0]?.traffic, 'out');
      assert.deepEqual(await members(3), ['b', 'b', 'b']);
      const { counters } = await rig.gateway.read();
      assert.equal(counters.failed, 1);
      assert.ok(counters.retried >= 3 && counters.redispatched >= 3, JSON.stringify(counters));
    });

    it('a member that is put in gets nothing before it has passed a check', async () => {
      const { rig, port, until } = await start();
      await rig.gateway.takeOut('a');
      await rig.become('a', 'hung');
      const seen: RigResponse[] = [];
      const put = rig.gateway.putIn('a', 5000);
      for (let n = 0; n < 20; n += 1) {
        seen.push(await rig.request(port));
        await pause(20);
      }
      await rig.become('a', 'up');
      await put;
      assert.deepEqual([...new Set(seen.map(({ member }) => member))], ['b']);
      await until((reading) => reading.servers.every(({ traffic, check }) => traffic === 'in' && check === 'passing'));
      assert.equal((await rig.request(port)).member, 'a');
    });

    it('a member that does not pass in time is left out', async () => {
      const { rig } = await start();
      await rig.gateway.takeOut('b');
      await rig.become('b', 'hung');
      await assert.rejects(rig.gateway.putIn('b', 400), (error) => isCode(error, 'TH_GATEWAY_CHECK_FAILED'));
      assert.equal((await rig.gateway.read()).servers[1]?.traffic, 'out');
    });

    it('a standby that takes no traffic stays out until it is put in, and is in after that', async () => {
      const { rig, port } = await start({ members: [{ name: 'a' }, { name: 'b', takesTraffic: false }] });
      assert.equal((await rig.gateway.read()).servers[1]?.traffic, 'out');
      await rig.become('a', 'refusing');
      assert.equal((await rig.request(port)).status, 503);
      await rig.gateway.putIn('b', 3000);
      assert.equal((await rig.request(port)).member, 'b');
      await rig.crash();
      assert.equal((await rig.gateway.read()).servers[1]?.traffic, 'in');
    });

    it('at its start no request goes to a member that has not passed while another has', async () => {
      const { rig, port, until } = await start({ members: [{ name: 'a', condition: 'sick' }, { name: 'b' }] }, false);
      await until((reading) => reading.serving);
      const seen = await Promise.all(Array.from({ length: 10 }, () => rig.request(port)));
      assert.deepEqual([...new Set(seen.map(({ member }) => member))], ['b']);
    });

    it('the brake: when every member fails its check, those that answer still serve', async () => {
      const { rig, members, until } = await start();
      await rig.become('a', 'sick');
      await rig.become('b', 'sick');
      await until((reading) => !reading.serving && reading.servers.every(({ failuresInARow }) => failuresInARow >= 2));
      assert.deepEqual(await members(3), ['a', 'a', 'a']);
      await rig.gateway.takeOut('a');
      assert.deepEqual(await members(3), ['b', 'b', 'b']);
    });

    it('says 503 when nothing is left, with Retry-After and no-store, and counts it', async () => {
      const { rig, port, until } = await start();
      await rig.become('a', 'refusing');
      await rig.become('b', 'refusing');
      const { status, headers } = await rig.request(port);
      assert.equal(status, 503);
      assert.equal(headers['retry-after'], '1');
      assert.equal(headers['cache-control'], 'no-store');
      await until((reading) => reading.counters.failed === 1); // counted a moment after it was answered
    });

    it('a dead leader loses no request, with nobody watching', async () => {
      const { rig, members } = await start();
      await rig.become('a', 'refusing');
      assert.deepEqual(await members(10), Array(10).fill('b'));
    });

    it('counts failed checks in a row, beyond what takes a member down', async () => {
      const { rig, until } = await start();
      await rig.become('b', 'refusing');
      await until((reading) => (reading.servers[1]?.failuresInARow ?? 0) >= 5, 8000);
      const { servers } = await rig.gateway.read();
      assert.equal(servers[1]?.check, 'failing');
      assert.equal(servers[0]?.failuresInARow, 0);
    });

    it('tells of a failing and of a passing check by itself', async () => {
      const { rig, watch } = await start();
      const signals = await watch();
      await rig.become('b', 'refusing');
      const failed = await signals.next('check_failed');
      assert.deepEqual([failed.member, failed.checkFailure], ['b', 'other']);
      await rig.become('b', 'up');
      assert.equal((await signals.next('check_passed')).member, 'b');
    });

    it('tells who answers its check with a no', async () => {
      const { rig, until, watch } = await start();
      const signals = await watch();
      await rig.become('a', 'sick');
      assert.equal((await signals.next('check_failed')).checkFailure, 'answered');
      await until(({ servers }) => servers[0]?.checkFailure === 'answered' && servers[1]?.checkFailure === null);
    });

    it('tells of a member that stands still under load, long before its check fails', async () => {
      const { rig, port, watch, members } = await start({ check: { intervalMs: 5000, timeoutMs: 3000 } });
      const signals = await watch();
      for (let n = 0; n < 20; n += 1) await members(1).then(() => pause(10));
      await rig.become('a', 'hung');
      const began = performance.now();
      const hanging = rig.request(port);
      const stalled = await signals.next('stalled');
      assert.equal(stalled.member, 'a');
      assert.ok(stalled.forMs >= 80, `stood still for ${stalled.forMs} ms`);
      assert.ok(performance.now() - began < 1000, 'noticed within a second');
      await rig.gateway.takeOut('a');
      assert.equal((await hanging).member, 'b');
    });

    it('one slow request of a well member is no stall', async () => {
      const { rig, port, watch } = await start();
      const signals = await watch();
      await rig.request(port, { takesMs: 1500 });
      assert.deepEqual(
        signals.seen.filter(({ kind }) => kind === 'stalled'),
        [],
      );
    });

    it('killed, it comes back with the roles and states of that moment, and says so', async () => {
      const { rig, members, watch } = await start({ members: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] });
      const signals = await watch();
      await rig.gateway.lead('b');
      await rig.gateway.takeOut('a');
      await rig.gateway.drain('c');
      await rig.crash();
      await signals.next('started');
      const reading = await rig.gateway.read();
      assert.equal(reading.leader, 'b');
      assert.deepEqual(
        reading.servers.map(({ traffic }) => traffic),
        ['out', 'in', 'draining'],
      );
      assert.deepEqual(await members(3), ['b', 'b', 'b']);
    });

    it('reloaded, it refuses nothing, cuts nothing, and keeps leader and states', async () => {
      const members = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
      const { rig, port } = await start({ members });
      await rig.gateway.lead('b');
      await rig.gateway.takeOut('c');
      const slow = rig.request(port, { method: 'POST', takesMs: 700 });
      const load = new Requests(rig, port);
      await pause(50);
      for (const intervalMs of [260, 270, 280]) {
        const next = await rig.reopen({ protocols: ['http'], balance: 'leader', members, check: { intervalMs } });
        await next.reload(rig.beside, nobody);
        const reading = await next.read();
        assert.deepEqual(
          reading.servers.map(({ traffic, check }) => `${traffic} ${check}`),
          ['in passing', 'in passing', 'out unknown'],
        );
        assert.equal(reading.leader, 'b');
      }
      assert.deepEqual(await load.end(), ['200 b']);
      assert.deepEqual(pick(await slow), { status: 200, member: 'b' });
    });

    it('reloaded with more members, it sends nothing to one that has not passed a check', async () => {
      const { rig, port } = await start({ balance: 'spread' });
      const load = new Requests(rig, port);
      const members = [...pair, { name: 'c', condition: 'sick' }, { name: 'd' }] as const;
      const next = await rig.reopen({ protocols: ['http'], balance: 'spread', members });
      await next.reload(rig.beside, nobody);
      const scene = new Scene({ ...rig, gateway: next }, new AbortController().signal);
      await scene.until((reading) => reading.servers[3]?.check === 'passing');
      assert.deepEqual(new Set(await scene.members(9)), new Set(['a', 'b', 'd']));
      assert.deepEqual(
        (await load.end()).filter((seen) => !/^200 [abd]$/.test(seen)),
        [],
      );
    });

    it('a pair becomes a cluster and a pair again', async () => {
      const { rig, port } = await start();
      const load = new Requests(rig, port);
      for (const balance of ['spread', 'leader'] as const) {
        const next = await rig.reopen({ protocols: ['http'], balance, members: pair });
        await next.reload(rig.beside, nobody);
        assert.equal((await next.read()).leader, balance === 'leader' ? 'a' : null);
      }
      assert.deepEqual(
        (await load.end()).filter((seen) => !/^200 [ab]$/.test(seen)),
        [],
      );
    });

    it('reloaded, it waits for what is still in members that go', async () => {
      const { rig, port } = await start({ members: [{ name: 'a' }, { name: 'b' }] });
      let isOver = false;
      const slow = rig.request(port, { takesMs: 600 }).finally(() => (isOver = true));
      await pause(50);
      const next = await rig.reopen({ protocols: ['http'], balance: 'leader', members: [{ name: 'b' }] });
      await next.reload(rig.beside, { members: ['a'], timeoutMs: 3000 });
      assert.ok(isOver, 'the request is over');
      assert.equal((await slow).member, 'a');
      assert.equal((await rig.request(port)).member, 'b');
    });

    it('reloaded, it goes on telling what checks find, and killed it comes back as it was reloaded', async () => {
      const { rig, port, watch } = await start();
      const signals = await watch();
      const options = { protocols: ['http'], balance: 'leader', members: [{ name: 'b' }, { name: 'a' }] } as const;
      const next = await rig.reopen(options);
      await next.reload(rig.beside, nobody);
      await signals.next('started');
      await rig.become('b', 'refusing');
      assert.equal((await signals.next('check_failed')).member, 'b');
      await rig.become('b', 'up');
      await rig.crash();
      await signals.next('started');
      assert.deepEqual(
        (await next.read()).servers.map(({ member }) => member),
        ['b', 'a'],
      );
      assert.equal((await rig.request(port)).member, 'a');
    });

    it('tcp: connections go to the leader, and to another one when it is dead', async () => {
      const { rig, members } = await start({ protocols: ['tcp'] });
      assert.deepEqual(await members(2), ['a', 'a']);
      await rig.become('a', 'refusing');
      assert.deepEqual(await members(4), Array(4).fill('b'));
    });

    it('a gateway that is away is unknown, not down', async () => {
      const { rig } = await start();
      await rig.close();
      await assert.rejects(rig.gateway.read(), (error) => isCode(error, 'TH_GATEWAY_UNREACHABLE'));
    });

    it('a name that is no member is refused, and changes nothing', async () => {
      const { rig } = await start();
      await assert.rejects(rig.gateway.lead('a;shutdown'));
      await assert.rejects(rig.gateway.takeOut('nobody'));
      assert.equal((await rig.gateway.read()).leader, 'a');
    });
  });
}

const nobody = { members: [], timeoutMs: 0 } as const;

/** Requests one after another, a few of them at once, for as long as a test wants. */
class Requests {
  readonly #seen = new Set<string>();
  readonly #streams: Promise<void>[];
  #isOver = false;

  constructor(rig: Rig, port: number) {
    this.#streams = ['GET', 'POST', 'GET'].map(async (method) => {
      while (!this.#isOver) {
        const { status, member } = await rig.request(port, { method });
        this.#seen.add(`${status} ${member}`);
        await pause(1);
      }
    });
  }

  /** What answered, each once. */
  async end(): Promise<string[]> {
    this.#isOver = true;
    await Promise.all(this.#streams);
    return [...this.#seen].toSorted();
  }
}

const pick = ({ status, member }: RigResponse): { status: number; member: string | null } => ({ status, member });

type Kind = GatewaySignal['kind'];
type SignalOf<K extends Kind> = Extract<GatewaySignal, { readonly kind: K }>;

/** The small vocabulary of the tests above. */
class Scene {
  readonly rig: Rig;
  readonly port: number;
  readonly #stop: AbortSignal;

  constructor(rig: Rig, stop: AbortSignal) {
    this.rig = rig;
    this.port = rig.ports[0] ?? 0;
    this.#stop = stop;
  }

  /** Who answers that many requests, one after another. */
  members = async (count: number): Promise<(string | null)[]> => {
    const seen: (string | null)[] = [];
    for (let n = 0; n < count; n += 1) seen.push((await this.rig.request(this.port)).member);
    return seen;
  };

  until = async (holds: (reading: GatewayReading) => boolean, withinMs = 4000): Promise<void> => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const reading = await this.rig.gateway.read();
      if (holds(reading)) return;
      assert.ok(performance.now() < deadline, `not within ${withinMs} ms: ${JSON.stringify(reading)}`);
      await pause(20);
    }
  };

  watch = async (): Promise<Signals> => {
    const signals = new Signals();
    void this.rig.gateway.watch((signal) => signals.add(signal), this.#stop);
    await signals.next('started');
    // The first look at the counters, and getting acquainted with the members.
    await pause(400);
    return signals;
  };
}

class Signals {
  readonly seen: GatewaySignal[] = [];
  #read = 0;

  add(signal: GatewaySignal): void {
    this.seen.push(signal);
  }

  /** The next signal of this kind that no call has given yet; what comes before it is passed over. */
  async next<K extends Kind>(kind: K): Promise<SignalOf<K>> {
    for (let waited = 0; waited < 4000; waited += 5) {
      while (this.#read < this.seen.length) {
        const signal = this.seen[this.#read];
        this.#read += 1;
        if (signal?.kind === kind) return signal as SignalOf<K>;
      }
      await pause(5);
    }
    assert.fail(`no ${kind} came: ${JSON.stringify(this.seen)}`);
  }
}
