import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemorySite } from '../../test/support/memory-site.ts';
import type { Service } from '../compose/project.ts';

const vpn = (release: string): Service => ({ image: 'web:1', environment: { RELEASE: release }, restart: 'always' });
const inVpn: Service = { image: 'web:1', restart: 'always', network_mode: 'service:vpn' };
const free: Service = { image: 'web:1', restart: 'always' };
const data = (release: string): Service => ({ image: 'db:1', environment: { RELEASE: release }, restart: 'always' });
const reader: Service = { image: 'web:1', restart: 'always', volumes_from: ['data:ro'] };

describe('services that live in the containers of others', () => {
  let site: MemorySite;
  beforeEach(() => {
    site = new MemorySite();
  });
  afterEach(() => site.remove());

  const ids = async (): Promise<Record<string, string>> =>
    Object.fromEntries(Object.entries(await site.containers()).map(([name, { id }]) => [name, id]));
  const called = (what: string): number => site.calls.findIndex((call) => call.startsWith(what));

  it('are made after them, however long that takes', async () => {
    const create = site.engine.createContainer.bind(site.engine);
    site.engine.createContainer = async (name, ...more) => {
      if (name === 'shop-data-1') await site.clock.sleep(5000);
      return create(name, ...more);
    };
    await site.up({ reader, data: data('one') });
    assert.ok(called('createContainer shop-data-1') < called('createContainer shop-reader-1'), site.calls.join('\n'));
    const { mounts } = (await site.containers())['reader-1'] ?? assert.fail();
    assert.deepEqual(
      mounts.map(({ destination, writable }) => [destination, writable]),
      [['/data', false]],
    );
  });

  it('are made anew after them, and others are left alone', async () => {
    await site.up({ vpn: vpn('one'), app: { ...inVpn }, free, data: data('one'), reader });
    const before = await ids();
    await site.up({ vpn: vpn('two'), app: { ...inVpn }, free, data: data('two'), reader });
    const after = await ids();
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    assert.deepEqual(changed, ['app-1', 'data-1', 'reader-1', 'vpn-1']);
    assert.ok(called('createContainer shop-vpn-1') < called('createContainer shop-app-1'), site.calls.join('\n'));
    assert.match(site.lines.join('\n'), /app.*vpn, in which it lives, is made anew/);
  });

  it('are started anew after one that is started again', async () => {
    await site.up({ vpn: vpn('one'), app: inVpn, free });
    const before = await site.containers();
    await site.engine.stopContainer(before['vpn-1']?.id ?? '', {});
    await site.up({ vpn: vpn('one'), app: inVpn, free });
    const after = await site.containers();
    assert.equal(after['app-1']?.id, before['app-1']?.id);
    assert.ok((after['app-1']?.startedAt ?? 0) >= (after['vpn-1']?.startedAt ?? Infinity), site.calls.join('\n'));
    assert.equal(after['free-1']?.startedAt, before['free-1']?.startedAt);
  });

  it('are left alone when nothing changed', async () => {
    const services = { vpn: vpn('one'), app: inVpn, data: data('one'), reader };
    await site.up(services);
    await site.up(services);
    assert.deepEqual(site.calls, []);
  });
});
