import type { EngineNews } from '#src/app/engines/engine-news.ts';
import { type AlertChange, alertOf, type FeatureAlertChange } from '#src/base/alerts.ts';
import { type ConversationPrinter, printEvent } from '#src/console/printer.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

/** Terminal output of a sandbox run: everything that goes on, for a newcomer. */
export class SandboxView {
  readonly #show;
  readonly #botName;

  constructor(show: ConversationPrinter, botName: string) {
    this.#show = show;
    this.#botName = botName;
  }

  engine(news: EngineNews): void {
    switch (news.kind) {
      case 'fallback-on':
        this.#show.note(`${news.role}: ${news.from} is down, using ${news.to}`);
        return;
      case 'fallback-off':
        this.#show.note(`${news.role}: ${news.back} is back`);
        return;
      case 'alert':
        this.alert(news);
        return;
      case 'habit':
        this.#show.note(`${news.provider}: ${news.what}; ${news.mend}`);
        return;
      case 'ready':
      case 'failed':
      case 'mended':
        return; // shown with what came of it
    }
  }

  discord(event: DiscordEvent): void {
    if (event.kind === 'warning') this.#show.note(event.message);
    if (event.kind === 'alert') this.alert(event);
    if (event.kind === 'command-failed') this.#show.note(`${event.name} failed: ${event.error}`);
  }

  alert(change: AlertChange | FeatureAlertChange): void {
    if (change.state === 'raised') this.#show.note(`${alertOf(change).meaning}: ${change.cause}`);
  }

  session(event: SessionEvent): void {
    if (event.kind === 'alert') this.alert(event);
    else printEvent(event, this.#botName, this.#show);
  }
}
