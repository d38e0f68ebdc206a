import { TwinhullError } from '../../errors.ts';
import type { Call, Image } from '../../ports/engine.ts';
import { CHANGE_DEADLINE_MS, type EngineClient, READ_DEADLINE_MS, segment, within } from './client.ts';
import type { Environment } from './endpoint.ts';
import { readJsonLines } from './json-lines.ts';
import { entries, field, list, text, textMap, texts } from './reading.ts';
import { registryAuthorization } from './registry-credentials.ts';

/** A pull may take hours, but not say nothing for this long. */
const PULL_IDLE_MS = 300_000;

export async function inspectImage(client: EngineClient, reference: string, call: Call = {}): Promise<Image | null> {
  const document = await client.find({
    method: 'GET',
    path: `/images/${segment(reference)}/json`,
    ...within(call, READ_DEADLINE_MS),
  });
  return document === null ? null : readImage(document);
}

export interface PullOptions {
  readonly platform?: string;
  readonly onProgress?: (line: string) => void;
}

export async function pullImage(
  client: EngineClient,
  environment: Environment,
  reference: string,
  options: PullOptions,
  call: Call = {},
): Promise<void> {
  const { name, tag } = splitReference(reference);
  const authorization = await registryAuthorization(environment, reference, call.signal);
  const stream = await client.stream(
    {
      method: 'POST',
      path: '/images/create',
      query: { fromImage: name, tag, platform: options.platform },
      headers: authorization === null ? {} : { 'x-registry-auth': authorization },
      ...within(call, CHANGE_DEADLINE_MS),
    },
    PULL_IDLE_MS,
  );
  for await (const line of progressLines(readJsonLines(stream), reference)) options.onProgress?.(line);
}

/** Without a tag the engine would pull them all. A digest takes the tag's place. */
export function splitReference(reference: string): { readonly name: string; readonly tag: string } {
  const at = reference.indexOf('@');
  if (at >= 0) return { name: reference.slice(0, at), tag: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(':');
  if (colon > reference.lastIndexOf('/')) return { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
  return { name: reference, tag: 'latest' };
}

/** One line a layer and step, not one a progress tick. A failure comes in the stream, after status 200. */
async function* progressLines(documents: AsyncIterable<unknown>, reference: string): AsyncIterable<string> {
  const last = new Map<string, string>();
  for await (const document of documents) {
    const failure = text(field(field(document, 'errorDetail'), 'message')) || text(field(document, 'error'));
    if (failure !== '') throw new TwinhullError('TH_ENGINE_REFUSED', `could not pull ${reference}: ${failure}`);
    const layer = text(field(document, 'id'));
    const status = text(field(document, 'status'));
    if (status === '' || last.get(layer) === status) continue;
    last.set(layer, status);
    yield layer === '' ? status : `${layer}: ${status}`;
  }
}

function readImage(document: unknown): Image {
  const config = field(document, 'Config');
  return {
    id: text(field(document, 'Id')),
    exposedPorts: entries(field(config, 'ExposedPorts')).map(([port]) => port),
    volumes: entries(field(config, 'Volumes')).map(([path]) => path),
    healthcheckTest: textsOrNull(field(field(config, 'Healthcheck'), 'Test')),
    entrypoint: textsOrNull(field(config, 'Entrypoint')),
    cmd: textsOrNull(field(config, 'Cmd')),
    env: texts(field(config, 'Env')),
    user: text(field(config, 'User')),
    labels: textMap(field(config, 'Labels')),
  };
}

function textsOrNull(value: unknown): readonly string[] | null {
  return list(value).length === 0 ? null : texts(value);
}
