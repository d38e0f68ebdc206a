import type { Step, StepKind } from './steps.ts';

export type StepEvent =
  | { readonly kind: 'begun' | 'done'; readonly step: Step }
  /** what a step says while it is at it, for a person */
  | { readonly kind: 'progress'; readonly step: Step; readonly line: string }
  | { readonly kind: 'failed'; readonly step: Step; readonly error: unknown }
  | { readonly kind: 'skipped'; readonly step: Step; readonly because: Step };

export interface Failure {
  readonly step: Step;
  readonly error: unknown;
}

export interface Outcome {
  readonly failed: readonly Failure[];
  /** not begun, with the failed step that stood in the way */
  readonly skipped: readonly { readonly step: Step; readonly because: Step }[];
}

export interface CarryOutOptions {
  /** does one step; rejects when it did not succeed */
  readonly perform: (step: Step, say: (line: string) => void, signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: StepEvent) => void;
  readonly signal: AbortSignal;
  /** steps that work on containers, at once (no gain past four, and a burst would hurt what serves) */
  readonly atOnce?: number;
}

/** Steps that keep the engine busy; the others only wait or write. */
const heavy: ReadonlySet<StepKind> = new Set([
  'create_container',
  'start_container',
  'recreate_container',
  'reload_gateway',
  'restart_container',
  'stop_container',
  'remove_container',
  'pull_image',
  'build_image',
]);

/**
 * Does the steps in dependency order, side by side where nothing forbids it. What depends on a failed step is
 * skipped, the rest goes on. Never rejects for a step; resolves when all is settled.
 */
export async function carryOut(steps: readonly Step[], options: CarryOutOptions): Promise<Outcome> {
  const run = new Run(steps, options);
  return run.toEnd();
}

type Settled = 'done' | { readonly blockedBy: Step };

class Run {
  readonly #options: CarryOutOptions;
  readonly #settled = new Map<string, Settled>();
  readonly #waiting: Set<Step>;
  readonly #running = new Map<Step, Promise<void>>();
  readonly #failed: Failure[] = [];
  readonly #skipped: { step: Step; because: Step }[] = [];

  constructor(steps: readonly Step[], options: CarryOutOptions) {
    this.#options = options;
    this.#waiting = new Set(steps);
    refuseUnknown(steps);
  }

  async toEnd(): Promise<Outcome> {
    for (;;) {
      while (this.#settleOrBegin());
      if (this.#running.size === 0) break;
      await Promise.race(this.#running.values());
    }
    if (this.#waiting.size > 0)
      throw new Error(`steps wait for each other: ${[...this.#waiting].map(({ id }) => id).join(', ')}`);
    return { failed: this.#failed, skipped: this.#skipped };
  }

  /** One pass over what waits; true when something was skipped, which may free others. */
  #settleOrBegin(): boolean {
    let skippedAny = false;
    for (const step of this.#waiting) {
      const before = step.after.map((id) => this.#settled.get(id));
      if (before.includes(undefined)) continue;
      const [blocked] = before.flatMap((settled) => (typeof settled === 'object' ? [settled.blockedBy] : []));
      if (blocked) {
        this.#skip(step, blocked);
        skippedAny = true;
      } else if (!heavy.has(step.kind) || this.#heavyRunning() < (this.#options.atOnce ?? 4)) {
        this.#begin(step);
      }
    }
    return skippedAny;
  }

  #heavyRunning(): number {
    return [...this.#running.keys()].filter(({ kind }) => heavy.has(kind)).length;
  }

  #skip(step: Step, because: Step): void {
    this.#waiting.delete(step);
    this.#settled.set(step.id, isOptional(step) ? 'done' : { blockedBy: because });
    if (!isOptional(step)) this.#skipped.push({ step, because });
    this.#options.onEvent({ kind: 'skipped', step, because });
  }

  #begin(step: Step): void {
    this.#waiting.delete(step);
    // begins in the next turn, so that it is noted as running before anything can end it
    this.#running.set(
      step,
      Promise.resolve(step).then((begun) => this.#perform(begun)),
    );
  }

  async #perform(step: Step): Promise<void> {
    const { perform, onEvent, signal } = this.#options;
    try {
      signal.throwIfAborted();
      onEvent({ kind: 'begun', step });
      await perform(step, (line) => onEvent({ kind: 'progress', step, line }), signal);
      this.#settled.set(step.id, 'done');
      onEvent({ kind: 'done', step });
    } catch (error) {
      this.#settled.set(step.id, isOptional(step) ? 'done' : { blockedBy: step });
      if (!isOptional(step)) this.#failed.push({ step, error });
      onEvent({ kind: 'failed', step, error });
    } finally {
      this.#running.delete(step);
    }
  }
}

/** An optional wait never stands in the way, whatever became of what it waits for. */
export function isOptional(step: Step): boolean {
  return step.kind === 'wait_for' && step.optional;
}

function refuseUnknown(steps: readonly Step[]): void {
  const ids = new Set(steps.map(({ id }) => id));
  if (ids.size !== steps.length) throw new Error('two steps of a plan have the same id');
  for (const step of steps) {
    const missing = step.after.find((id) => !ids.has(id));
    if (missing !== undefined) throw new Error(`step ${step.id} waits for ${missing}, which is not in the plan`);
  }
}
