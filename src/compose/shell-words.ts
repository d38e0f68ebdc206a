/**
 * Splits a command as Compose does, without expanding anything; null when a quote is not closed.
 *
 * Compose uses github.com/mattn/go-shellwords, and so its ways are kept: a backslash takes the next character
 * as it is, in double quotes too; what stands in backquotes or $(...) stays one word; and the command ends at
 * the first ; & | < or > outside of quotes, since there is no shell to understand them.
 */
export function shellWords(text: string): ShellWords | null {
  const reader = new WordReader();
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (reader.endsAt(character)) return reader.result(text.slice(index));
    if (character === '\\' && reader.quote !== "'") {
      index += 1;
      if (index >= text.length) return null;
      reader.add(text.charAt(index));
    } else reader.read(character);
  }
  return reader.result('');
}

export interface ShellWords {
  readonly words: readonly string[];
  /** what was cut off, beginning with the character that cannot be carried out; '' mostly */
  readonly rest: string;
}

class WordReader {
  readonly #words: string[] = [];
  #word: string | null = null;
  quote: '"' | "'" | '`' | ')' | null = null;

  endsAt(character: string): boolean {
    return this.quote === null && ';&|<>'.includes(character);
  }

  add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  read(character: string): void {
    if (this.quote === null && ' \t\r\n'.includes(character)) this.#endWord();
    else if ((character === '"' || character === "'") && (this.quote === null || this.quote === character)) {
      this.quote = this.quote === null ? character : null;
      this.add('');
    } else {
      if (character === '`' && (this.quote === null || this.quote === '`'))
        this.quote = this.quote === null ? '`' : null;
      else if (character === '(' && this.quote === null && this.#word?.endsWith('$')) this.quote = ')';
      else if (character === ')' && this.quote === ')') this.quote = null;
      this.add(character);
    }
  }

  result(rest: string): ShellWords | null {
    if (this.quote !== null) return null;
    if (rest.startsWith('>') && /^\d/.test(this.#word ?? '')) this.#word = null; // the 2 of 2>file
    this.#endWord();
    return { words: this.#words, rest };
  }

  #endWord(): void {
    if (this.#word !== null) this.#words.push(this.#word);
    this.#word = null;
  }
}
