import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayConfig } from '../../ports/gateway.ts';
import { farewellTo } from './farewell.ts';
import type { Report, Row } from './reading.ts';

const next = (names: readonly string[], leader: string | null = null): GatewayConfig => ({
  project: 'p',
  service: 'web',
  members: names.map((name, at) => ({ name, address: `10.0.0.${20 + at}`, takesTraffic: true })),
  balance: leader === null ? 'spread' : 'leader',
  leader,
  ports: [{ port: 80, protocol: 'http', check: { kind: 'connect', intervalMs: 500, timeoutMs: 500 } }],
  maxConnectionsPerMember: 10,
});

function now(members: Readonly<Record<string, string>>, leader: string | null = null): Report {
  const names = Object.keys(members);
  const rows = (row: (name: string, at: number) => Row): Map<string, Row> =>
    new Map(names.flatMap((name, at) => [`be_80/${name}`, `be_80/${name}:open`].map((key) => [key, row(name, at)])));
  return {
    configuration: null,
    leader,
    states: rows((_, at) => ({ srv_addr: `10.0.0.${11 + at}` })),
    stats: rows((name) => ({ svname: name, status: members[name] ?? '' })),
  };
}

describe('a gateway that is taken over from', () => {
  it('sends what comes late to those that stay, and follows no leader that goes', () => {
    const { begin, undo } = farewellTo(['a', 'b'], next(['c', 'd']), now({ a: 'UP', b: 'UP' }, 'a'));
    assert.deepEqual(begin, [
      'set map leader.map leader .none',
      'set server be_80/a:open addr 10.0.0.20 port 80',
      'set server be_80/a state drain',
      'set server be_80/b:open addr 10.0.0.21 port 80',
      'set server be_80/b state drain',
    ]);
    assert.deepEqual(undo, [
      'set server be_80/a:open addr 10.0.0.11 port 80',
      'set server be_80/a state ready',
      'set server be_80/b:open addr 10.0.0.12 port 80',
      'set server be_80/b state ready',
      'set map leader.map leader a',
    ]);
  });

  it('sends it to the leader where there is one, and leaves a leader that stays', () => {
    const { begin } = farewellTo(['b'], next(['a', 'c'], 'c'), now({ a: 'UP', b: 'UP' }, 'a'));
    assert.deepEqual(begin, ['set server be_80/b:open addr 10.0.0.21 port 80', 'set server be_80/b state drain']);
  });

  it('lets nobody in who is out, and names nobody it does not have', () => {
    const { begin } = farewellTo(['a', 'x; shutdown'], next(['c']), now({ a: 'MAINT' }));
    assert.deepEqual(begin, ['set server be_80/a:open addr 10.0.0.20 port 80']);
  });

  it('has nothing to say where nobody goes', () => {
    assert.deepEqual(farewellTo([], next(['a'], 'a'), now({ a: 'UP' }, 'a')), { begin: [], undo: [] });
  });
});
