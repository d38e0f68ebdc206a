import type { SupervisorInfo } from '../../api/control.ts';

export function supervisorText({ kind, pid }: SupervisorInfo): string {
  switch (kind) {
    case 'container':
      return 'a container, which Docker starts again after a reboot';
    case 'process':
      return `process ${pid}, started again after a crash, not after a reboot`;
    case 'foreground':
      return `process ${pid} in a terminal`;
  }
}
