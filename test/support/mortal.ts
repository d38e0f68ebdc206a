/** A process that dies at one of its calls: before it takes effect, or after, and then none of its calls does anything. */

export interface DeathAt {
  /** the n-th call that changes something, from the moment it is armed */
  readonly call: number;
  readonly when: 'before' | 'after';
}

const CHANGING =
  /^(create|start|stop|restart|kill|pause|unpause|rename|remove|connect|disconnect|setRestartPolicy|setCpuLimit|lead|drain|drainAndWait|takeOut|putIn|announce|complete|saveDocument)$/;

export class Mortal {
  #death: DeathAt | null = null;
  #calls = 0;
  isDead = false;
  readonly #onDeath: () => void;

  constructor(onDeath: () => void) {
    this.#onDeath = onDeath;
  }

  arm(death: DeathAt): void {
    this.#death = death;
    this.#calls = 0;
  }

  /** What the process sees of something outside of it. */
  door<Outside extends object>(outside: Outside): Outside {
    return new Proxy(outside, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name, target);
        if (typeof call !== 'function') return call;
        return (...values: unknown[]): unknown => this.#pass(String(name), () => call.apply(target, values) as unknown);
      },
    });
  }

  #pass(name: string, call: () => unknown): unknown {
    const isLast = CHANGING.test(kindOf(name)) && this.#death !== null && ++this.#calls === this.#death.call;
    if (isLast && this.#death?.when === 'before') this.#die();
    if (this.isDead) throw new Error('this process is dead');
    const result = call();
    if (!isLast) return result instanceof Promise ? result.then((value: unknown) => this.#alive(value)) : result;
    if (!(result instanceof Promise)) return this.#dead();
    return result.then(() => this.#dead());
  }

  #alive(value: unknown): unknown {
    if (this.isDead) throw new Error('this process is dead');
    return value;
  }

  #dead(): never {
    this.#die();
    throw new Error('this process is dead');
  }

  #die(): void {
    this.isDead = true;
    this.#onDeath();
  }
}

/** "startContainer" starts, "lead" leads. */
function kindOf(name: string): string {
  return name.replace(/(Container|Network|Volume|Image)$/, '');
}
