/** Configs and secrets: files of the host, or made of text, mounted read-only. */

import { createHash } from 'node:crypto';
import type { ContainerContext, ContainerDraft } from '../keys/key.ts';
import type { FileDefinition, FileUse } from '../project.ts';
import { append } from './mounts.ts';

/** Readable for every user of the container, as in Compose; the folder on the host is for its owner only. */
const DEFAULT_MODE = 0o444;

type Kind = 'configs' | 'secrets';

const FOLDERS: Readonly<Record<Kind, string>> = { configs: '/', secrets: '/run/secrets/' };

export function putConfigs(draft: ContainerDraft, value: readonly FileUse[], context: ContainerContext): void {
  for (const use of value) putFile('configs', draft, use, context);
}

export function putSecrets(draft: ContainerDraft, value: readonly FileUse[], context: ContainerContext): void {
  for (const use of value) putFile('secrets', draft, use, context);
}

function putFile(kind: Kind, draft: ContainerDraft, use: FileUse, context: ContainerContext): void {
  const definition = context.project[kind][use.source];
  const source = definition === undefined ? null : sourceOf(kind, use, definition, context);
  if (source === null) {
    context.refuse(
      `${kind}.${use.source}`,
      definition?.external === true ? 'external ones are kept in a Swarm' : 'it is not defined',
    );
    return;
  }
  if (use.uid !== undefined || use.gid !== undefined) {
    context.refuse(`${kind}.${use.source}`, 'uid and gid: the file is mounted and keeps its owner');
  }
  append(draft, 'Mounts', { Type: 'bind', Source: source, Target: targetOf(kind, use), ReadOnly: true });
}

function targetOf(kind: Kind, { source, target }: FileUse): string {
  const path = target ?? source;
  return path.startsWith('/') ? path : FOLDERS[kind] + path;
}

/** The file on the host; one made of text carries a digest in its name, so that new text makes a new container. */
function sourceOf(kind: Kind, use: FileUse, definition: FileDefinition, context: ContainerContext): string | null {
  if (definition.file !== undefined) return definition.file;
  const content = contentOf(definition, context);
  if (content === null) return null;
  const mode = use.mode === undefined ? DEFAULT_MODE : Number.parseInt(use.mode, 8);
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const path = `${context.host.contentFolder}/${kind}/${use.source}-${digest}-${mode.toString(8)}`;
  context.addFile({ path, content, mode });
  return path;
}

function contentOf({ content, environment }: FileDefinition, { project, host }: ContainerContext): string | null {
  if (content !== undefined) return content;
  if (environment === undefined) return null;
  return project.environment[environment] ?? host.environment[environment] ?? '';
}
