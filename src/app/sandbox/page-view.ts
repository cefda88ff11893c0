import type { EngineNews } from '#src/app/engines/engine-client.ts';
import { realClock } from '#src/base/clock.ts';
import { silenceLine, silenceOf } from '#src/console/first-run/silence.ts';
import type { ProviderRole } from '#src/provider/provider-news.ts';
import type { SessionEvent } from '#src/session/ports/events.ts';
import { whyDropped } from './sandbox-view.ts';

/** Takes an event for the page; its shape stands in `sandbox/page/room-protocol.ts`. */
export type TellPage = (event: object) => void;

/** Answers of the bot for the page of the sandbox: the page cannot see them on Discord, so the bot's process reports them. */
export class PageView {
  readonly #botName: string;
  readonly #engines = new Map<ProviderRole, string>();
  #tell: TellPage | undefined;

  constructor(botName: string) {
    this.#botName = botName;
  }

  /** Connects the page: `tell` hears all from now on, and of the engines also what was before. */
  connect(tell: TellPage): void {
    this.#tell = tell;
    this.#tellEngines();
  }

  engine(news: EngineNews): void {
    if (news.kind !== 'ready') return;
    this.#engines.set(news.role, `${news.role}: ${news.what}`);
    this.#tellEngines();
  }

  session(event: SessionEvent): void {
    switch (event.kind) {
      case 'recognised':
        this.#tell?.({
          kind: 'said',
          who: event.name,
          text: event.text,
          atMs: realClock.nowMs(),
        });
        return;
      case 'answered': {
        const { name: who, text, heardText, finish, instants } = event;
        this.#tell?.({ kind: 'answered', who, text, heardText, finish, instants });
        return;
      }
      case 'ignored': {
        const why = silenceLine(silenceOf(event.why, this.#botName), this.#botName);
        this.#tell?.({ kind: 'ignored', who: event.name, why });
        return;
      }
      case 'dropped':
        this.#tell?.({ kind: 'dropped', who: event.name, why: whyDropped[event.why] });
        return;
      default: // no outcome of speech
    }
  }

  #tellEngines(): void {
    if (this.#engines.size > 0)
      this.#tell?.({ kind: 'engines', lines: [...this.#engines.values()] });
  }
}
