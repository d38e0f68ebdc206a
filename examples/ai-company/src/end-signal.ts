/** Aborted by SIGTERM or SIGINT: the first process of a container gets no default action for them. */
export function endSignal(): AbortSignal {
  const end = new AbortController();
  process.once('SIGTERM', () => end.abort());
  process.once('SIGINT', () => end.abort());
  return end.signal;
}
