/** Making a container and attaching it to its networks: all of it, or nothing. */

import { isCode, TwinhullError } from '../../errors.ts';
import type { Call, ContainerSpec } from '../../ports/engine.ts';
import { CHANGE_DEADLINE_MS, type EngineClient, READ_DEADLINE_MS, within } from './client.ts';
import { inspectContainer, removeContainer } from './containers.ts';
import { type CreateBody, createBody } from './create-body.ts';
import { connectNetwork, inspectNetwork } from './networks.ts';
import { field, text } from './reading.ts';

/** Engines before API 1.44 take one network at create; the others are connected before anything starts. */
export async function createContainer(
  client: EngineClient,
  name: string,
  spec: ContainerSpec,
  call: Call = {},
): Promise<string> {
  await requireNetworks(client, spec, call);
  const body = createBody(spec, await client.apiVersion(call.signal));
  const id = await create(client, name, spec, body, call);
  try {
    for (const attachment of body.connectAfter) await connectNetwork(client, attachment, id, call);
    return id;
  } catch (error) {
    await discard(client, id);
    throw error;
  }
}

/** The engine takes networks that are not there for a container that does not run, and fails at its start. */
async function requireNetworks(client: EngineClient, spec: ContainerSpec, call: Call): Promise<void> {
  const names = spec.Networks.map(({ network }) => network);
  const found = await Promise.all(names.map((name) => inspectNetwork(client, name, call)));
  const missing = names.find((_, index) => found[index] === null);
  if (missing === undefined) return;
  throw new TwinhullError('TH_ENGINE_REFUSED', `the engine refused: network ${missing} not found`, { status: 404 });
}

async function create(
  client: EngineClient,
  name: string,
  spec: ContainerSpec,
  body: CreateBody,
  call: Call,
): Promise<string> {
  try {
    const answer = await client.request({
      method: 'POST',
      path: '/containers/create',
      query: { name, platform: spec.Platform },
      body: body.document,
      ...within(call, CHANGE_DEADLINE_MS),
    });
    return text(field(answer.document, 'Id'));
  } catch (error) {
    if (!isCode(error, 'TH_ENGINE_REFUSED')) await discardUncertain(client, name, spec);
    throw error;
  }
}

/** After a create that was cut off: the engine may have made the container all the same. Only ours is removed. */
async function discardUncertain(client: EngineClient, name: string, spec: ContainerSpec): Promise<void> {
  try {
    const found = await inspectContainer(client, name, { deadlineMs: READ_DEADLINE_MS });
    if (found === null || found.state !== 'created') return;
    const ours = Object.entries(spec.Labels).every(([key, value]) => found.labels[key] === value);
    if (ours && Object.keys(spec.Labels).length > 0) await discard(client, found.id);
  } catch {
    // The first error is the one worth telling: the engine is away.
  }
}

async function discard(client: EngineClient, id: string): Promise<void> {
  try {
    await removeContainer(client, id, { force: true, volumes: true });
  } catch {
    // The caller learns why the creation failed; a container that was never started holds nothing.
  }
}
