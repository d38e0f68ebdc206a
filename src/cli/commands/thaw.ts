import type { Command } from 'commander';
import { command, type Entry } from '../command.ts';
import { giveOrder } from '../order.ts';
import { showObeyed } from '../terminal/obeyed.ts';

export function thawCommand(entry: Entry): Command {
  return command(
    entry,
    { description: 'Repairs go on after "twinhull freeze". Without a freeze it ends an emergency plan that runs.' },
    async (context) => {
      const obeyed = await giveOrder(context, 'thaw', { kind: 'thaw_asked' });
      if (context.terminal.json) context.terminal.document({ ...obeyed, frozen: false });
      else showObeyed(context, obeyed, 'repairs were not frozen');
      return 0;
    },
  );
}
