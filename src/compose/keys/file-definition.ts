import { type MapNode, type Node } from '../node.ts';
import type { FileDefinition } from '../project.ts';
import { external } from './external.ts';
import type { KeyTable, Place } from './key.ts';
import { refuse } from './place.ts';
import { path, text } from './scalars.ts';
import { labels, object, options } from './shapes.ts';

const common: KeyTable = {
  name: { shape: text, doc: 'The name in the engine.' },
  environment: { shape: text, doc: 'The variable that has the content.' },
  file: { shape: path, doc: 'The file that has the content.' },
  external: { shape: external, doc: 'It exists already (Swarm).' },
  labels: { shape: labels, doc: 'Labels.' },
  template_driver: { shape: text, doc: 'Driver of templates in the content (Swarm).' },
};

export const secretKeys: KeyTable = {
  ...common,
  driver: { shape: text, doc: 'The driver (Swarm).' },
  driver_opts: { shape: options, doc: 'Options of the driver (Swarm).' },
};

export const configKeys: KeyTable = { ...common, content: { shape: text, doc: 'The content itself.' } };

export const secret = object<FileDefinition>(secretKeys, {
  of: 'a secret',
  finish: oneSource(['file', 'environment']),
});
export const config = object<FileDefinition>(configKeys, {
  of: 'a config',
  finish: oneSource(['file', 'environment', 'content']),
});

/** The content comes from one place. That there is one is known only after merging (see `references.ts`). */
function oneSource(sources: readonly string[]): (node: MapNode, place: Place) => Node | null {
  return (node, place) => {
    const given = sources.filter((name) => node.entries.has(name));
    return given.length > 1 ? refuse(node, place, `has ${given.join(' and ')}`, 'one of them') : node;
  };
}
