import { cookieOf, enter, keyOf } from '#test/http/open-page.ts';

/** Browsers that watch the operator's page, as far as its server can tell. */
export type Watching = Disposable & {
  /** Snapshots read by all of them, and the bytes of these. */
  readonly read: { snapshots: number; bytes: number };
};

/** The session that an entry link gives. */
export async function enterBy(link: URL): Promise<string> {
  return cookieOf(await enter(new URL(link.origin), keyOf(link)));
}

/** Opens `count` streams of events with that session; resolves once each has read its first snapshot. */
export async function watch(origin: URL, cookie: string, count: number): Promise<Watching> {
  const closed = new AbortController();
  const read = { snapshots: 0, bytes: 0 };
  const first = Array.from({ length: count }, async () => {
    const begun = Promise.withResolvers<void>();
    void follow(origin, cookie, closed.signal, (bytes, isSnapshot) => {
      read.bytes += bytes;
      if (isSnapshot) read.snapshots++;
      begun.resolve();
    }).catch(begun.reject);
    await begun.promise;
  });
  await Promise.all(first);
  return { read, [Symbol.dispose]: () => closed.abort() };
}

async function follow(
  origin: URL,
  cookie: string,
  signal: AbortSignal,
  got: (bytes: number, isSnapshot: boolean) => void,
): Promise<void> {
  try {
    const response = await fetch(new URL('/page/events', origin), { headers: { cookie }, signal });
    if (!response.ok || !response.body) throw new Error(`The page answered ${response.status}.`);
    for await (const part of response.body) {
      got(part.length, Buffer.from(part.subarray(0, 15)).toString() === 'event: snapshot');
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
