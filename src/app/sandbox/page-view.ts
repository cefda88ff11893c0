import type { EngineNews } from '#src/app/engines/engine-news.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import type { PageEvent } from '#src/console/sandbox-process.ts';
import type { RoomFact, RoomView, ToolFact } from '#src/ports/room-view.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { escapeTextValues, Mentions } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { isWordless } from '#src/turn/decide-utterance.ts';

type ShownEngine = Extract<PageEvent, { kind: 'engines' }>['engines'][number];
type FactLine = Extract<PageEvent, { kind: 'panel' }>['headline'];

export type SendToPage = (event: PageEvent) => void;

/** Tool calls that the page is told of. */
const maxTools = 8;

/** Reports answers to the page of the sandbox, which cannot see them on Discord, and facts of the bot. */
export class PageView implements RoomView {
  readonly #botName;
  readonly #engines: ShownEngine[] = [];
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
    sendToPage({ kind: 'engines', engines: this.#engines });
  }

  /** Whether somebody has the page open. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** Notes whether somebody has the page open. */
  onWatched(isWatched: boolean): void {
    this.#isWatched = isWatched;
  }

  /** Draws the panel, tracks, timers and tools. */
  show(fact: RoomFact): void {
    if (fact.kind === 'tool') this.#showTool(fact);
    else if (fact.kind === 'panel') this.#showPanel(fact);
    else this.#send(fact);
  }

  #showPanel({ channelId, content }: Extract<RoomFact, { kind: 'panel' }>) {
    const stage = content.findForPlace(channelId)?.stage;
    if (!stage) return;
    const { headline, notes } = stage;
    const lines = { headline: toFactLine(headline), notes: notes.map(toFactLine) };
    this.#send({ kind: 'panel', ...stage, ...lines });
  }

  #showTool({ id, tool, state }: ToolFact) {
    const call = { id, tool, state };
    const isKnown = this.#tools.some((other) => other.id === id);
    const tools = isKnown
      ? this.#tools.map((other) => (other.id === id ? call : other))
      : [...this.#tools, call];
    this.#tools = tools.slice(-maxTools);
    this.#send({ kind: 'tools', tools: this.#tools });
  }

  /** Notes an engine that is ready, before `connect`. */
  onEngine(news: EngineNews): void {
    if (news.kind === 'local-model') this.#send(toModelsEvent(true, news.state));
    if (news.kind !== 'ready') return;
    const { role, isLocal, what, voice } = news;
    this.#engines.push({ role, isLocal, what, voice });
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
        const { name: speaker, why: reason } = event;
        if (reason === 'interjection') return;
        const code = isWordless(reason) ? 'empty' : reason;
        this.#send({ kind: 'ignored', who: speaker, why: code });
        return;
      }
      case 'typed':
        if (event.reason)
          this.#send({
            kind: 'ignored',
            who: '',
            why: 'typed',
            line: toFactLine(event.reason),
          });
        return;
      case 'dropped':
        this.#send({ kind: 'dropped', who: event.name, why: event.why });
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
    const { isMessage } = event;
    this.#liveWords.set(this.#botName, heardText);
    this.#send({
      kind: 'answered',
      answerId,
      who: asker,
      text,
      heardText,
      finish,
      isMessage,
      instants,
    });
  }

  #send(event: PageEvent) {
    this.#sendToPage?.(event);
  }
}

/** Tells the page whether a chat model answers, and how much of one that is on its way is there. */
export function toModelsEvent(
  hasChatModel: boolean,
  state: LocalModelState | undefined,
): PageEvent {
  const kind = 'models';
  if (state?.kind === 'failed' || state?.kind === 'stopped')
    return { kind, hasChatModel: false };
  if (state?.kind !== 'fetching') return { kind, hasChatModel };
  const percent = Math.floor((100 * state.doneBytes) / state.bytes);
  if (state.leftMs === undefined) return { kind, hasChatModel, fetching: { percent } };
  const minutes = Math.ceil(state.leftMs / 60_000);
  return { kind, hasChatModel, fetching: { percent, minutes } };
}

/** Escapes the words of a line, as on Discord. */
function toFactLine({ id, with: values = {} }: TextLine): FactLine {
  const escaped = Object.entries(escapeTextValues(values)).map(([name, value]) => {
    return [name, value instanceof Mentions ? `${value}` : value] as const;
  });
  return { id, with: Object.fromEntries(escaped) };
}
