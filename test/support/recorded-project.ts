/** A project that was up once, as its record has it: no engine answers, nobody supervises. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryClock } from '../../src/adapters/memory/clock.ts';
import { MemoryGatewayDriver } from '../../src/adapters/memory/gateway.ts';
import { openStore, type SqliteStore } from '../../src/adapters/sqlite/store.ts';
import type { Service } from '../../src/compose/project.ts';
import type { Fleet } from '../../src/redundancy/fleet.ts';
import { fleetOf } from './fleet.ts';

export function plannedFleet(name: string, services: Readonly<Record<string, Service>>, stateFolder: string): Fleet {
  const driver = new MemoryGatewayDriver({ clock: new MemoryClock(), conditionOf: () => 'up' });
  return fleetOf(name, services, { driver, stateFolder });
}

/** @param root what TWINHULL_STATE_DIR names */
export function recordProject(root: string, name: string, services: Readonly<Record<string, Service>>): Fleet {
  const folder = stateFolderIn(root, name);
  mkdirSync(folder, { recursive: true });
  const fleet = plannedFleet(name, services, folder);
  withRecord(root, name, (store) => store.saveDocument('fleet', fleet));
  return fleet;
}

export function withRecord<Result>(root: string, name: string, work: (store: SqliteStore) => Result): Result {
  const store = openRecord(root, name);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

export function openRecord(root: string, name: string): SqliteStore {
  return openStore(stateFolderIn(root, name), { now: () => Date.now() });
}

function stateFolderIn(root: string, name: string): string {
  return join(root, 'an-engine', name);
}
