import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerSpec } from '../../ports/engine.ts';
import { createBody } from './create-body.ts';

const spec: ContainerSpec = {
  Image: 'web:1',
  Labels: {},
  HostConfig: { Init: true },
  MacAddress: '02:42:ac:11:00:02',
  Platform: 'linux/amd64',
  Networks: [
    { network: 'one', aliases: ['web'], ipv4Address: '10.0.0.5' },
    { network: 'two', aliases: [] },
  ],
};

test('before API 1.44: one network at create, its address on the container, the others after', () => {
  const { document, connectAfter } = createBody(spec, [1, 43]);
  assert.deepEqual(document, {
    Image: 'web:1',
    Labels: {},
    MacAddress: '02:42:ac:11:00:02',
    HostConfig: { Init: true, NetworkMode: 'one' },
    NetworkingConfig: { EndpointsConfig: { one: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.5' } } } },
  });
  assert.deepEqual(connectAfter, [spec.Networks[1]]);
});

test('from API 1.44 on: all networks at create, the address on the first', () => {
  const { document, connectAfter } = createBody(spec, [1, 44]);
  assert.deepEqual(document, {
    Image: 'web:1',
    Labels: {},
    HostConfig: { Init: true, NetworkMode: 'one' },
    NetworkingConfig: {
      EndpointsConfig: {
        one: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.5' }, MacAddress: '02:42:ac:11:00:02' },
        two: { Aliases: [] },
      },
    },
  });
  assert.deepEqual(connectAfter, []);
});

test('without networks the HostConfig decides alone', () => {
  const { document } = createBody(
    { Image: 'web:1', Labels: {}, HostConfig: { NetworkMode: 'host' }, Networks: [] },
    [1, 41],
  );
  assert.deepEqual(document, { Image: 'web:1', Labels: {}, HostConfig: { NetworkMode: 'host' } });
});
