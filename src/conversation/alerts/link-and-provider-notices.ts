import type { AlertChange } from '#src/base/alerts.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { ProviderNews } from '#src/provider/provider-news.ts';

/** Unasked notices of one channel about its voice link and the servers behind it. */
export class LinkAndProviderNotices {
  readonly #context: SessionContext;
  readonly #fallbacks: FallbackNotices;
  #isLinkDown = false;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#fallbacks = new FallbackNotices(context);
  }

  /** True where the channel has read already why the link is away. */
  get explainsLoss(): boolean {
    return this.#isLinkDown;
  }

  /** Handles an alert of the link, raised or cleared. */
  alert({ name, state }: AlertChange): void {
    if (name !== 'link-down') return;
    this.#isLinkDown = state === 'raised';
    if (this.#isLinkDown) this.#context.notice({ id: 'link.down' }, () => this.#isLinkDown);
  }

  /** Handles a server that failed or works again. */
  provider(news: ProviderNews): void {
    this.#fallbacks.hear(news);
  }
}

/** Tells one channel which server replaces a failed one: once for each failed server. */
class FallbackNotices {
  readonly #channel: SessionContext;
  /** Roles that a server does not serve. */
  readonly #down = new Map<string, Set<string>>();

  constructor(channel: SessionContext) {
    this.#channel = channel;
  }

  hear(news: ProviderNews): void {
    if (news.kind === 'fallback-on') this.#fell(news);
    if (news.kind === 'fallback-off') this.#returned(news);
  }

  #fell({ role, from, to }: Extract<ProviderNews, { kind: 'fallback-on' }>): void {
    const down = this.#down.get(from);
    if (down) {
      down.add(role);
      return;
    }
    const now = new Set([role]);
    this.#down.set(from, now);
    const line = { id: 'fallback.on', with: { provider: from, other: to } } as const;
    this.#channel.notice(line, () => this.#down.get(from) === now);
  }

  #returned({ role, back }: Extract<ProviderNews, { kind: 'fallback-off' }>): void {
    const down = this.#down.get(back);
    down?.delete(role);
    if (down?.size === 0) this.#down.delete(back);
  }
}
