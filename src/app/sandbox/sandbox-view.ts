import type { EngineNews } from '#src/app/engines/engine-client.ts';
import { type AlertChange, alertOf, type FeatureAlertChange } from '#src/base/alerts.ts';
import type { ConversationPrinter } from '#src/console/first-run/show.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { sayNews } from '#src/provider/models/models.ts';
import type { ProviderRole } from '#src/provider/provider-news.ts';

const roles: readonly ProviderRole[] = ['speech to text', 'chat', 'text to speech'];
/** Why a question is not answered, as part of a sentence. */
export const whyDropped = {
  crowded: 'too many were waiting',
  late: 'too late',
  ending: 'the bot is being stopped',
  budget: 'the budget is used',
};
const ciphers: Readonly<Record<string, string>> = {
  aead_aes256_gcm_rtpsize: 'AES-256-GCM',
  aead_xchacha20_poly1305_rtpsize: 'XChaCha20-Poly1305',
};

/** Terminal output of a sandbox run: everything that goes on, for a newcomer. */
export class SandboxView {
  readonly #show: ConversationPrinter;
  readonly #botName: string;
  readonly #engines = new Map<ProviderRole, Extract<EngineNews, { kind: 'ready' }>>();

  constructor(show: ConversationPrinter, botName: string) {
    this.#show = show;
    this.#botName = botName;
  }

  /** The engines stand in one order, so they are shown once all are ready; until then, how far the loading is. */
  engine(news: EngineNews): void {
    switch (news.kind) {
      case 'loading':
        this.#show.progress(news.role, news.fraction);
        return;
      case 'base-url':
        this.#show.note(`${news.role}: the working base URL is ${news.found}`);
        return;
      case 'models':
        for (const one of news.news) this.#show.note(sayNews(one));
        return;
      case 'ready':
        this.#engines.set(news.role, news);
        if (this.#engines.size === roles.length) this.#showEngines();
        return;
      case 'fallback-on':
        this.#show.note(`${news.role}: ${news.from} is down, using ${news.to}`);
        return;
      case 'fallback-off':
        this.#show.note(`${news.role}: ${news.back} is back`);
        return;
      case 'alert':
        this.alert(news);
        return;
      case 'failed':
      case 'mended':
      case 'reading':
      case 'buffered':
        return; // shown with what came of it
    }
  }

  discord(codec: string, event: DiscordEvent): void {
    if (event.kind === 'warning' || event.kind === 'voice-unusable') this.#show.note(event.message);
    if (event.kind === 'alert') this.alert(event);
    if (event.kind === 'command-failed') {
      this.#show.note(`${event.name} failed: ${event.error}`);
    }
    if (event.kind === 'ciphers') {
      this.#show.engine('voice link', `Opus by ${codec}`, `XChaCha20 by ${event.xchacha}`);
    }
    if (event.kind === 'link-opened') {
      const sealed = event.endToEnd ? 'end-to-end encrypted' : 'not end-to-end encrypted';
      const elapsedMs = Math.round(event.tookMs);
      const cipher = ciphers[event.cipher] ?? event.cipher;
      this.#show.note(`voice link open in ${elapsedMs} ms, ${sealed}, over ${cipher}`);
    }
  }

  alert(change: AlertChange | FeatureAlertChange): void {
    if (change.state === 'raised') this.#show.note(`${alertOf(change).meaning}: ${change.cause}`);
  }

  session(event: SessionEvent): void {
    switch (event.kind) {
      case 'joined':
        this.#show.note(`${this.#botName} joined ${event.channel.name}`);
        return;
      case 'left':
        this.#show.note(`${this.#botName} left ${event.channel.name}`);
        return;
      case 'recognised':
        this.#show.says(event.name, event.text);
        return;
      case 'failed':
        this.#show.note(`${event.stage}: ${event.message}`);
        return;
      case 'alert':
        this.alert(event);
        return;
      case 'dropped':
        this.#show.note(`${event.name} was not answered: ${whyDropped[event.why]}`);
        return;
      case 'words':
      case 'stream':
      case 'feature':
      case 'answered':
      case 'typed':
      case 'ignored':
      case 'erased':
      case 'recogniser-full':
      case 'spent':
      case 'tool':
        return; // reported by the code that waits for it
    }
  }

  #showEngines(): void {
    this.#show.progressDone();
    for (const role of roles) {
      const { what = '', tookMs = 0, advice = '' } = this.#engines.get(role) ?? {};
      const note = tookMs < 1 ? advice : `ready in ${(tookMs / 1000).toFixed(1)} s`;
      this.#show.engine(role, what, note);
    }
  }
}
