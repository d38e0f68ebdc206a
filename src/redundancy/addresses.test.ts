import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressesIn, chooseSubnet, formatSubnet, parseSubnet, prefixFor } from './addresses.ts';
import type { Subnet } from './addresses.ts';

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

test('gateway and members have addresses after the network and the bridge of the engine', () => {
  assert.deepEqual(addressesIn(subnet('10.213.1.16/28'), 2), {
    gateway: '10.213.1.18',
    members: ['10.213.1.19', '10.213.1.20'],
  });
});

test('twelve members fit into the smallest block, the thirteenth needs the next size', () => {
  assert.equal(prefixFor(12), 28);
  assert.equal(prefixFor(13), 27);
  assert.equal(addressesIn(subnet('10.213.1.16/28'), 12).members.at(-1), '10.213.1.30');
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
      const chosen = chooseSubnet(pool, key, prefixFor(members), used);
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
