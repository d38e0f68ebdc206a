import { printableJson, printableText } from './printable.ts';

/** Where text goes. A subset of node's WriteStream, so that tests can give their own. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/**
 * What a command prints through. Without --json, results and progress are lines on standard output; with it,
 * standard output carries one document (or one object a line) and every line for people goes to standard error.
 */
export class Terminal {
  readonly json: boolean;
  readonly #out: TextStream;
  readonly #err: TextStream;
  readonly #plain: boolean;
  #documentPrinted = false;

  constructor(options: {
    readonly json: boolean;
    readonly stdout: TextStream;
    readonly stderr: TextStream;
    readonly environment: Readonly<Record<string, string | undefined>>;
  }) {
    this.json = options.json;
    this.#out = options.stdout;
    this.#err = options.stderr;
    this.#plain = Boolean(options.environment['NO_COLOR']) || options.environment['TERM'] === 'dumb';
  }

  /** a person sees the lines as they come, in colour */
  get interactive(): boolean {
    return this.#people.isTTY === true;
  }

  get columns(): number {
    return Math.max(40, this.#people.columns ?? 80);
  }

  /** whether standard error has a document on standard output beside it */
  get documentPrinted(): boolean {
    return this.#documentPrinted;
  }

  /** A line (or lines) for people: the answer, or what happens. */
  say(text: string): void {
    this.#people.write(`${printableText(text)}\n`);
  }

  /** A warning or an error, always on standard error. */
  warn(text: string): void {
    this.#err.write(`${printableText(text)}\n`);
  }

  /** Foreign text as it is where nobody is steered by it (a file, a pipe); the caller has made it printable for a terminal. */
  raw(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    (stream === 'stdout' ? this.#out : this.#err).write(text);
  }

  /** The one document of --json. */
  document(value: unknown): void {
    this.#documentPrinted = true;
    this.#out.write(`${printableJson(value, 2)}\n`);
  }

  /** One object of a --json stream. */
  object(value: unknown): void {
    this.#documentPrinted = true;
    this.#out.write(`${printableJson(value)}\n`);
  }

  colour(colour: Colour, text: string): string {
    return paint(this.#people, this.#plain, colour, text);
  }

  colourOfWarning(colour: Colour, text: string): string {
    return paint(this.#err, this.#plain, colour, text);
  }

  get stdoutIsTerminal(): boolean {
    return this.#out.isTTY === true;
  }

  get #people(): TextStream {
    return this.json ? this.#err : this.#out;
  }
}

function paint(stream: TextStream, plain: boolean, colour: Colour, text: string): string {
  if (plain || stream.isTTY !== true) return text;
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}
