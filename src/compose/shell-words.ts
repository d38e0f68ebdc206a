/**
 * Splits a command as a POSIX shell would, without expanding anything; null when a quote is not closed.
 * The rules are those of github.com/mattn/go-shellwords' strict mode, which Compose uses for `command`.
 */
export function shellWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let index = 0;
  while (index < text.length) {
    const character = text[index] ?? '';
    if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
      index += 1;
      continue;
    }
    const piece =
      character === "'" ? singleQuoted(text, index) : character === '"' ? doubleQuoted(text, index) : bare(text, index);
    if (!piece) return null;
    word = (word ?? '') + piece.text;
    index = piece.end;
  }
  if (word !== null) words.push(word);
  return words;
}

interface Piece {
  readonly text: string;
  /** the index after the piece */
  readonly end: number;
}

function bare(text: string, index: number): Piece | null {
  if (text[index] !== '\\') return { text: text[index] ?? '', end: index + 1 };
  if (index + 1 >= text.length) return null;
  return { text: text[index + 1] === '\n' ? '' : (text[index + 1] ?? ''), end: index + 2 };
}

function singleQuoted(text: string, start: number): Piece | null {
  const end = text.indexOf("'", start + 1);
  return end < 0 ? null : { text: text.slice(start + 1, end), end: end + 1 };
}

function doubleQuoted(text: string, start: number): Piece | null {
  let value = '';
  for (let index = start + 1; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character === '"') return { text: value, end: index + 1 };
    if (character === '\\' && /["\\$`\n]/.test(text[index + 1] ?? '')) {
      index += 1;
      if (text[index] !== '\n') value += text[index];
    } else value += character;
  }
  return null;
}
