import type { Call, FileStat } from '../../ports/engine.ts';
import { type EngineClient, READ_DEADLINE_MS, segment, within } from './client.ts';
import { count, field, parseJson, text } from './reading.ts';

/** The engine sends what it knows of the file in this header, as JSON in base64. */
const STAT = 'x-docker-container-path-stat';

export async function fileInContainer(
  client: EngineClient,
  id: string,
  path: string,
  call: Call = {},
): Promise<FileStat | null> {
  const ask = { path: `/containers/${segment(id)}/archive`, query: { path }, ...within(call, READ_DEADLINE_MS) };
  const header = await client.header(ask, STAT);
  return header === null ? null : readFileStat(header);
}

/** Null: what came is none. */
export function readFileStat(header: string): FileStat | null {
  const document = parseJson(Buffer.from(header, 'base64').toString('utf8'));
  const modifiedAt = Date.parse(text(field(document, 'mtime')));
  return Number.isFinite(modifiedAt) ? { modifiedAt, sizeBytes: count(field(document, 'size')) } : null;
}
