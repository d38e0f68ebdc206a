import type { Step, Work } from './steps.ts';

/** Collects steps; what several services need is in it once. */
export class StepList {
  readonly #steps = new Map<string, Step>();

  /** @returns the step's id, for others to wait for */
  add(id: string, service: string | null, after: readonly string[], work: Work): string {
    if (!this.#steps.has(id)) this.#steps.set(id, { ...work, id, service, after: [...new Set(after)] });
    return id;
  }

  ids(prefix: string): string[] {
    return [...this.#steps.keys()].filter((id) => id.startsWith(prefix));
  }

  all(): Step[] {
    return [...this.#steps.values()];
  }
}
