/**
 * Writes `x-twinhull` into a person's Compose file. The file is theirs: every byte that was there stays, so the
 * text is inserted at places that the YAML parser names, and not printed anew. Afterwards both texts are read
 * and compared: nothing but the proposals may differ.
 */

import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { TwinhullError } from '../errors.ts';
import type { Proposal } from './propose.ts';
import { isMapping } from './shape.ts';

const KEY = 'x-twinhull';

/** Anchors can carry what is written for one service into others; each round takes care of those it reached. */
const ROUNDS = 5;

/**
 * The text with `x-twinhull` added to each service that a proposal has settings for. Services that the text does
 * not have, or that have `x-twinhull`, are left alone.
 * @throws TH_INTERNAL when it cannot be done without changing anything else
 */
export function applyProposal(text: string, proposals: readonly Proposal[]): string {
  let changed = text;
  let wanted: readonly Proposal[] = proposals.filter(({ settings }) => Object.keys(settings).length > 0);
  for (let round = 0; round < ROUNDS && wanted.length > 0; round++) {
    changed = insertAll(changed, wanted);
    wanted = reachedByAnchors(text, changed, proposals);
  }
  if (!isDeepStrictEqual(contents(changed), expected(text, changed, proposals))) {
    throw new TwinhullError(
      'TH_INTERNAL',
      `${KEY} cannot be added to this file without changing something else in it; add it by hand`,
    );
  }
  return changed;
}

interface Insertion {
  readonly offset: number;
  readonly remove: number;
  readonly text: string;
}

function insertAll(text: string, proposals: readonly Proposal[]): string {
  const document = parse(text);
  const services = document.get('services', true);
  if (!isMap(services)) return text;
  const insertions = proposals.flatMap(
    ({ service, settings }) => insertionFor(text, services, service, settings) ?? [],
  );
  let result = text;
  for (const { offset, remove, text: added } of insertions.toSorted((a, b) => b.offset - a.offset)) {
    result = result.slice(0, offset) + added + result.slice(offset + remove);
  }
  return result;
}

function insertionFor(
  text: string,
  services: YAMLMap,
  service: string,
  settings: Proposal['settings'],
): Insertion | null {
  const value: unknown = services.get(service, true);
  const flow = `${KEY}: ${flowText(settings)}`;
  if (isAlias(value)) return aliasInsertion(text, value, flow);
  if (!isMap(value) || value.has(KEY) || !value.range) return null;
  return value.flow === true ? flowInsertion(text, value, flow) : blockInsertion(text, value, settings);
}

/** `web: *base` becomes `web: { <<: *base, x-twinhull: ... }`. */
function aliasInsertion(text: string, alias: Node, flow: string): Insertion | null {
  if (!alias.range) return null;
  const [start, end] = alias.range;
  const written = text.slice(start, end);
  return { offset: start, remove: end - start, text: `{ <<: ${written}, ${flow} }` };
}

/** Before the closing brace, after a comma that may be there already. */
function flowInsertion(text: string, map: YAMLMap, flow: string): Insertion {
  const last = lastOffset(map.items.at(-1), map.range?.[0] ?? 0);
  const close = (map.range?.[1] ?? 1) - 1;
  if (map.items.length === 0) return { offset: close, remove: 0, text: ` ${flow} ` };
  const comma = text.slice(last, close).indexOf(',');
  return comma >= 0
    ? { offset: last + comma + 1, remove: 0, text: ` ${flow}` }
    : { offset: last, remove: 0, text: `, ${flow}` };
}

/** Lines of their own after the last line of the service, indented as its keys are. */
function blockInsertion(text: string, map: YAMLMap, settings: Proposal['settings']): Insertion {
  const start = map.range?.[0] ?? 0;
  const last = lastOffset(map, start);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  const lines = [`${KEY}:`, ...Object.entries(settings).map(([key, value]) => `  ${key}: ${flowText(value)}`)].map(
    (line) => indent + line,
  );
  const isAfterNewline = last > 0 && text[last - 1] === '\n';
  const lineEnd = isAfterNewline ? last : endOfLine(text, last);
  const block = lines.join(newline);
  return { offset: lineEnd, remove: 0, text: isAfterNewline ? `${block}${newline}` : `${newline}${block}` };
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  if (at < 0) return text.length;
  return text[at - 1] === '\r' ? at - 1 : at;
}

/** Where the last thing inside a node ends, before comments that follow it. */
function lastOffset(node: unknown, otherwise: number): number {
  if (isPair(node)) return lastOffset(node.value, lastOffset(node.key, otherwise));
  if (isCollection(node) && node.flow !== true && node.items.length > 0)
    return lastOffset(node.items.at(-1), otherwise);
  if (isScalar(node) && node.source === '' && node.value === null) return otherwise;
  const range = isCollection(node) || isScalar(node) || isAlias(node) ? node.range : null;
  return range ? range[1] : otherwise;
}

/** JSON is YAML; spaces make it look like what people write. */
function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (isMapping(value))
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${flowText(item)}`)
      .join(', ')} }`;
  return typeof value === 'string' &&
    /^[a-z][a-z+]*$/.test(value) &&
    !/^(?:y|n|yes|no|on|off|true|false|null)$/.test(value)
    ? value
    : JSON.stringify(value);
}

function parse(text: string): Document {
  return parseDocument(text, { merge: true, keepSourceTokens: false, prettyErrors: false, logLevel: 'silent' });
}

function contents(text: string): unknown {
  return parse(text).toJS({ maxAliasCount: 1000 });
}

function servicesOf(content: unknown): Readonly<Record<string, unknown>> {
  const services = isMapping(content) ? content['services'] : undefined;
  return isMapping(services) ? services : {};
}

/** Services that got an x-twinhull through an anchor: they are told their own mode. */
function reachedByAnchors(before: string, after: string, proposals: readonly Proposal[]): readonly Proposal[] {
  const [old, now] = [servicesOf(contents(before)), servicesOf(contents(after))];
  return proposals.flatMap((proposal) => {
    const was = settingsIn(old[proposal.service]);
    const is = settingsIn(now[proposal.service]);
    const should = was ?? (Object.keys(proposal.settings).length > 0 ? proposal.settings : undefined);
    if (is === undefined || was !== undefined || isDeepStrictEqual(is, should) || is['mode'] === proposal.mode)
      return [];
    return [{ ...proposal, settings: { mode: proposal.mode } }];
  });
}

function settingsIn(service: unknown): Readonly<Record<string, unknown>> | undefined {
  const settings = isMapping(service) ? service[KEY] : undefined;
  return isMapping(settings) ? settings : undefined;
}

/** The old content with exactly the new x-twinhull entries, each of which must say its proposal's mode. */
function expected(before: string, after: string, proposals: readonly Proposal[]): unknown {
  const content = contents(before);
  const now = servicesOf(contents(after));
  if (!isMapping(content)) return content;
  const services = Object.entries(servicesOf(content)).map(([name, service]) => {
    const added = settingsIn(now[name]);
    const proposal = proposals.find((candidate) => candidate.service === name);
    if (!isMapping(service) || settingsIn(service) !== undefined || added === undefined) return [name, service];
    return [name, { ...service, [KEY]: added['mode'] === proposal?.mode ? added : null }];
  });
  return 'services' in content ? { ...content, services: Object.fromEntries(services) } : content;
}
