import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCode } from '../../errors.ts';
import type { GatewayConfig } from '../../ports/gateway.ts';
import { quote } from './quote.ts';
import { configurationOf, renderConfig, renderLeaderMap, renderState } from './render.ts';

const check = { kind: 'http', path: '/health', expect: 'success', intervalMs: 500, timeoutMs: 300 } as const;
const pair: GatewayConfig = {
  project: 'shop',
  service: 'web',
  members: [
    { name: 'web-primary', address: '10.213.0.2', takesTraffic: true },
    { name: 'web-backup', address: '10.213.0.3', takesTraffic: false },
  ],
  balance: 'leader',
  leader: 'web-primary',
  ports: [
    { port: 80, protocol: 'http', check },
    { port: 443, protocol: 'tcp', check: { ...check, port: 80 } },
  ],
  maxConnectionsPerMember: 64,
};

/** The lines of one section, without its title. */
function section(text: string, title: string): string[] {
  const block = text.split('\n\n').find((one) => one.startsWith(`${title}\n`)) ?? '';
  return block
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

describe('haproxy.cfg', () => {
  const text = renderConfig(pair);

  it('checks a TLS port by the health URL of another port', () => {
    const lines = section(text, 'backend be_443');
    assert.ok(lines.includes('mode tcp') && lines.includes('option httpchk'));
    assert.match(lines.find((line) => line.startsWith('server web-primary ')) ?? '', / port 80$/);
  });

  it('has a brake for each port: the same members once more, unchecked, for when all are down', () => {
    for (const port of [80, 443]) {
      const servers = section(text, `backend be_${port}`).filter((line) => line.startsWith('server '));
      const placeOf = (line: string): string => line.split(' ').slice(2, 3).join();
      const brakes = servers.filter((line) => line.includes(':open '));
      assert.deepEqual(brakes.map(placeOf), servers.filter((line) => !brakes.includes(line)).map(placeOf));
      assert.ok(brakes.every((line) => / backup /.test(line) && !/ check /.test(line)));
    }
  });

  it('sends nothing twice that may do its work twice', () => {
    const retries = section(text, 'backend be_80').filter((line) => line.includes('retry'));
    assert.deepEqual(retries, [
      'retry-on conn-failure empty-response response-timeout 0rtt-rejected',
      'http-request disable-l7-retry if !{ method GET HEAD OPTIONS PUT DELETE TRACE }',
    ]);
  });

  it('follows a leader in a pair alone', () => {
    assert.match(text, /use-server/);
    assert.doesNotMatch(renderConfig({ ...pair, balance: 'spread', leader: null }), /use-server/);
  });

  it('names no folder, so that it serves inside a container and outside', () => {
    assert.doesNotMatch(text.replaceAll(/uri '[^']*'|"text\/plain[^"]*"/g, ''), /\s'?\/\w/);
  });

  it('takes no name that could end its line or its word', () => {
    for (const name of ['a b', 'a\nserver x', '', '#', '.none']) {
      const members = [{ name, address: '10.213.0.2', takesTraffic: true }];
      assert.throws(
        () => renderConfig({ ...pair, members }),
        (error) => isCode(error, 'TH_COMPOSE_INVALID'),
        JSON.stringify(name),
      );
    }
    const members = [{ name: 'a', address: '10.213.0.2 # ', takesTraffic: true }];
    assert.throws(
      () => renderConfig({ ...pair, members }),
      (error) => isCode(error, 'TH_INTERNAL'),
    );
  });
});

describe('the state at the first start', () => {
  it('has every member down until it passes its check, and standbys in maintenance', () => {
    const rows = renderState(pair)
      .trim()
      .split('\n')
      .slice(2)
      .map((line) => line.split(' '));
    const standing = rows.map(([, backend, , server, , up, admin]) => `${backend}/${server} up=${up} admin=${admin}`);
    assert.deepEqual(
      standing.filter((line) => line.includes('_80/')),
      [
        'be_80/web-primary up=0 admin=0',
        'be_80/web-primary:open up=2 admin=0',
        'be_80/web-backup up=0 admin=1',
        'be_80/web-backup:open up=2 admin=1',
      ],
    );
    const columns = renderState(pair).split('\n')[1]?.split(' ').length ?? 0;
    for (const row of rows) assert.equal(row.length, columns - 1);
  });

  it('keeps the standing of members that run, and nothing that another address or check has made untrue', () => {
    const running = { srv_op_state: '2', srv_admin_state: '8', srv_check_health: '3', srv_check_state: '6' };
    const live = new Map([
      ['be_80/web-primary', { ...running, srv_addr: '10.213.0.2' }],
      ['be_80/web-backup', { ...running, srv_addr: '10.213.0.9' }],
    ]);
    const rows = renderState(pair, live).split('\n');
    const primary = '1001 be_80 1 web-primary 10.213.0.2 2 8 0 0 0 0 0 3 6 0 1 1 - 80 - 0 0 - - 0';
    assert.ok(rows.includes(primary), rows.join('\n'));
    const rest = (lines: readonly string[]): string[] => lines.filter((line) => !line.includes(' web-primary '));
    assert.deepEqual(rest(rows), rest(renderState(pair).split('\n')));
  });

  it('has a name that follows from it', () => {
    const named = /setenv TWINHULL_CONFIGURATION ([0-9a-f]{32})\n/.exec(renderConfig(pair))?.[1];
    assert.equal(named, configurationOf(pair));
    assert.notEqual(configurationOf({ ...pair, balance: 'spread' }), named);
  });

  it('names the leader, where there is one', () => {
    assert.equal(renderLeaderMap('web-primary'), 'leader web-primary\n');
    assert.equal(renderLeaderMap(null), '');
  });
});

describe('a quoted word', () => {
  it('holds quotes, blanks and line ends', () => {
    assert.equal(quote(`it's`), `'it'\\''s'`);
    assert.equal(quote('a b\r\n'), `'a b'"\\r\\n"`);
    assert.equal(quote(''), `''`);
  });

  it('holds no other control character', () => {
    assert.throws(
      () => quote('a\0b'),
      (error) => isCode(error, 'TH_COMPOSE_INVALID'),
    );
  });
});
