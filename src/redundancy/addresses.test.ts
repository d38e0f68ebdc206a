import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Role } from '../core/model.ts';
import {
  chooseSubnet,
  formatSubnet,
  gatewayAddress,
  memberAddresses,
  parseSubnet,
  prefixFor,
  type Subnet,
} from './addresses.ts';

const pool = subnet('10.213.0.0/16');

function subnet(text: string): Subnet {
  const parsed = parseSubnet(text);
  assert.ok(parsed, text);
  return parsed;
}

test('a subnet is read with its host bits cut off, and nonsense is none', () => {
  assert.equal(formatSubnet(subnet('10.213.7.9/28')), '10.213.7.0/28');
  for (const text of ['10.213.0.0', '10.213.0.256/24', '10.0.0.0/33', 'fd00::/8', ''])
    assert.equal(parseSubnet(text), null, text);
});

const pair: readonly Role[] = ['primary', 'backup'];
const cluster = (replicas: number): readonly Role[] => Array.from({ length: replicas }, () => 'replica');

test('gateway and members have addresses after the network and the bridge of the engine', () => {
  const own = subnet('10.213.1.16/28');
  assert.equal(gatewayAddress(own), '10.213.1.18');
  assert.deepEqual(memberAddresses(own, pair), ['10.213.1.19', '10.213.1.20']);
});

test('no member of a mode has the address of another one of another mode: both run while the mode changes', () => {
  const own = subnet('10.213.1.16/28');
  const both = memberAddresses(own, [...pair, ...cluster(3)]);
  assert.equal(new Set(both).size, 5);
  assert.deepEqual(memberAddresses(own, cluster(3)), both.slice(2));
});

test('a pair and ten replicas fit into the smallest block, the eleventh needs the next size', () => {
  assert.equal(prefixFor(cluster(10)), 28);
  assert.equal(prefixFor(cluster(11)), 27);
  assert.equal(prefixFor(pair), 28);
  assert.equal(memberAddresses(subnet('10.213.1.16/28'), cluster(10)).at(-1), '10.213.1.30');
});

test('the same service gets the same subnet, and moves on when something is there', () => {
  const first = chooseSubnet(pool, 'shop/web', 28, []);
  assert.ok(first);
  assert.deepEqual(chooseSubnet(pool, 'shop/web', 28, []), first);
  const next = chooseSubnet(pool, 'shop/web', 28, [first]);
  assert.ok(next);
  assert.equal(next.base, first.base + 16);
});

test('a used network larger than the pool leaves nothing', () => {
  assert.equal(chooseSubnet(pool, 'shop/web', 28, [subnet('10.0.0.0/8')]), null);
  assert.equal(chooseSubnet(subnet('10.213.0.0/28'), 'shop/web', 27, []), null);
});

test('whatever is used, a chosen subnet lies in the pool and overlaps nothing', () => {
  const anyUsed = fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 18, max: 30 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 60 }), anyUsed, (key, members, places) => {
      const used = places.map(([offset, prefix]) =>
        subnet(`${formatSubnet({ base: pool.base + offset, prefix: 32 }).split('/')[0]}/${prefix}`),
      );
      const chosen = chooseSubnet(pool, key, prefixFor(cluster(members)), used);
      if (chosen === null) return;
      const size = 2 ** (32 - chosen.prefix);
      assert.ok(chosen.base >= pool.base && chosen.base + size <= pool.base + 0x10000);
      for (const other of used) {
        const end = other.base + 2 ** (32 - other.prefix);
        assert.ok(end <= chosen.base || chosen.base + size <= other.base);
      }
    }),
  );
});
