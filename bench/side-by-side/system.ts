/** What stands between the clients and two members of one service: twinhull, or one of its peers. One serves, one stands by. */
export interface System {
  /** as in --systems */
  readonly name: string;
  /** for the table */
  readonly title: string;
  /** images that script/images builds for it */
  readonly images: readonly string[];
  /** Sets everything up; resolves when it serves. */
  start(): Promise<RunningSystem>;
}

export interface RunningSystem {
  readonly url: string;
  /** The member that gets the fault: the one that serves. */
  victim(): Promise<Victim>;
  /** Resolves when every member is back in service after a fault was undone; throws when that does not happen. */
  settle(): Promise<void>;
  /** True when the system repairs what the fault did by itself: then it is not undone for it. */
  readonly repairs: boolean;
  stop(): Promise<void>;
}

export interface Victim {
  readonly container: string;
  /** the network over which it is reached */
  readonly network: string;
  readonly address: string | null;
}
