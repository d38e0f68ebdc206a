import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Document,
  type Pair,
  type ParsedNode,
  type Scalar as YamlScalar,
} from 'yaml';

import { list, map, scalar, type Entry, type MapNode, type Node, type Path, type Scalar } from './node.ts';
import { problemAt, showValue, type Problem } from './problems.ts';
import type { Position } from './project.ts';

/**
 * Limits that no real project comes near. What is over them is refused before or while it is read, so that a
 * hostile file costs at most about a second.
 */
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_LINES = 50_000;
/** brackets, commas, colons, quotes, anchors, aliases and tags: what costs time to read, right or wrong */
const MAX_SIGNS = 150_000;
const MAX_NODES = 200_000;
const MAX_DEPTH = 100;
const MAX_SYNTAX_PROBLEMS = 10;

/** Keys that mean something to JavaScript objects and nothing to Compose. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** The documents of a file as nodes with positions. Problems are added to `problems`; what is hopeless is left out. */
export function readYaml(text: string, file: string, problems: Problem[]): Node[] {
  const tooBig = sizeProblem(text, file);
  if (tooBig) {
    problems.push(tooBig);
    return [];
  }
  const lines = new LineCounter();
  // uniqueKeys is quadratic in this library; NodeReader finds repeated keys itself.
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    version: '1.2',
  });
  const roots: Node[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const reader = new NodeReader(file, lines, problems);
    if (reader.syntaxIsSound(document) && document.contents) roots.push(reader.read(document.contents, [], 0));
  }
  return roots;
}

function sizeProblem(text: string, file: string): Problem | null {
  const refuse = (line: number, message: string, expected = 'a Compose file of an ordinary size'): Problem =>
    problemAt({ file, line, column: line > 0 ? 1 : 0 }, [], '', message, expected);
  if (Buffer.byteLength(text) > MAX_BYTES) return refuse(0, 'the file is larger than 10 MiB');
  let line = 0;
  let signs = 0;
  for (let start = 0; start < text.length; line++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const measure = lineMeasure(text, start, end);
    signs += measure.signs;
    if (measure.depth > MAX_DEPTH * 5)
      return refuse(line + 1, 'the values are nested too deeply', `at most ${MAX_DEPTH} levels`);
    if (signs > MAX_SIGNS) return refuse(line + 1, 'the file has too many values');
    start = end + 1;
  }
  return line > MAX_LINES ? refuse(MAX_LINES, `the file has more than ${MAX_LINES} lines`) : null;
}

/** How deep a line could nest, by its brackets and by its "- " and "? ", and how many signs it has that mean something in YAML. */
function lineMeasure(text: string, start: number, end: number): { readonly depth: number; readonly signs: number } {
  let signs = 0;
  let open = 0;
  let deepest = 0;
  let indicators = 0;
  for (let index = start; index < end; index++) {
    const sign = text.charAt(index);
    if (!SIGNS.has(sign)) continue;
    signs += 1;
    if (sign === '[' || sign === '{') deepest = Math.max(deepest, (open += 1));
    else if (sign === ']' || sign === '}') open -= 1;
    else if ((sign === '-' || sign === '?') && text.charAt(index + 1) === ' ') indicators += 1;
    else if (sign === '-' || sign === '?') signs -= 1;
  }
  return { depth: Math.max(deepest, indicators), signs };
}

const SIGNS: ReadonlySet<string> = new Set(',:[]{}&*!"\'-?');

/** Says "stop reading this file": its problem is reported already. */
class Hopeless extends Error {}

class NodeReader {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #problems: Problem[];
  readonly #anchors = new Map<string, { readonly node: Node; readonly size: number } | 'open'>();
  #count = 0;
  #hopeless = false;

  constructor(file: string, lines: LineCounter, problems: Problem[]) {
    this.#file = file;
    this.#lines = lines;
    this.#problems = problems;
  }

  syntaxIsSound(document: Document.Parsed): boolean {
    for (const error of document.errors.slice(0, MAX_SYNTAX_PROBLEMS)) {
      const deep = error.message.includes('call stack');
      this.#refuse(
        this.#position(error.pos[0]),
        [],
        '',
        deep ? 'the values are nested too deeply' : `is not valid YAML: ${plainMessage(error.message)}`,
        deep ? `at most ${MAX_DEPTH} levels` : '',
      );
      if (deep) return false;
    }
    return document.errors.length === 0;
  }

  read(root: ParsedNode, path: Path, depth: number): Node {
    try {
      return this.#node(root, path, depth);
    } catch (error) {
      if (!(error instanceof Hopeless)) throw error;
      return map(new Map(), this.#position(0));
    }
  }

  #node(node: ParsedNode, path: Path, depth: number): Node {
    this.#budget(node, path, 1, depth);
    if (isAlias(node)) return this.#alias(node.source, node, path, depth);
    const before = this.#count;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, 'open');
    this.#refuseTag(node, path);
    const read = this.#unnamed(node, path, depth);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { node: read, size: this.#count - before });
    return read;
  }

  #unnamed(node: ParsedNode, path: Path, depth: number): Node {
    if (isMap(node)) return this.#map(node.items, this.#at(node), path, depth);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#node(item, [...path, index], depth + 1));
      return list(items, this.#at(node));
    }
    return scalar(isScalar(node) ? this.#soundValue(node, path) : null, this.#at(node));
  }

  /** Neither an argument, a variable, a path nor a label can hold a NUL: the engine would cut it there, or refuse it late. */
  #soundValue(node: YamlScalar & ParsedNode, path: Path): Scalar {
    const value = scalarValue(node);
    if (typeof value === 'string' && value.includes('\0'))
      this.#refuse(this.#at(node), path, showValue(value), 'holds a NUL character', 'text without it');
    return value;
  }

  #map(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], at: Position, path: Path, depth: number): MapNode {
    const own = new Map<string, Entry>();
    const merged: MapNode[] = [];
    for (const pair of pairs) {
      const name = this.#keyName(pair.key, path);
      if (name === null) continue;
      const keyAt = this.#at(pair.key);
      const before = own.get(name);
      if (before)
        this.#refuse(
          keyAt,
          [...path, name],
          showValue(name),
          `stands here twice (first at line ${before.keyAt.line})`,
          'each key once',
        );
      const value = pair.value ? this.#node(pair.value, [...path, name], depth + 1) : scalar(null, keyAt);
      if (name === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN')
        merged.push(...this.#merged(value, keyAt, path));
      else own.set(name, { keyAt, value });
    }
    return merged.length === 0 ? map(own, at) : map(withMerged(own, merged), at);
  }

  /** The maps behind `<<`, the most important first. */
  #merged(value: Node, keyAt: Position, path: Path): MapNode[] {
    const sources = value.kind === 'list' ? value.items : [value];
    return sources.filter((source): source is MapNode => {
      if (source.kind !== 'map')
        this.#refuse(
          keyAt,
          [...path, '<<'],
          '',
          'merges something that is not a map',
          'a map, or a list of maps (mostly aliases such as *base)',
        );
      return source.kind === 'map';
    });
  }

  #keyName(key: ParsedNode, path: Path): string | null {
    const target = isScalar(key) ? key : null;
    const name = target ? (typeof target.value === 'string' ? target.value : (target.source ?? '')) : '';
    if (name !== '' && !FORBIDDEN_KEYS.has(name)) return name;
    this.#refuse(
      this.#at(key),
      path,
      name === '' ? '' : showValue(name),
      name === '' ? 'has a key that is no text' : 'is refused as a key',
      name === '' ? 'a word as the key' : 'another name',
    );
    return null;
  }

  #alias(name: string, node: ParsedNode, path: Path, depth: number): Node {
    const target = this.#anchors.get(name);
    const at = this.#at(node);
    if (target === undefined || target === 'open') {
      this.#refuse(
        at,
        path,
        `*${name}`,
        target === 'open' ? 'is an alias inside of what it stands for' : 'is an alias for nothing',
        target === 'open' ? 'a value without itself inside' : `an anchor &${name} before it`,
      );
      return scalar(null, at);
    }
    this.#budget(node, path, target.size, depth);
    return target.node;
  }

  #budget(node: ParsedNode, path: Path, size: number, depth: number): void {
    this.#count += size;
    if (depth > MAX_DEPTH)
      this.#stop(this.#at(node), path.slice(0, 5), 'the values are nested too deeply', `at most ${MAX_DEPTH} levels`);
    if (this.#count > MAX_NODES)
      this.#stop(
        this.#at(node),
        path,
        'the file grows too large when its aliases are filled in',
        `at most ${MAX_NODES} values`,
      );
  }

  #stop(at: Position, path: Path, message: string, expected: string): never {
    if (!this.#hopeless) this.#refuse(at, path, '', message, expected);
    this.#hopeless = true;
    throw new Hopeless();
  }

  #refuseTag(node: ParsedNode, path: Path): void {
    const tag = 'tag' in node ? node.tag : undefined;
    if (tag === undefined || tag.startsWith('tag:yaml.org,2002:') || tag === '!') return;
    const later = tag === '!reset' || tag === '!override';
    this.#refuse(
      this.#at(node),
      path,
      tag,
      later ? 'is not carried out by twinhull yet' : 'is an unknown tag',
      later ? 'files that merge to what you want without it' : 'a value without a tag',
    );
  }

  #refuse(at: Position, path: Path, value: string, message: string, expected: string): void {
    this.#problems.push(problemAt(at, path, value, message, expected));
  }

  #at(node: ParsedNode): Position {
    return this.#position(node.range[0]);
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line, column: col };
  }
}

/** What a map says itself wins over what it merges; of several merged maps the first wins. */
function withMerged(own: ReadonlyMap<string, Entry>, sources: readonly MapNode[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const source of sources) {
    for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry);
  }
  for (const [name, entry] of own) entries.set(name, entry);
  return entries;
}

/**
 * The value as Compose's YAML library (go-yaml v3) has it: YAML 1.2, with 0700 still octal and 1_000 a number.
 * Whole numbers beyond 2^53 stay text, which is what every key that could hold one wants.
 */
function scalarValue(node: YamlScalar): Scalar {
  const { value, source = '', type } = node;
  if (type === 'PLAIN' && node.tag === undefined) {
    if (/^[-+]?0[0-7_]+$/.test(source)) return Number.parseInt(source.replaceAll('_', ''), 8);
    if (/^[-+]?0b[01_]+$/.test(source)) return Number.parseInt(source.replaceAll('_', '').replace('0b', ''), 2);
    if (/^[-+]?[1-9][\d_]*$/.test(source) && source.includes('_')) return Number(source.replaceAll('_', ''));
  }
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? source : value;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  return source;
}

function plainMessage(message: string): string {
  const [first = message] = message.split('\n');
  return first.replace(/:$/, '');
}
