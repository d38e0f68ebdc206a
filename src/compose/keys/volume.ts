import type { VolumeDefinition } from '../project.ts';
import { external } from './external.ts';
import type { KeyTable } from './key.ts';
import { labels, nullable, object, options, text } from './shapes.ts';

export const volumeKeys: KeyTable = {
  name: { shape: text, doc: 'The name in the engine.' },
  driver: { shape: text, doc: 'The driver; local by default.' },
  driver_opts: { shape: options, doc: 'Options of the driver.' },
  external: { shape: external, doc: 'The volume exists already.' },
  labels: { shape: labels, doc: 'Labels of the volume.' },
};

export const volume = nullable(object<VolumeDefinition>(volumeKeys, { of: 'a volume' }));
