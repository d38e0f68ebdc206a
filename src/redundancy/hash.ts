import { createHash } from 'node:crypto';
import type { ContainerSpec } from '../ports/engine.ts';

/**
 * Tells whether a container must be made anew. Where the project lies says nothing about that, nor does the order
 * of its variables.
 */
export function containerHash(spec: Pick<ContainerSpec, 'Labels' | 'Env'>, more: unknown): string {
  const labels = Object.entries(spec.Labels).filter(([key]) => !key.startsWith('com.docker.compose.project.'));
  return stableHash([{ ...spec, Labels: Object.fromEntries(labels), Env: spec.Env?.toSorted() }, more]);
}

/** The same for equal data whatever the order of its keys; 64 hexadecimal digits (SHA-256 over sorted JSON). */
function stableHash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)) ?? '')
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]);
}
