import type { Command } from 'commander';
import type { ControlClient } from '../../api/control-client.ts';
import type { SupervisorInfo } from '../../api/control.ts';
import type { ProjectStatus } from '../../supervisor/status.ts';
import { command, type Context, type Entry } from '../command.ts';
import { controlOf, readingPlace } from '../place.ts';
import { printable } from '../terminal/printable.ts';
import { statusPage } from '../terminal/status-page.ts';
import { supervisorText } from '../terminal/supervisor-text.ts';
import { recordedStatus } from '../current-status.ts';

export function statusCommand(entry: Entry): Command {
  return command(entry, {}, async (context) => {
    const seen = await readingPlace(
      context,
      async (place) =>
        (await supervisedStatus(place.control)) ?? { supervisor: null, status: await recordedStatus(context, place) },
      (folder, error) => supervisedStatus(controlOf(folder)).then((status) => status ?? Promise.reject(error)),
    );
    show(context, seen);
    return 0;
  });
}

interface Seen {
  /** null: nobody supervises */
  readonly supervisor: SupervisorInfo | null;
  readonly status: ProjectStatus;
}

/** null: no supervisor, or one that has nothing to supervise yet. */
async function supervisedStatus(control: ControlClient): Promise<Seen | null> {
  const answer = await control.status();
  return answer?.status ? { supervisor: answer.supervisor, status: answer.status } : null;
}

function show({ terminal }: Context, { supervisor, status }: Seen): void {
  if (terminal.json) {
    terminal.document({ ...status, supervisor });
    return;
  }
  if (status.services.length === 0) {
    terminal.say(`${printable(status.project)}: twinhull has nothing running; twinhull up starts it`);
    return;
  }
  const page = statusPage(status, {
    columns: terminal.columns,
    now: Date.now(),
    colour: (colour, text) => terminal.colour(colour, text),
    supervisor: supervisor === null ? '' : supervisorText(supervisor),
  });
  for (const line of page) terminal.say(line);
}
