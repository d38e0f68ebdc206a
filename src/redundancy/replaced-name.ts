import type { Container } from '../ports/engine.ts';

const ASIDE = /^(?<name>.+)\.replaced-(?<was>started|idle)$/;

/** What a container is called while its replacement is on the way; `start`: the new one is to run. */
export function asideName({ name, start }: { readonly name: string; readonly start: boolean }): string {
  return `${name}.replaced-${start ? 'started' : 'idle'}`;
}

/** Of an old container: what it was called, and whether its replacement is to run; null for any other. */
export function readAsideName(name: string): { readonly name: string; readonly start: boolean } | null {
  const groups = ASIDE.exec(name)?.groups;
  return groups?.['name'] === undefined ? null : { name: groups['name'], start: groups['was'] === 'started' };
}

/** Whether a container is an old one on its way out. */
export function isReplaced({ name }: Pick<Container, 'name'>): boolean {
  return ASIDE.test(name);
}
