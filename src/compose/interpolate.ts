/**
 * Variables in values, as the Compose Specification has them: $NAME, ${NAME}, ${NAME:-default}, ${NAME-default},
 * ${NAME:?message}, ${NAME?message}, ${NAME:+other}, ${NAME+other}, nested in each other; $$ is a dollar sign.
 */

const MAX_NESTING = 20;
/** Text that all variables of one value may grow to. */
const MAX_LENGTH = 1024 * 1024;

export interface Variables {
  readonly get: (name: string) => string | undefined;
  /** called for a variable that has no value and no default: it becomes the empty string */
  readonly onMissing: (name: string) => void;
}

/** What is wrong with a value's variables; `expected` says what would be right. */
export class InterpolationError extends Error {
  readonly expected: string;

  constructor(message: string, expected: string) {
    super(message);
    this.expected = expected;
  }
}

/** @throws InterpolationError */
export function interpolate(text: string, variables: Variables): string {
  return text.includes('$') ? substitute(within(text), variables, 0) : text;
}

function substitute(text: string, variables: Variables, depth: number): string {
  if (depth > MAX_NESTING)
    throw new InterpolationError('has variables nested too deeply', `at most ${MAX_NESTING} levels`);
  let result = '';
  let index = 0;
  for (;;) {
    const dollar = text.indexOf('$', index);
    if (dollar < 0) return within(result + text.slice(index));
    const piece = readPiece(text, dollar, variables, depth);
    result = within(result + text.slice(index, dollar) + piece.text);
    index = piece.end;
  }
}

function within(text: string): string {
  if (text.length > MAX_LENGTH)
    throw new InterpolationError('grows too long when its variables are filled in', 'at most 1 MiB of text');
  return text;
}

interface Piece {
  readonly text: string;
  readonly end: number;
}

function readPiece(text: string, dollar: number, variables: Variables, depth: number): Piece {
  if (text[dollar + 1] === '$') return { text: '$', end: dollar + 2 };
  if (text[dollar + 1] === '{') return readBraced(text, dollar, variables, depth);
  const name = /^[A-Za-z_]\w*/.exec(text.slice(dollar + 1, dollar + 257))?.[0];
  if (name === undefined)
    throw new InterpolationError('has a $ that begins no variable', '$NAME or ${NAME}, or $$ for a dollar sign');
  return { text: valueOf(name, variables), end: dollar + 1 + name.length };
}

function readBraced(text: string, dollar: number, variables: Variables, depth: number): Piece {
  const close = closingBrace(text, dollar + 1);
  if (close < 0) throw new InterpolationError('has a ${ that is not closed', '${NAME}, or $$ for a dollar sign');
  const inner = text.slice(dollar + 2, close);
  const match = /^([A-Za-z_]\w*)(?:(:?[-?+])(.*))?$/s.exec(inner);
  if (!match)
    throw new InterpolationError(
      `has no variable in \${${inner.slice(0, 30)}}`,
      '${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+other}, or $$ for a dollar sign',
    );
  const [, name = '', operator, word = ''] = match;
  return {
    text: operator === undefined ? valueOf(name, variables) : applied(name, operator, word, variables, depth),
    end: close + 1,
  };
}

/** The brace that closes the one at `open`; every brace between counts, as in Compose. */
function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    if (text[index] === '{') depth += 1;
    else if (text[index] === '}') {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}

function valueOf(name: string, variables: Variables): string {
  const value = variables.get(name);
  if (value === undefined) variables.onMissing(name);
  return value ?? '';
}

function applied(name: string, operator: string, word: string, variables: Variables, depth: number): string {
  const value = variables.get(name);
  const counts = value !== undefined && (!operator.startsWith(':') || value !== '');
  const fillIn = (): string => substitute(word, variables, depth + 1);
  switch (operator.at(-1)) {
    case '-':
      return counts ? value : fillIn();
    case '+':
      return counts ? fillIn() : '';
    default:
      if (counts) return value;
      throw new InterpolationError(
        `needs the variable ${name}, which ${value === undefined ? 'is not set' : 'is empty'}${word === '' ? '' : `: ${fillIn()}`}`,
        `a value for ${name}, in the environment or in .env`,
      );
  }
}
