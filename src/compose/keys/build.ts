import { mapAt, scalar, withEntry, type MapNode } from '../node.ts';
import type { Build } from '../project.ts';
import { fileUses } from './file-uses.ts';
import { extraHosts } from './hosts.ts';
import type { KeyTable, Place, Shape } from './key.ts';
import { isOpen, refuse } from './place.ts';
import { boolean, bytes, text, textOrBoolean } from './scalars.ts';
import { byKind, labels, object, pairs, texts } from './shapes.ts';
import { ulimits } from './ulimits.ts';

/** A folder, made absolute; a URL or a git address stays what it is. */
const context: Shape<string> = {
  ...text,
  expected: 'a folder or a URL',
  read: (node, place) => {
    const read = text.read(node, place);
    if (read?.kind !== 'scalar' || isOpen(read, place.reading) || isRemote(String(read.value))) return read;
    return scalar(place.reading.resolvePath(String(read.value)), read.at);
  },
};

function isRemote(written: string): boolean {
  return (
    /^(https?|git|ssh|docker-image|oci-layout|service|target):/.test(written) || /^(github\.com\/|git@)/.test(written)
  );
}

const additionalContexts: Shape<Readonly<Record<string, string | null>>> = {
  ...pairs,
  read: (node, place) => {
    const read = pairs.read(node, place);
    if (read?.kind !== 'map') return read;
    let result: MapNode = read;
    for (const [name, entry] of read.entries) {
      const value = context.read(entry.value, { ...place, path: [...place.path, name] });
      if (value) result = withEntry(result, name, value);
    }
    return result;
  },
};

export const buildKeys: KeyTable = {
  context: { shape: context, doc: 'The folder (or URL) the image is built from.' },
  dockerfile: { shape: text, doc: 'Dockerfile, relative to the context.' },
  dockerfile_inline: { shape: text, doc: 'The Dockerfile itself.' },
  entitlements: { shape: texts, doc: 'Extra privileges of the build.' },
  args: { shape: pairs, doc: 'Build arguments.' },
  ssh: { shape: pairs, doc: 'SSH agent sockets or keys for the build.' },
  labels: { shape: labels, doc: 'Labels of the image.' },
  cache_from: { shape: texts, doc: 'Images to take cached layers from.' },
  cache_to: { shape: texts, doc: 'Where the cache is exported to.' },
  no_cache: { shape: boolean, doc: 'Build without cached layers.' },
  additional_contexts: { shape: additionalContexts, doc: 'Further named contexts.' },
  network: { shape: text, doc: 'Network of RUN steps.' },
  provenance: { shape: textOrBoolean, doc: 'Provenance attestation.' },
  sbom: { shape: textOrBoolean, doc: 'SBOM attestation.' },
  pull: { shape: boolean, doc: 'Always pull the base image.' },
  target: { shape: text, doc: 'The stage to build.' },
  shm_size: { shape: bytes, doc: 'Size of /dev/shm of RUN steps.' },
  extra_hosts: { shape: extraHosts, doc: 'Further host names of RUN steps.' },
  isolation: { shape: text, doc: 'Isolation technology of the build.' },
  privileged: { shape: boolean, doc: 'Build with extended privileges.' },
  secrets: { shape: fileUses('secret'), doc: 'Secrets of RUN steps.' },
  tags: { shape: texts, doc: 'Further names of the image.' },
  ulimits: { shape: ulimits, doc: 'Limits of RUN steps.' },
  platforms: { shape: texts, doc: 'Platforms to build for.' },
};

const long = object<Build>(buildKeys, { of: 'build', finish: checked });

/** A folder or URL alone, or the long form; the context is the project's folder by default. */
export const build: Shape<Build> = byKind<Build>('a folder or a map', {
  map: long,
  scalar: {
    ...long,
    read: (node, place) => {
      const read = context.read(node, place);
      return read && mapAt({ context: read, dockerfile: 'Dockerfile' }, node.at);
    },
  },
});

function checked(node: MapNode, place: Place): MapNode | null {
  if (node.entries.has('dockerfile') && node.entries.has('dockerfile_inline'))
    return refuse(node, place, 'has dockerfile and dockerfile_inline', 'one of the two');
  return node;
}
