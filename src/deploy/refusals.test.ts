import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fleetOf } from '../../test/support/fleet.ts';
import { MemoryGatewayDriver } from '../adapters/memory/gateway.ts';
import type { Service } from '../compose/project.ts';
import { isCode } from '../errors.ts';
import type { Container, Network, Volume } from '../ports/engine.ts';
import type { Existing } from './existing.ts';
import { networkDifference, refusalsOf, refuse, volumeDifference } from './refusals.ts';

const clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined, timer: () => () => undefined };
const driver = new MemoryGatewayDriver({ clock, conditionOf: () => 'up' });
const web: Service = {
  image: 'web:1',
  ports: [{ target: 80, published: '8080', host_ip: '127.0.0.1', protocol: 'tcp' }],
};
const db: Service = { image: 'db:1', 'x-twinhull': { mode: 'single' } };

const container = (name: string, labels: Record<string, string> = {}, ports: Container['ports'] = {}): Container =>
  ({ id: name, name, state: 'running', labels, ports }) as Container;
const ofProject = (service: string, ours = false): Record<string, string> => ({
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': service,
  ...(ours ? { 'twinhull.service': service } : {}),
});

function messages(
  there: Partial<Existing>,
  services: Record<string, Service> = { web, db },
  removesOrphans = false,
): string[] {
  const fleet = fleetOf(
    'shop',
    services,
    { driver, stateFolder: '/state' },
    { networks: { out: { name: 'out', external: true } }, volumes: { data: { name: 'data' } } },
  );
  const nothing: Existing = {
    containers: [],
    others: [],
    networks: new Map([['out', {} as Network]]),
    volumes: new Map(),
    images: new Map(),
    gateways: new Map(),
  };
  return refusalsOf(fleet, { ...nothing, ...there }, removesOrphans).map(({ code, message }) => `${code}: ${message}`);
}

describe('refused before anything is touched', () => {
  it('nothing, where nothing is in the way', () => assert.deepEqual(messages({}), []));

  it('a project that runs under Compose; not one that is ours with an intruder', () => {
    assert.deepEqual(messages({ containers: [container('shop_web_1', ofProject('web'))] }), [
      'TH_PROJECT_RUNS_UNDER_COMPOSE: the project shop runs under Compose already, without twinhull (shop_web_1)',
    ]);
    assert.deepEqual(
      messages({
        containers: [container('shop_web_1', ofProject('web')), container('shop-db-1', ofProject('db', true))],
      }),
      [],
    );
  });

  it('a name that another container has', () => {
    assert.deepEqual(messages({ others: [container('shop-db-1', { 'com.docker.compose.project': 'else' })] }), [
      'TH_NAME_IN_USE: the container name shop-db-1 is taken by the container shop-db-1 of the project else',
    ]);
  });

  describe('a port of the host', () => {
    const holder = (hostIp: string, hostPort = 8080, protocol = 'tcp') =>
      container('other', {}, { [`80/${protocol}`]: [{ hostIp, hostPort }] });
    for (const [what, there, count] of [
      ['the same address', holder('127.0.0.1'), 1],
      ['every address', holder('0.0.0.0'), 1],
      ['another address', holder('10.0.0.1'), 0],
      ['another port', holder('127.0.0.1', 8081), 0],
      ['another protocol', holder('127.0.0.1', 8080, 'udp'), 0],
    ] as const) {
      it(`held on ${what}: ${count === 0 ? 'free' : 'taken'}`, () =>
        assert.equal(messages({ others: [there] }).length, count));
    }

    it('that two services of the file publish', () => {
      const twice = { ...db, ports: [{ target: 5432, published: '8080', protocol: 'tcp' }] };
      assert.deepEqual(messages({}, { web, db: twice }), [
        'TH_PORT_IN_USE: port 8080/tcp of the host is published twice, by web and db',
      ]);
    });

    it('that a service which left the file still holds, unless it is removed first', () => {
      const orphan = container('shop-old-1', ofProject('old', true), {
        '80/tcp': [{ hostIp: '0.0.0.0', hostPort: 8080 }],
      });
      assert.match(
        messages({ containers: [orphan] })[0] ?? '',
        /whose service is no longer in the file \(--remove-orphans removes it\)/,
      );
      assert.deepEqual(messages({ containers: [orphan] }, { web, db }, true), []);
    });
  });

  it('networks and volumes: external ones that are missing, others that differ', () => {
    const used = { web, db: { ...db, networks: { default: null, out: null } } };
    const found = messages(
      {
        networks: new Map<string, Network | null>([
          ['out', null],
          [
            'shop_default',
            {
              name: 'shop_default',
              driver: 'overlay',
              labels: {},
              id: '',
              subnets: [],
              containers: [],
              internal: true,
            },
          ],
        ]),
        volumes: new Map([['data', { name: 'data', driver: 'nfs', labels: {}, mountpoint: '' } as Volume]]),
      },
      used,
    );
    assert.deepEqual(found, [
      'TH_EXTERNAL_MISSING: the external network out does not exist',
      'TH_NETWORK_DIFFERS: the network shop_default exists with another "internal" ("true", the file asks for "false")',
    ]);
  });

  it('all of it in one error', () => {
    const refusals = [
      { code: 'TH_NAME_IN_USE', message: 'one' },
      { code: 'TH_PORT_IN_USE', message: 'two' },
    ] as const;
    assert.throws(
      () => refuse(refusals),
      (error) =>
        isCode(error, 'TH_NAME_IN_USE') && error.message === 'one; two' && error.state === 'nothing was changed',
    );
    refuse([]);
  });
});

describe('what differs', () => {
  const network = (changes: Partial<Network>): Network => ({
    name: 'n',
    id: '',
    labels: {},
    driver: 'bridge',
    subnets: ['10.1.0.0/24'],
    containers: [],
    ...changes,
  });

  it('is only what the file says', () => {
    assert.equal(networkDifference({ name: 'n', labels: {} }, network({})), null);
    assert.equal(
      networkDifference({ name: 'n', labels: {}, ipam: { config: [{ subnet: '10.1.0.0/24' }] } }, network({})),
      null,
    );
    assert.match(
      networkDifference({ name: 'n', labels: {}, ipam: { config: [{ subnet: '10.2.0.0/24' }] } }, network({})) ?? '',
      /subnet \("10.1.0.0\/24", the file asks for "10.2.0.0\/24"\)/,
    );
    assert.match(networkDifference({ name: 'n', labels: {}, driver: 'macvlan' }, network({})) ?? '', /driver/);
    assert.match(
      networkDifference({ name: 'n', labels: {}, driverOptions: { mtu: '1400' } }, network({})) ?? '',
      /option "mtu" \("", /,
    );
  });

  it('of volumes: driver and options', () => {
    const volume = { name: 'v', labels: {}, mountpoint: '', driver: 'local', driverOptions: { type: 'nfs' } };
    assert.equal(volumeDifference({ name: 'v', labels: {} }, volume), null);
    assert.match(
      volumeDifference({ name: 'v', labels: {}, driverOptions: { type: 'tmpfs' } }, volume) ?? '',
      /option "type" \("nfs", the file asks for "tmpfs"\)/,
    );
  });
});
