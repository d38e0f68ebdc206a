/**
 * Files with variables, in the grammar that Compose reads: KEY=value, comments, `export`, values in single
 * quotes (as they stand), in double quotes (escapes, variables, several lines) or bare (variables, a comment
 * after a blank). A key alone is taken from the environment, when it is there.
 */

import { interpolate, InterpolationError, type Variables } from './interpolate.ts';
import { problemAt, type Problem } from './problems.ts';
import type { Position } from './project.ts';

export interface Variable {
  readonly value: string;
  readonly at: Position;
}

export interface DotenvOptions {
  readonly file: string;
  /** variables of the environment, for ${...} in values; they win over those of the file */
  readonly get: (name: string) => string | undefined;
  /** raw: no quotes, no variables (env_file with format: raw) */
  readonly raw: boolean;
}

/** Variables in the order of the file; a later line with the same name wins. */
export function readDotenv(source: string, options: DotenvOptions, problems: Problem[]): Map<string, Variable> {
  const reader = new DotenvReader(source.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'), options, problems);
  return reader.read();
}

/** Text that the values of one file may come to when their variables are filled in. */
const MAX_LENGTH = 16 * 1024 * 1024;
const MAX_LINES = 50_000;
/** Of a file that is no such file at all, the first mistakes tell enough. */
const MAX_PROBLEMS = 100;

class DotenvReader {
  readonly #text: string;
  readonly #options: DotenvOptions;
  readonly #problems: Problem[];
  readonly #found = new Map<string, Variable>();
  #index = 0;
  #line = 1;
  #length = 0;
  #refused = 0;

  constructor(text: string, options: DotenvOptions, problems: Problem[]) {
    this.#text = text;
    this.#options = options;
    this.#problems = problems;
  }

  read(): Map<string, Variable> {
    while (this.#index < this.#text.length && this.#length <= MAX_LENGTH && this.#refused < MAX_PROBLEMS) {
      if (this.#line > MAX_LINES) {
        this.#refuse('has too many lines', `at most ${MAX_LINES}`);
        break;
      }
      const line = this.#restOfLine();
      if (/^\s*(#|$)/.test(line)) this.#skip(line.length + 1);
      else this.#assignment(line);
    }
    if (this.#length > MAX_LENGTH)
      this.#refuse('the file grows too large when its variables are filled in', 'at most 16 MiB of text');
    return this.#found;
  }

  #assignment(line: string): void {
    const match = /^(\s*(?:export\s+)?)([\w.[\]-]+)(\s*)(?:([=:])[ \t]*|$|(?=#))/.exec(line);
    if (!match || line.trim() === 'export') {
      this.#refuse('this line is no assignment', 'NAME=value, or a comment that begins with #');
      this.#skip(line.length + 1);
      return;
    }
    const [start, before = '', name = '', , separator] = match;
    const at = { file: this.#options.file, line: this.#line, column: before.length + 1 };
    if (separator === undefined) {
      this.#skip(line.length + 1);
      const inherited = this.#options.get(name);
      if (inherited !== undefined) this.#found.set(name, { value: inherited, at });
      return;
    }
    this.#skip(start.length);
    const value = this.#value(name);
    if (value === null) return;
    this.#length += value.length;
    this.#found.set(name, { value, at });
  }

  #value(name: string): string | null {
    const quote = this.#text[this.#index];
    if (!this.#options.raw && (quote === '"' || quote === "'")) return this.#quoted(quote, name);
    const number = this.#line;
    const line = this.#restOfLine();
    this.#skip(line.length + 1);
    if (this.#options.raw) return line;
    const bare = (line.startsWith('#') ? '' : line.replace(/\s#.*$/, '')).trim();
    return this.#filledIn(bare, name, number);
  }

  #quoted(quote: string, name: string): string | null {
    const line = this.#line;
    const end = this.#closingQuote(quote);
    if (end < 0) {
      this.#refuse(`has a ${quote} that is not closed`, `a closing ${quote}`, name);
      this.#skip(this.#text.length - this.#index);
      return null;
    }
    const inner = this.#text.slice(this.#index + 1, end);
    this.#skip(end + 1 - this.#index);
    const rest = this.#restOfLine();
    this.#skip(rest.length + 1);
    return quote === "'" ? inner : this.#filledIn(unescaped(inner), name, line);
  }

  #closingQuote(quote: string): number {
    for (let index = this.#index + 1; index < this.#text.length; index++) {
      if (this.#text[index] === '\\') index += 1;
      else if (this.#text[index] === quote) return index;
    }
    return -1;
  }

  #filledIn(value: string, name: string, line: number): string | null {
    const variables: Variables = {
      get: (key) => this.#options.get(key) ?? this.#found.get(key)?.value,
      onMissing: () => undefined,
    };
    try {
      return interpolate(value, variables);
    } catch (error) {
      if (!(error instanceof InterpolationError)) throw error;
      this.#refuse(error.message, error.expected, name, line);
      return null;
    }
  }

  #restOfLine(): string {
    const end = this.#text.indexOf('\n', this.#index);
    return this.#text.slice(this.#index, end < 0 ? undefined : end);
  }

  #skip(length: number): void {
    const passed = this.#text.slice(this.#index, this.#index + length);
    for (const character of passed) if (character === '\n') this.#line += 1;
    this.#index += length;
  }

  /** Never with the value: what stands in such files is often secret. */
  #refuse(message: string, expected: string, name?: string, line = this.#line): void {
    const path = name === undefined ? [] : [name];
    this.#problems.push(problemAt({ file: this.#options.file, line, column: 1 }, path, '', message, expected));
    this.#refused += 1;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$$' };

/** `\$` becomes `$$`, which the filling in of variables turns into a dollar sign. */
function unescaped(text: string): string {
  return text.replace(/\\([nrt"\\$])/g, (_whole, letter: string) => ESCAPES[letter] ?? letter);
}
