import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRecord } from '../../ports/store.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { interruption } from '../interruption.ts';
import { readingPlace } from '../place.ts';
import { eventLine } from '../terminal/event-line.ts';
import { timeAgo } from '../time-ago.ts';

interface Options {
  readonly since?: string;
  readonly follow: boolean;
  readonly service?: string;
}

/** how many earlier events are shown before new ones, when no --since says otherwise */
const EARLIER_EVENTS = 20;
/** the record is read from the store, which is there whether or not a supervisor is: no event is lost between two of them */
const LOOK_EVERY_MS = 200;

export function eventsCommand(entry: Entry): Command {
  return command<Options>(entry, {}, (context, options) => {
    const show = (folder: string): Promise<ExitCode> => events(context, folder, options);
    return readingPlace(context, (place) => show(place.folder), show);
  })
    .option('--since <time>', 'from then on: "1h" ago, or a date; default: the last 20, or all with --no-follow')
    .option('--no-follow', 'end after what is on record')
    .option('--service <name>', 'only of this service');
}

async function events({ terminal }: Context, folder: string, options: Options): Promise<ExitCode> {
  using interrupted = interruption();
  const { signal } = interrupted;
  const since = options.since === undefined ? null : timeAgo(options.since, Date.now());
  for await (const event of recorded(folder, since, options.follow, signal)) {
    if (options.service !== undefined && event.service !== options.service) continue;
    if (terminal.json) terminal.object(event);
    else terminal.say(eventLine(event, Date.now()));
  }
  return 0;
}

async function* recorded(
  folder: string,
  since: number | null,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<EventRecord> {
  const { openStore } = await import('../../wire.ts');
  let lastId = 0;
  for (let first = true; !signal.aborted; first = false) {
    const store = openStore(folder, { readOnly: true });
    const found = first ? store.events(earliest(since, follow)) : store.events({ afterId: lastId });
    store.close();
    for (const event of found) {
      yield event;
      lastId = Math.max(lastId, event.id);
    }
    if (!follow) return;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function earliest(since: number | null, follow: boolean): { sinceMs?: number; limit?: number } {
  if (since !== null) return { sinceMs: since };
  return follow ? { limit: EARLIER_EVENTS } : {};
}
