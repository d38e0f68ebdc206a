/** Chance from a seed: the same seed gives the same numbers on every machine and every version of Node. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** @param seed any text; another one gives other numbers */
  constructor(seed: string) {
    [this.#a, this.#b, this.#c] = threeWords(seed);
    for (let warm = 0; warm < 12; warm++) this.next();
  }

  /** A source of its own: what is drawn from it moves nothing here. */
  fork(name: string): Random {
    return new Random(`${this.#a} ${this.#b} ${this.#c} ${name}`);
  }

  /** 0 to 1, 1 excluded. sfc32 (Chris Doty-Humphrey, PractRand): 32-bit additions, shifts, a counter. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.whole(0, from.length - 1)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  /** How many tries go well before one fails, when each fails with this chance; Infinity for none. */
  triesUntil(share: number): number {
    if (share <= 0) return Number.POSITIVE_INFINITY;
    return Math.floor(Math.log(1 - this.next()) / Math.log(1 - share));
  }
}

/** FNV-1a over the text, three times with different beginnings. */
function threeWords(text: string): [number, number, number] {
  const word = (start: number): number => {
    let hash = start;
    for (const unit of text) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
    return hash | 0;
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x85ebca6b)];
}
