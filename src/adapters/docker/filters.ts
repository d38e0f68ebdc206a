import type { ListFilter } from '../../ports/engine.ts';

/** The `filters` parameter of the engine's lists; nothing for no labels. */
export function labelFilter(filter: ListFilter): { filters?: string } {
  const labels = Object.entries(filter.labels ?? {}).map(([key, value]) => (value === '' ? key : `${key}=${value}`));
  return labels.length === 0 ? {} : { filters: JSON.stringify({ label: labels }) };
}
