import type { ProviderBreaker, ProviderNews, ProviderRole } from '#src/provider/provider-news.ts';

/** Service of a role: by its first provider, by a stand-in, or badly. */
export type ProviderView = {
  readonly role: ProviderRole;
  readonly state: 'works' | 'fails' | 'stood-in';
  /** The one that fails or is stood in for; absent where all is well, or where the viewer is not its owner. */
  readonly provider?: string;
  /** The one that stands in. */
  readonly standsIn?: string;
  /** Error code of the latest failure. */
  readonly code?: string;
  /** Every remote provider that can serve it, in order of preference; absent where the viewer is not the owner. */
  readonly breakers?: readonly Omit<ProviderBreaker, 'role'>[];
};

const roles = ['speech to text', 'chat', 'text to speech'] as const satisfies ProviderRole[];

/** State of each provider, from its news. */
export class ProviderStates {
  /** Providers that have failed since they last worked, by role. */
  readonly #failing = new Map<ProviderRole, Map<string, string>>();
  readonly #standIns = new Map<ProviderRole, { readonly from: string; readonly to: string }>();

  report(news: ProviderNews): void {
    const { role } = news;
    const failing = this.#failing.get(role) ?? new Map<string, string>();
    this.#failing.set(role, failing);
    switch (news.kind) {
      case 'failed':
        failing.set(news.provider, news.code);
        return;
      case 'mended':
        failing.delete(news.provider);
        return;
      case 'fallback-on':
        this.#standIns.set(role, { from: news.from, to: news.to });
        return;
      case 'fallback-off':
        this.#standIns.delete(role);
        return;
    }
  }

  views(breakers: readonly ProviderBreaker[] = []): readonly ProviderView[] {
    return roles.map((role) => {
      const own = breakers.filter((one) => one.role === role);
      return { ...this.#view(role), breakers: own.map(({ role: _, ...breaker }) => breaker) };
    });
  }

  #view(role: ProviderRole): ProviderView {
    const failing = this.#failing.get(role);
    const standIn = this.#standIns.get(role);
    if (standIn) {
      const code = failing?.get(standIn.from);
      const state = 'stood-in';
      return { role, state, provider: standIn.from, standsIn: standIn.to, ...(code && { code }) };
    }
    const [first] = failing ?? [];
    if (!first) return { role, state: 'works' };
    const [provider, code] = first;
    return { role, state: 'fails', provider, code };
  }
}
