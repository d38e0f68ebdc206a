import type { Command } from 'commander';
import { command, type Entry } from '../command.ts';
import { giveOrder } from '../order.ts';
import { showObeyed } from '../terminal/obeyed.ts';

export function freezeCommand(entry: Entry): Command {
  return command(
    entry,
    {
      description:
        'Stops all repairs of the project until "twinhull thaw": members are watched, traffic is led away from what fails, nothing is ended, started or replaced. An emergency plan that runs is stopped. What you do yourself (up, restart, failover) is done.',
    },
    async (context, _options, args) => {
      const reason = (args[0] as string[]).join(' ');
      const obeyed = await giveOrder(context, 'freeze', { kind: 'freeze_asked', reason });
      if (context.terminal.json) context.terminal.document({ ...obeyed, frozen: true, reason });
      else showObeyed(context, obeyed, 'repairs are frozen');
      return 0;
    },
  ).argument('[reason...]', 'why, for whoever looks next');
}
