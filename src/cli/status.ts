import type { Command } from 'commander';
import type { Answer } from '../api/control-client.ts';
import type { SupervisorInfo } from '../api/control.ts';
import { command, type Context, type ExitCode, type Runner } from './command.ts';
import { controlOf, readingPlace } from './place.ts';
import { statusPage } from './status-page.ts';
import { recordedStatus } from './current-status.ts';

export function statusCommand(runner: Runner): Command {
  return command(
    runner,
    { name: 'status', summary: 'is it serving, who is primary, what went wrong last' },
    async (context) => {
      const answer = await readingPlace(
        context,
        async (place) => (await place.control.status()) ?? { supervisor: null, status: await recordedStatus(place) },
        (folder) => controlOf(folder).status(),
      );
      return show(context, answer);
    },
  );
}

function show(
  { terminal }: Context,
  answer: (Pick<Answer, 'status'> & { readonly supervisor: SupervisorInfo | null }) | null,
): ExitCode {
  const status = answer?.status ?? null;
  if (status === null) {
    terminal.say('twinhull has started nothing for this project');
    return 0;
  }
  if (terminal.json) terminal.document({ ...status, supervisor: answer?.supervisor ?? null });
  const page = statusPage(status, {
    columns: terminal.columns,
    now: Date.now(),
    colour: (colour, text) => terminal.colour(colour, text),
    supervisor: answer?.supervisor ? supervisorText(answer.supervisor) : '',
  });
  if (!terminal.json) for (const line of page) terminal.say(line);
  return 0;
}

export function supervisorText({ kind, pid }: SupervisorInfo): string {
  switch (kind) {
    case 'container':
      return 'a container, which Docker starts again after a reboot';
    case 'process':
      return `process ${pid}, which ends with a reboot`;
    case 'foreground':
      return `process ${pid} in a terminal`;
  }
}
