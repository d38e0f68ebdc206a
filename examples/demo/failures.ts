import { type DemoProject, PROJECT } from './project.ts';

/** What the demo does to the project, one after another. */
export interface Failure {
  readonly title: string;
  readonly service: string;
  /** a member's name, or the role it has at that moment */
  readonly target: string;
  break(project: DemoProject, containerId: string): Promise<unknown>;
  /** Only for what twinhull rightly leaves alone: a member that was stopped on purpose stays stopped. */
  readonly mend?: (project: DemoProject, containerId: string) => Promise<unknown>;
}

export const FAILURES: readonly Failure[] = [
  {
    title: 'kill -9',
    service: 'api',
    target: 'primary',
    break: (project, id) => project.docker('kill', '--signal', 'KILL', id),
  },
  {
    title: 'docker stop, later docker start',
    service: 'api',
    target: 'primary',
    break: (project, id) => project.docker('stop', id),
    mend: (project, id) => project.docker('start', id),
  },
  {
    title: 'hang (SIGSTOP)',
    service: 'api',
    target: 'primary',
    break: (project, id) => project.docker('kill', '--signal', 'STOP', id),
  },
  {
    title: 'docker pause',
    service: 'api',
    target: 'primary',
    break: (project, id) => project.docker('pause', id),
  },
  {
    title: 'network disconnect',
    service: 'api',
    target: 'primary',
    break: (project, id) => project.docker('network', 'disconnect', '--force', `${PROJECT}_twinhull-api`, id),
  },
  {
    title: 'kill -9',
    service: 'pm-worker',
    target: 'primary',
    break: (project, id) => project.docker('kill', '--signal', 'KILL', id),
  },
  {
    title: 'kill -9',
    service: 'task-worker',
    target: 'task-worker-2',
    break: (project, id) => project.docker('kill', '--signal', 'KILL', id),
  },
];
