import type { EngineNews } from '#src/app/engines/engine-news.ts';
import {
  describeSilence,
  dropReasons,
  explainSilence,
  nothingToSay,
} from '#src/console/printer.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import type { RoomFact, RoomView, ToolFact } from '#src/ports/room-view.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { TypedOutcome } from '#src/ports/typed-messages.ts';

export type SendToPage = (event: PageEvent) => void;

/** Why a typed line got no reply. Undefined: it got one, or its words say enough. */
const typedSilences: Readonly<Record<TypedOutcome, string | undefined>> = {
  answered: undefined,
  read: undefined,
  deleted: undefined,
  elsewhere: undefined,
  bot: undefined,
  webhook: undefined,
  failed: 'that did not work',
  off: 'typed lines are turned off here; /settings view shows it',
  refused: 'you said no, or it may not answer you; press Hear me to change your no',
  unasked: 'that line was not for it; mention it',
  paused: 'it is paused; press Pause/resume',
  unread: 'it cannot read that line; mention it',
  empty: 'that line holds nothing to answer',
  'not-meant': 'that line was not for it; mention it',
  full: 'it has too many lines to answer; wait a moment',
  absent: 'it is in no voice channel; /join calls it',
  silent: 'it may not speak here',
};

/** Tool calls that the page is told of. */
const maxTools = 8;

/** Reports answers to the page of the sandbox, which cannot see them on Discord, and facts of the bot. */
export class PageView implements RoomView {
  readonly #botName;
  readonly #engineLines: string[] = [];
  /** Latest words of each speaker, by name. */
  readonly #liveWords = new Map<string, string>();
  /** Oldest first. */
  #tools: readonly ToolFact[] = [];
  #sendToPage: SendToPage | undefined;
  #isWatched = false;

  readonly glimpse: RoomView['glimpse'];

  /** `glimpser` shows words so far. Without one, words are shown in pauses. */
  constructor(botName: string, glimpser?: Pick<Required<RoomView>, 'glimpse'>) {
    this.#botName = botName;
    this.glimpse = glimpser?.glimpse.bind(glimpser);
  }

  /** Sends the engines, which are ready by then, and every later event. */
  connect(sendToPage: SendToPage): void {
    this.#sendToPage = sendToPage;
    sendToPage({ kind: 'engines', lines: this.#engineLines });
  }

  /** Whether somebody has the page open. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** Notes whether somebody has the page open. */
  onWatched(isWatched: boolean): void {
    this.#isWatched = isWatched;
  }

  /** Draws tracks, timers and tools. */
  show(fact: RoomFact): void {
    if (fact.kind === 'tool') this.#showTool(fact);
    else this.#send(fact);
  }

  #showTool({ id, tool, state }: ToolFact) {
    const others = this.#tools.filter((other) => other.id !== id);
    this.#tools = [...others, { id, tool, state }].slice(-maxTools);
    this.#send({ kind: 'tools', tools: this.#tools });
  }

  /** Notes an engine that is ready, before `connect`. */
  onEngine(news: EngineNews): void {
    if (news.kind === 'ready') this.#engineLines.push(`${news.role}: ${news.what}`);
  }

  /** Shows words and outcomes of speech. Other events change nothing. */
  onSession(event: SessionEvent): void {
    switch (event.kind) {
      case 'recognised':
        this.#liveWords.delete(event.name);
        this.#send({ kind: 'said', who: event.name, text: event.text });
        return;
      case 'words':
        this.#showWords(event);
        return;
      case 'answering': {
        const { answerId, name: asker } = event;
        this.#send({ kind: 'answering', answerId, who: asker });
        return;
      }
      case 'answered':
        this.#showAnswer(event);
        return;
      case 'ignored': {
        if (event.why === 'interjection') return;
        const silence = explainSilence(event.why, this.#botName);
        const advice =
          silence.stage === 'attend' ? '' : ' Say it again, closer to the microphone.';
        const reason = `${describeSilence(silence, this.#botName)}${advice}`;
        this.#send({ kind: 'ignored', who: event.name, why: reason });
        return;
      }
      case 'typed': {
        const reason = typedSilences[event.outcome];
        const why = `${this.#botName} did not answer: ${reason}.`;
        if (reason !== undefined) this.#send({ kind: 'ignored', who: '', why });
        return;
      }
      case 'dropped':
        this.#send({ kind: 'dropped', who: event.name, why: dropReasons[event.why] });
        return;
      default: // no outcome of speech
    }
  }

  /** Shows words live, then whole as said. */
  #showWords({
    name: speaker = this.#botName,
    answerId,
    text,
    isWhole,
  }: Extract<SessionEvent, { kind: 'words' }>) {
    if (isWhole) this.#send({ kind: 'said', who: speaker, text });
    if (isWhole || (this.#liveWords.get(speaker) ?? '') === text) return;
    this.#liveWords.set(speaker, text);
    this.#send({ kind: 'live', who: speaker, text, answerId });
  }

  #showAnswer(event: Extract<SessionEvent, { kind: 'answered' }>) {
    const { answerId, name: asker, text, heardText, finish, instants } = event;
    this.#liveWords.set(this.#botName, heardText);
    this.#send({
      kind: 'answered',
      answerId,
      who: asker,
      text: finish === 'empty' ? text || nothingToSay : text,
      heardText,
      finish,
      instants,
    });
  }

  #send(event: PageEvent) {
    this.#sendToPage?.(event);
  }
}
