/** Deletes the oldest entry of a map or set that holds more than `most`, so that its memory stays bounded. */
export function dropOldest<Key>(all: Map<Key, unknown> | Set<Key>, most: number): void {
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}
