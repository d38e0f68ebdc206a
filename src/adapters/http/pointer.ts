/** A value in a JSON document by its JSON Pointer (RFC 6901); undefined: there is none. */
export function valueAt(document: unknown, pointer: string): unknown {
  const steps = pointer === '' ? [] : pointer.slice(1).split('/');
  return steps.reduce<unknown>((value, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? Reflect.get(value, key)
      : undefined;
  }, document);
}
