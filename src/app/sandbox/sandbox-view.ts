import type { EngineNews } from '#src/app/engines/engine-news.ts';
import {
  type AlertChange,
  type FeatureAlertChange,
  toFeatureAlert,
} from '#src/base/alerts.ts';
import { type ConversationPrinter, printEvent } from '#src/console/printer.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

export class SandboxView {
  readonly #show;
  readonly #botName;

  constructor(show: ConversationPrinter, botName: string) {
    this.#show = show;
    this.#botName = botName;
  }

  onEngine(news: EngineNews) {
    switch (news.kind) {
      case 'fallback-on':
        this.#show.printNote(`${news.role}: ${news.from} is down, using ${news.to}`);
        return;
      case 'fallback-off':
        this.#show.printNote(`${news.role}: ${news.back} is back`);
        return;
      case 'alert':
        this.onAlert(news);
        return;
      case 'habit':
        this.#show.printNote(`${news.provider}: ${news.what}; ${news.mend}`);
        return;
      case 'ready':
      case 'failed':
      case 'mended':
        return; // shown with what came of it
    }
  }

  onDiscord(event: DiscordEvent) {
    if (event.kind === 'warning') this.#show.printNote(event.message);
    if (event.kind === 'alert') this.onAlert(event);
    if (event.kind === 'command-failed')
      this.#show.printNote(`${event.name} failed: ${event.error}`);
  }

  onAlert(change: AlertChange | FeatureAlertChange) {
    if (change.state === 'raised')
      this.#show.printNote(`${toFeatureAlert(change).meaning}: ${change.cause}`);
  }

  onSession(event: SessionEvent) {
    if (event.kind === 'alert') this.onAlert(event);
    else printEvent(event, this.#botName, this.#show);
  }
}
