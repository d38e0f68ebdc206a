/** The top level of a Compose file. */

import { config, secret } from './file-definition.ts';
import type { KeyTable } from './key.ts';
import { network } from './network.ts';
import { service } from './service.ts';
import { integer, text } from './scalars.ts';
import { anything, listOf, mapOf, object, type MapOptions } from './shapes.ts';
import { volume } from './volume.ts';

const named: MapOptions = {
  names: /^[a-zA-Z0-9._-]{1,200}$/,
  namesExpected: 'letters, digits, ".", "_" and "-", at most 200',
};

const model = object(
  {
    name: { shape: text, doc: 'Its name.' },
    model: { shape: text, doc: 'The model.' },
    context_size: { shape: integer(), doc: 'Size of the context.' },
    runtime_flags: { shape: listOf(text), doc: 'Flags of the engine.' },
  },
  { of: 'a model', required: ['model'] },
);

export const projectKeys: KeyTable = {
  version: { shape: text, doc: 'Of old files; ignored.' },
  name: { shape: text, doc: "The project's name, where neither -p nor COMPOSE_PROJECT_NAME gives one." },
  include: { shape: anything, doc: 'Other Compose files; not carried out yet, refused.' },
  services: { shape: mapOf(service, named), doc: 'The services.' },
  models: { shape: mapOf(model, named), doc: 'AI models; not carried out yet, refused.' },
  networks: { shape: mapOf(network, named), doc: 'The networks.' },
  volumes: { shape: mapOf(volume, named), doc: 'Named volumes.' },
  secrets: { shape: mapOf(secret, named), doc: 'Secret files.' },
  configs: { shape: mapOf(config, named), doc: 'Configuration files.' },
};

export const project = object(projectKeys, { of: 'a Compose file' });
