/** What happened, a line each, the same on every run of the same seed. */
export class Trace {
  readonly #now: () => number;
  readonly lines: string[] = [];

  /** @param now virtual milliseconds since the beginning */
  constructor(now: () => number) {
    this.#now = now;
  }

  say(who: string, text: string): void {
    this.lines.push(`${clockFace(this.#now())}  ${who.padEnd(10)} ${text}`);
  }
}

/** 0:12:03.450 */
function clockFace(ms: number): string {
  const whole = Math.floor(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const seconds = Math.floor(whole / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours}:${two(minutes)}:${two(seconds % 60)}.${String(whole % 1000).padStart(3, '0')}`;
}
