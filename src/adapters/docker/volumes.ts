import type { Call, ListFilter, Volume, VolumeSpec } from '../../ports/engine.ts';
import { CHANGE_DEADLINE_MS, type EngineClient, READ_DEADLINE_MS, segment, within } from './client.ts';
import { labelFilter } from './filters.ts';
import { field, list, text, textMap } from './reading.ts';

export async function listVolumes(client: EngineClient, filter: ListFilter, call: Call = {}): Promise<Volume[]> {
  const answer = await client.request({
    method: 'GET',
    path: '/volumes',
    query: labelFilter(filter),
    ...within(call, READ_DEADLINE_MS),
  });
  return list(field(answer.document, 'Volumes')).map(readVolume);
}

export async function inspectVolume(client: EngineClient, name: string, call: Call = {}): Promise<Volume | null> {
  const document = await client.find({
    method: 'GET',
    path: `/volumes/${segment(name)}`,
    ...within(call, READ_DEADLINE_MS),
  });
  return document === null ? null : readVolume(document);
}

/** A volume of that name and driver is left as it is. */
export async function createVolume(client: EngineClient, spec: VolumeSpec, call: Call = {}): Promise<void> {
  const body = {
    Name: spec.name,
    Driver: spec.driver ?? 'local',
    DriverOpts: spec.driverOptions ?? {},
    Labels: spec.labels,
  };
  await client.request({
    method: 'POST',
    path: '/volumes/create',
    body,
    ...within(call, CHANGE_DEADLINE_MS),
  });
}

export async function removeVolume(client: EngineClient, name: string, call: Call = {}): Promise<void> {
  await client.find({
    method: 'DELETE',
    path: `/volumes/${segment(name)}`,
    ...within(call, CHANGE_DEADLINE_MS),
  });
}

function readVolume(document: unknown): Volume {
  return {
    name: text(field(document, 'Name')),
    driver: text(field(document, 'Driver')),
    driverOptions: textMap(field(document, 'Options')),
    labels: textMap(field(document, 'Labels')),
    mountpoint: text(field(document, 'Mountpoint')),
  };
}
