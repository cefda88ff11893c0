import type { Clock } from '#src/base/clock.ts';
import { LinkFolder } from './link-folder.ts';
import { forgetOldest, hashOf, randomKey } from './page-sessions.ts';
import type { PageViewer } from './viewer.ts';

/** Lifetime of an entry link, in ms. */
const linkMs = 10 * 60 * 1_000;
/** Links of this process for one kind of viewer that are remembered, used and expired ones counted; a further one forgets the oldest. */
const mostLinks = 1_000;

const keyPattern = /^[\w-]{43}$/;

export type EntryOutcome =
  | { readonly kind: 'entered'; readonly viewer: PageViewer }
  | { readonly kind: 'used' | 'expired' | 'unknown' };

type EntryLink = {
  readonly viewer: PageViewer;
  readonly expiresMs: number;
  readonly isUsed: boolean;
};

export type EntryLinksOptions = {
  readonly clock: Clock;
  readonly dataDir: string;
  /** Viewer who comes in by a link that `npm run link` printed. */
  readonly operator: PageViewer;
  /** Where the page is, as viewers reach it; asked at each link. */
  readonly address: () => URL;
};

/** Addresses that admit a viewer once, within 10 minutes. Only hashes of their keys are kept. */
export class EntryLinks {
  readonly #options: EntryLinksOptions;
  readonly #folder: LinkFolder;
  readonly #links = new Map<string, EntryLink>();

  constructor(options: EntryLinksOptions) {
    this.#options = options;
    this.#folder = new LinkFolder(options.dataDir);
  }

  /** A link for one viewer. Its key is in the fragment, which browsers do not send. */
  create(viewer: PageViewer): URL {
    const key = randomKey();
    const expiresMs = this.#options.clock.nowMs() + linkMs;
    this.#links.set(hashOf(key), { viewer, expiresMs, isUsed: false });
    forgetOldest(this.#links, viewer.kind, mostLinks);
    return linkAt(this.#options.address(), key);
  }

  /** Uses a key up. Errors: those of the file system. */
  async enter(key: string): Promise<EntryOutcome> {
    if (!keyPattern.test(key)) return { kind: 'unknown' };
    const hash = hashOf(key);
    const link = this.#links.get(hash);
    if (!link) return await this.#enterByFile(hash);
    if (link.isUsed) return { kind: 'used' };
    if (this.#options.clock.nowMs() >= link.expiresMs) return { kind: 'expired' };
    this.#links.set(hash, { ...link, isUsed: true });
    return { kind: 'entered', viewer: link.viewer };
  }

  async #enterByFile(hash: string): Promise<EntryOutcome> {
    const { clock, operator } = this.#options;
    const kind = await this.#folder.take(hash, clock.wallMs());
    return kind === 'good' ? { kind: 'entered', viewer: operator } : { kind };
  }
}

/** A link that the process which works on `dataDir` accepts; undefined where no page is served. Errors: those of the file system. */
export async function fileLink(dataDir: string, clock: Clock): Promise<URL | undefined> {
  const folder = new LinkFolder(dataDir);
  const address = await folder.address();
  if (address === undefined || !URL.canParse(address)) return undefined;
  const key = randomKey();
  await folder.add(hashOf(key), clock.wallMs() + linkMs, clock.wallMs());
  return linkAt(new URL(address), key);
}

function linkAt(address: URL, key: string): URL {
  const link = new URL('/', address);
  link.hash = `key=${key}`;
  return link;
}
