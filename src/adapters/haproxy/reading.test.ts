import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayConfig } from '../../ports/gateway.ts';
import { heirOf, parseReport, readingOf } from './reading.ts';

const config: GatewayConfig = {
  project: 'shop',
  service: 'web',
  members: ['a', 'b'].map((name, at) => ({ name, address: `10.213.0.${at + 2}`, takesTraffic: true })),
  balance: 'leader',
  leader: 'a',
  ports: [{ port: 80, protocol: 'http', check: { kind: 'http', path: '/', intervalMs: 500, timeoutMs: 300 } }],
  maxConnectionsPerMember: 64,
};

interface Standing {
  readonly up?: 0 | 2;
  readonly admin?: number;
  readonly check?: string;
  readonly lastCheck?: string;
  readonly failed5xx?: number;
  readonly sinceS?: number;
  readonly health?: number;
}

/** What HAProxy says of two members, with its own column names, and columns of later versions that nobody here knows. */
function said(a: Standing, b: Standing, front = { requests: 10, failed: 0 }): string {
  const members = { a, b };
  const states = Object.entries(members).map(
    ([name, { up = 2, admin = 0 }]) => `1001 be_80 1 ${name} 10.213.0.2 ${up} ${admin} new`,
  );
  const stats = Object.entries(members).map(
    ([name, { check = 'L7OK', lastCheck = '', failed5xx = 0, sinceS = 9, health = 3 }]) =>
      `be_80,${name},0,2,UP,${sinceS},${check},10,${failed5xx},0,${lastCheck},2,2,${health},,`,
  );
  return [
    '1',
    '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_new_column',
    ...states,
    '',
    '# pxname,svname,qcur,scur,status,lastchg,check_status,check_duration,hrsp_5xx,req_tot,last_chk,check_rise,check_fall,check_health,new,',
    `fe_80,FRONTEND,,1,OPEN,,,,${front.failed},${front.requests},,,,,,`,
    ...stats,
    'be_80,BACKEND,0,4,UP,9,,,0,10,,,,,,',
    '',
    '0x55be29579e60 leader b',
    '',
  ].join('\n');
}

const read = (a: Standing, b: Standing, front?: { requests: number; failed: number }): ReturnType<typeof readingOf> =>
  readingOf(config, parseReport(said(a, b, front)));

describe('what HAProxy says', () => {
  it('is the leader, who serves, and how', () => {
    const { leader, serving, servers } = read({}, { check: '* L7OKC' });
    assert.equal(leader, 'b');
    assert.equal(serving, true);
    assert.deepEqual(servers[0], {
      member: 'a',
      port: 80,
      traffic: 'in',
      check: 'passing',
      checkFailure: null,
      checkStatus: 'L7OK',
      checkDurationMs: 10,
      checkFailures: 0,
      failuresInARow: 0,
      sessions: 2,
      queued: 0,
    });
    assert.equal(servers[1]?.check, 'passing', 'a check that runs again is the last one still');
  });

  it('knows drain and every kind of maintenance', () => {
    const trafficOf = (admin: number): string | undefined => read({ admin }, {}).servers[0]?.traffic;
    assert.deepEqual([0, 0x08, 0x10, 0x01, 0x02, 0x04, 0x20, 0x09].map(trafficOf), [
      'in',
      'draining',
      'draining',
      'out',
      'out',
      'out',
      'out',
      'out',
    ]);
  });

  it('does not take a member for passing that is only on its way up', () => {
    const { servers, serving } = read({ up: 0 }, { up: 0, check: 'L7STS' });
    assert.deepEqual(
      servers.map(({ check }) => check),
      ['unknown', 'failing'],
    );
    assert.equal(serving, false);
  });

  it('tells what a failed check means, and whether it was one', () => {
    const failureOf = (check: string, lastCheck = ''): string | null | undefined =>
      read({ check, lastCheck }, {}).servers[0]?.checkFailure;
    assert.equal(failureOf('L4TOUT'), 'unreachable');
    assert.equal(failureOf('* L4TOUT'), 'unreachable', 'while the next one runs');
    assert.equal(failureOf('L4CON', 'No route to host'), 'unreachable');
    assert.equal(failureOf('L4CON', 'Host is unreachable'), 'unreachable', "musl's word for it");
    assert.equal(failureOf('L4CON', 'Connection refused'), 'other');
    assert.equal(failureOf('L7STS', 'No route to host'), 'answered', 'whatever the member says about itself');
    assert.equal(failureOf('HANA'), 'requests');
    assert.equal(failureOf('L7TOUT'), 'silent');
    assert.equal(failureOf('L7OK'), null);
  });

  it('counts failures in a row from what is left of its health, then by the time since', () => {
    assert.equal(read({ check: 'L7TOUT', health: 2 }, {}).servers[0]?.failuresInARow, 1);
    assert.equal(read({ up: 0, check: 'L7TOUT', sinceS: 0 }, {}).servers[0]?.failuresInARow, 2);
    assert.equal(read({ up: 0, check: 'L7TOUT', sinceS: 5 }, {}).servers[0]?.failuresInARow, 2 + 9);
  });

  it('counts as failed what the gateway answered itself, not the errors of members', () => {
    const { counters } = read({ failed5xx: 3 }, { failed5xx: 1 }, { requests: 20, failed: 6 });
    assert.deepEqual(counters, { requests: 20, failed: 2, retried: 0, redispatched: 0 });
  });

  it('says what HAProxy was started with', () => {
    assert.equal(parseReport('TWINHULL_CONFIGURATION=abc\n').configuration, 'abc');
    assert.equal(parseReport('Variable not found\n').configuration, null);
  });

  it('names an heir that serves, and none where nobody does', () => {
    assert.equal(heirOf(config, read({}, {}), 'a'), 'b');
    assert.equal(heirOf(config, read({}, { check: 'L4CON' }), 'a'), null);
    assert.equal(heirOf(config, read({}, { admin: 1 }), 'a'), null);
  });

  it('is nothing when it says nothing of ours', () => {
    const { leader, servers, serving } = readingOf(config, parseReport('Unknown command.\n'));
    assert.deepEqual({ leader, servers, serving }, { leader: null, servers: [], serving: false });
  });
});
