import type { EngineNews } from '#src/app/engines/engine-news.ts';
import {
  describeSilence,
  explainSilence,
  nothingToSay,
  whyDropped,
} from '#src/console/printer.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

export type SendToPage = (event: PageEvent) => void;

/** Reports answers to the page of the sandbox, which cannot see them on Discord. */
export class PageView {
  readonly #botName;
  readonly #engines: string[] = [];
  readonly #live = new Map<string, string>();
  #report: SendToPage | undefined;

  constructor(botName: string) {
    this.#botName = botName;
  }

  /** Sends the engines, which are ready by then, and every later event. */
  connect(report: SendToPage) {
    this.#report = report;
    report({ kind: 'engines', lines: this.#engines });
  }

  onEngine(news: EngineNews) {
    if (news.kind === 'ready') this.#engines.push(`${news.role}: ${news.what}`);
  }

  onSession(event: SessionEvent) {
    switch (event.kind) {
      case 'recognised':
        this.#report?.({
          kind: 'said',
          who: event.name,
          text: event.text,
        });
        return;
      case 'words':
        this.#onWords(event);
        return;
      case 'answered': {
        const { name: who, text, heardText, finish, instants } = event;
        this.#live.set(this.#botName, heardText);
        this.#report?.({
          kind: 'answered',
          who,
          text: finish === 'empty' ? text || nothingToSay : text,
          heardText,
          finish,
          instants,
        });
        return;
      }
      case 'ignored': {
        if (event.why === 'interjection') return;
        const why = describeSilence(
          explainSilence(event.why, this.#botName),
          this.#botName,
        );
        this.#report?.({ kind: 'ignored', who: event.name, why });
        return;
      }
      case 'dropped':
        this.#report?.({
          kind: 'dropped',
          who: event.name,
          why: whyDropped[event.why],
        });
        return;
      default: // no outcome of speech
    }
  }

  /** Shows words live, then whole as said. */
  #onWords({
    name: who = this.#botName,
    text,
    isWhole,
  }: Extract<SessionEvent, { kind: 'words' }>) {
    if (isWhole) this.#report?.({ kind: 'said', who, text });
    if (isWhole || this.#live.get(who) === text) return;
    this.#live.set(who, text);
    this.#report?.({ kind: 'live', who, text });
  }
}
