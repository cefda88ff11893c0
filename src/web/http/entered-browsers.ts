import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';

/** A browser that was let in. The secret in its cookie is kept as a hash alone. */
export type KeptBrowser = {
  /** SHA-256 of the cookie, in Base64url. */
  readonly hash: string;
  readonly enteredAtMs: number;
};

export const keptBrowsersSchema: z.ZodType<readonly KeptBrowser[]> = z.array(
  z.object({ hash: z.string(), enteredAtMs: z.number() }),
);

type EnteredBrowsersOptions = {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Browsers of former runs. */
  readonly kept?: readonly KeptBrowser[];
  /** Called with all browsers after one entered. */
  readonly onEntered?: (browsers: readonly KeptBrowser[]) => void;
};

const dayMs = 86_400_000;
const maxAgeMs = 7 * dayMs;
const maxBrowsers = 16;

/** Browsers that the page knows by a cookie of their own, for seven days. The oldest of more than 16 is forgotten. */
export class EnteredBrowsers {
  readonly #options: EnteredBrowsersOptions;
  #browsers: readonly KeptBrowser[];

  constructor(options: EnteredBrowsersOptions) {
    this.#options = options;
    this.#browsers = options.kept ?? [];
  }

  /** Lets a browser in. Returns the secret for its cookie, of 256 bits. */
  admitBrowser(): string {
    const cookie = randomBytes(32).toString('base64url');
    const enteredAtMs = this.#options.clock.wallMs();
    const browsers = [...this.#browsers, { hash: hashCookie(cookie), enteredAtMs }];
    this.#browsers = browsers
      .filter((browser) => this.#isFresh(browser))
      .slice(-maxBrowsers);
    this.#options.onEntered?.(this.#browsers);
    return cookie;
  }

  /** Tests whether a browser with that cookie was let in. */
  isEntered(cookie: string): boolean {
    const tried = hashCookie(cookie);
    return this.#browsers.some(
      (browser) => browser.hash === tried && this.#isFresh(browser),
    );
  }

  #isFresh({ enteredAtMs }: KeptBrowser) {
    const ageMs = this.#options.clock.wallMs() - enteredAtMs;
    return ageMs >= 0 && ageMs < maxAgeMs;
  }
}

function hashCookie(cookie: string) {
  return createHash('sha256').update(cookie).digest('base64url');
}
