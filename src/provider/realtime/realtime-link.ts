import { BotError } from '#src/base/errors.ts';
import { EventInbox } from '#src/provider/event-inbox.ts';
import {
  type JsonEvent,
  JsonSocket,
  type SocketListener,
  type SocketOptions,
} from '#src/provider/json-socket.ts';
import type { RequestPart } from '#src/provider/negotiation/server-knowledge.ts';
import {
  createRealtimeError,
  isAboutRequest,
  isErrorEvent,
  type RealtimeFault,
  readErrorEvent,
} from './realtime-faults.ts';
import { findNextForm, findRefusedPart, leaveOutFields } from './realtime-fields.ts';
import type { RealtimeMemory } from './realtime-memory.ts';
import {
  type ChooseForm,
  createResponseRequest,
  createSessionUpdate,
  createUserItem,
  type RealtimeSessionSettings,
  type ResponseSettings,
  readingPart,
  readSessionFacts,
  type SessionFacts,
  type SessionForm,
  unknownSession,
} from './realtime-session.ts';

/** Servers differ in whether they greet and confirm. One that does neither is believed. */
const answerTimeoutMs = 2000;
/** Updates of one session, which cost nothing. */
const maxUpdates = 6;
const listenRateHz = 16_000;

const assistantTextPart: RequestPart = {
  name: 'text of the assistant',
  forms: ['default', 'output_text', 'text'],
  givenUp: 'never',
};

const talkForms: readonly SessionForm[] = ['present', 'former', 'mixed'];
const recogniserForms: readonly SessionForm[] = [
  'present',
  'transcription',
  'former',
  'flat',
];

function createSessionPart({ kind }: RealtimeSessionSettings): RequestPart {
  const forms = kind === 'realtime' ? talkForms : recogniserForms;
  return { name: `${kind} session`, forms, givenUp: 'never' };
}

/** A server, its session, and what is remembered about both. */
export type RealtimeLinkOptions = SocketOptions & {
  readonly session: RealtimeSessionSettings;
  readonly memory: RealtimeMemory;
};

/** Verdict of a server about an update. */
type Verdict =
  | { readonly kind: 'taken' | 'silent' }
  | { readonly kind: 'refused'; readonly fault: RealtimeFault }
  | { readonly kind: 'lost'; readonly error: BotError };

type FieldForm = { readonly part: RequestPart; readonly form: string };

/**
 * A connection to a Realtime server, whose session has a form that the server takes. What the server tells of its
 * session is noted from every event.
 */
export class RealtimeLink {
  readonly #socket: JsonSocket;
  readonly #options: RealtimeLinkOptions;
  #form: SessionForm = 'present';
  #facts: SessionFacts = unknownSession;
  #updates = 0;
  /** Forms that the server has not taken yet, in place of refused ones. */
  readonly #replaced: FieldForm[] = [];

  private constructor(socket: JsonSocket, options: RealtimeLinkOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /**
   * Opens a connection, waits for the greeting, and agrees on a session. `isTrial` tries forms again that were
   * refused an hour ago. Throws BotError `provider.*`.
   */
  static async open(
    url: URL,
    options: RealtimeLinkOptions,
    isTrial: boolean,
    signal: AbortSignal,
  ): Promise<RealtimeLink> {
    const opening = new LinkOpening(url, options, isTrial, signal);
    return await opening.openLink((socket) => new RealtimeLink(socket, options));
  }

  /** The address of the connection, without the key. */
  get url(): URL {
    return this.#socket.url;
  }

  /** Whether the connection is neither closed nor lost. */
  get isAlive(): boolean {
    return this.#socket.isAlive;
  }

  /** By `nowMs` of the clock. */
  get openedAtMs(): number {
    return this.#socket.openedAtMs;
  }

  /** Form of the session. */
  get form(): SessionForm {
    return this.#form;
  }

  /** Facts that the server has told of the session. */
  get facts(): SessionFacts {
    return this.#facts;
  }

  /** Rate of the sound that the server takes, in Hz. */
  get inputRateHz(): number {
    // vLLM tells nothing of its session, and takes 16 kHz:
    // https://docs.vllm.ai/en/stable/serving/online_serving/speech_to_text/#realtime-api
    if (this.#form === 'flat' && this.#facts.form === undefined) return listenRateHz;
    return this.#facts.inputRateHz;
  }

  /** Type of the assistant's words in the history. */
  get assistantTextType(): string {
    const chosen = this.#choose(assistantTextPart);
    if (chosen !== 'default') return chosen;
    return this.#form === 'present' ? 'output_text' : 'text';
  }

  /** Sets the only listener, which must not throw. A loss that happened before is reported at once. */
  attach(listener: SocketListener): void {
    this.#socket.attach({
      onEvent: (event) => {
        this.noteEvent(event);
        listener.onEvent(event);
      },
      onLost: (error) => listener.onLost(error),
    });
  }

  /** Removes the listener. Events until the next `attach` are dropped. */
  detach(): void {
    this.#socket.detach();
  }

  /** Stops reading, or goes on. One more event may arrive. */
  setPaused(isPaused: boolean): void {
    this.#socket.setPaused(isPaused);
  }

  /** Sends an event without waiting. */
  send(event: JsonEvent): void {
    this.#socket.send(event);
  }

  /** Adds mono samples at the rate of the session's input. */
  appendSound(samples: Int16Array): void {
    this.#socket.appendRealtimeSound(samples);
  }

  /** Closes the connection at once. The listener is not told. */
  close(): void {
    this.#socket.close();
  }

  /** Notes what an event tells of the session. */
  noteEvent(event: JsonEvent): void {
    this.#facts = readSessionFacts(event, this.#facts);
  }

  /** Sets the form of the session from now on. */
  setForm(form: SessionForm): void {
    this.#form = form;
  }

  /** Sends settings without waiting, and returns the event. */
  updateSession(settings: RealtimeSessionSettings, eventId: string): JsonEvent {
    const update = createSessionUpdate(settings, this.#form, this.#choose, this.#facts);
    const event = leaveOutFields({ ...update, event_id: eventId }, this.#choose);
    this.#socket.send(event);
    return event;
  }

  /** Whether the server reads a text without a trace in the conversation. */
  get readsAside(): boolean {
    return this.#choose(readingPart) === 'aside';
  }

  /** Asks for a response without waiting, and returns the event. */
  requestResponse(settings: ResponseSettings, eventId: string): JsonEvent {
    const { aside } = settings;
    if (aside && !this.readsAside)
      this.send({ type: 'conversation.item.create', item: createUserItem(aside.text) });
    const request = createResponseRequest(
      settings,
      this.#form,
      this.#choose,
      this.#facts,
    );
    const event = leaveOutFields({ ...request, event_id: eventId }, this.#choose);
    this.#socket.send(event);
    return event;
  }

  /**
   * Sends settings and waits until the server takes them. Unless all `isNeeded`, fields that it refuses by name are
   * left out from then on. Returns the fault that remains. Becomes the listener of the socket. Throws the error of a
   * lost connection.
   */
  async settleSession(
    settings: RealtimeSessionSettings,
    isNeeded: boolean,
    signal: AbortSignal,
  ): Promise<RealtimeFault | undefined> {
    const inbox = new EventInbox();
    this.#socket.attach(inbox);
    for (;;) {
      const eventId = `settings_${++this.#updates}`;
      const sent = this.updateSession(settings, eventId);
      const verdict = await awaitVerdict(this, inbox, eventId, this.#options, signal);
      if (verdict.kind === 'lost') throw verdict.error;
      if (verdict.kind !== 'refused') {
        this.learnGivenUp();
        return undefined;
      }
      const mayAsk = !isNeeded && this.#updates < maxUpdates;
      if (!mayAsk || !this.giveUpField(verdict.fault, sent)) return verdict.fault;
    }
  }

  /** Returns whether a fault names a field of a sent event that can be left out. */
  canGiveUp(fault: RealtimeFault, sent: JsonEvent): boolean {
    return this.#findLesson(fault, sent) !== undefined;
  }

  /** Leaves out the field of a sent event that a fault names, or calls it otherwise. False if it names none. */
  giveUpField(fault: RealtimeFault, sent: JsonEvent): boolean {
    const next = this.#findLesson(fault, sent);
    if (next) this.#replaced.unshift(next);
    return next !== undefined;
  }

  /** Learns which fields were given up, for all connections. */
  learnGivenUp(): void {
    const { knowledge } = this.#options.memory;
    const learnt = new Set<string>();
    // The newest form of a part comes first.
    for (const { form, part } of this.#replaced.splice(0)) {
      const key = `${part.name} ${part.circumstance}`;
      if (!learnt.has(key)) knowledge.learnLesson({ part, form, certainty: 'named' });
      learnt.add(key);
    }
  }

  /** Learns the type of the assistant's words from a fault about a message of the history. */
  noteRefusedItem({ message, param }: RealtimeFault): void {
    if (!/content|output_text|\btext\b/.test(`${param} ${message}`)) return;
    const form = this.assistantTextType === 'text' ? 'output_text' : 'text';
    const part = assistantTextPart;
    this.#options.memory.knowledge.learnLesson({ part, form, certainty: 'named' });
  }

  #findLesson(fault: RealtimeFault, sent: JsonEvent) {
    if (!isAboutRequest(fault)) return undefined;
    const part = findRefusedPart(fault, sent);
    const form = part && findNextForm(part, this.#choose, sent);
    return part && form !== undefined ? { part, form } : undefined;
  }

  readonly #choose: ChooseForm = (part) => {
    const replaced = this.#replaced.find(
      (other) =>
        other.part.name === part.name && other.part.circumstance === part.circumstance,
    );
    return replaced?.form ?? this.#options.memory.knowledge.chooseForm(part);
  };
}

/** Waits until a server takes or refuses an update. A server that never confirms is asked no more. */
async function awaitVerdict(
  link: RealtimeLink,
  inbox: EventInbox,
  eventId: string,
  { clock, memory }: RealtimeLinkOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  if (!memory.isAwaited('confirms')) return { kind: 'silent' };
  try {
    const isWanted = (event: JsonEvent) => {
      link.noteEvent(event);
      return isVerdict(event, eventId);
    };
    const event = await inbox.takeEvent(
      isWanted,
      { clock, ms: answerTimeoutMs },
      signal,
    );
    if (event && isErrorEvent(event))
      return { kind: 'refused', fault: readErrorEvent(event) };
    if (event) return { kind: 'taken' };
    memory.noteLack('confirms');
    return { kind: 'silent' };
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    return { kind: 'lost', error };
  }
}

function isVerdict(event: JsonEvent, eventId: string) {
  if (!isErrorEvent(event)) return isSessionEvent(event, 'updated');
  const { eventId: blamedId } = readErrorEvent(event);
  return blamedId === undefined || blamedId === eventId;
}

/** The opening of one connection. */
class LinkOpening {
  readonly #url: URL;
  readonly #options: RealtimeLinkOptions;
  readonly #isTrial: boolean;
  readonly #signal: AbortSignal;
  readonly #part: RequestPart;
  readonly #refusedForms = new Set<string>();
  /** A form that the server took without obeying it, for want of a better one. */
  #takenForm: SessionForm | undefined;
  #firstError: BotError | undefined;

  constructor(
    url: URL,
    options: RealtimeLinkOptions,
    isTrial: boolean,
    signal: AbortSignal,
  ) {
    this.#url = url;
    this.#options = options;
    this.#signal = signal;
    this.#part = createSessionPart(options.session);
    const { knowledge } = options.memory;
    this.#isTrial = isTrial && knowledge.isDue(this.#part);
    if (this.#isTrial) knowledge.delayTrial(this.#part);
  }

  /** Opens sockets until a server takes the session. A server may close the connection at a form. */
  async openLink(wrap: (socket: JsonSocket) => RealtimeLink): Promise<RealtimeLink> {
    for (;;) {
      const inbox = new EventInbox();
      const socket = await openSocketWithKey(
        this.#url,
        this.#options,
        inbox,
        this.#signal,
      );
      const link = wrap(socket);
      try {
        await this.#awaitGreeting(link, inbox);
        const isAgreed = await this.#agreeOnSession(link, inbox);
        link.detach();
        if (isAgreed) return link;
      } catch (error) {
        link.close();
        throw error;
      }
      link.close();
    }
  }

  /** Any first event ends the wait. xAI begins with `conversation.created`. */
  async #awaitGreeting(link: RealtimeLink, inbox: EventInbox) {
    const { clock, memory } = this.#options;
    if (!memory.isAwaited('greets')) return;
    const wait = { clock, ms: answerTimeoutMs };
    const greeting = await inbox.takeEvent(() => true, wait, this.#signal);
    if (!greeting) {
      memory.noteLack('greets');
      return;
    }
    if (isErrorEvent(greeting))
      throw createRealtimeError(readErrorEvent(greeting), this.#options);
    link.noteEvent(greeting);
  }

  /** Agrees on a session. False if the server closed the connection, and may take another form. */
  async #agreeOnSession(link: RealtimeLink, inbox: EventInbox): Promise<boolean> {
    for (let updates = 1; ; updates++) {
      const form = this.#chooseSessionForm(link);
      if (form === undefined) throw this.#firstError ?? new Error('no form was tried');
      link.setForm(form);
      const eventId = `open_${updates}`;
      const sent = link.updateSession(this.#options.session, eventId);
      const verdict = await awaitVerdict(
        link,
        inbox,
        eventId,
        this.#options,
        this.#signal,
      );
      if (verdict.kind === 'lost') return this.#noteLoss(form, verdict.error);
      if (verdict.kind === 'refused') {
        this.#noteRefusal(link, verdict.fault, sent, updates);
      } else if (this.#isObeyed(link, verdict)) {
        this.#learnForm(form);
        link.learnGivenUp();
        return true;
      } else {
        this.#takenForm ??= form;
        this.#refusedForms.add(form);
      }
    }
  }

  #noteLoss(form: SessionForm, error: BotError) {
    this.#firstError ??= error;
    this.#refusedForms.add(form);
    if (this.#part.forms.every((other) => this.#refusedForms.has(other))) throw error;
    return false;
  }

  #noteRefusal(
    link: RealtimeLink,
    fault: RealtimeFault,
    sent: JsonEvent,
    updates: number,
  ) {
    this.#firstError ??= createRealtimeError(fault, this.#options);
    if (!isAboutRequest(fault) || updates >= maxUpdates) throw this.#firstError;
    if (!link.giveUpField(fault, sent)) this.#refusedForms.add(link.form);
    if (link.form === this.#takenForm) throw this.#firstError;
  }

  /** A server that reads other names may confirm an update that it has not understood. */
  #isObeyed(link: RealtimeLink, verdict: Verdict) {
    const told = link.facts.form;
    if (verdict.kind === 'silent' || told === undefined) return true;
    const isSame = told === link.form || [told, link.form].every(isFormer);
    return isSame || link.form === this.#takenForm || !this.#isOpen(told);
  }

  /** Chooses what was learnt, else what the server tells of its session, else the best form. */
  #chooseSessionForm(link: RealtimeLink): SessionForm | undefined {
    const { knowledge } = this.#options.memory;
    const learnt = this.#isTrial ? undefined : knowledge.chooseForm(this.#part);
    const [best] = this.#part.forms;
    const wanted = [
      ...(learnt !== undefined && learnt !== best ? [learnt] : []),
      ...(link.facts.form === undefined ? [] : [link.facts.form]),
      ...this.#part.forms,
    ];
    const open = wanted.find((form) => this.#isOpen(form));
    return (open as SessionForm | undefined) ?? this.#takenForm;
  }

  #isOpen(form: string) {
    return this.#part.forms.includes(form) && !this.#refusedForms.has(form);
  }

  #learnForm(form: SessionForm) {
    const { knowledge } = this.#options.memory;
    const [best] = this.#part.forms;
    if (form === best) knowledge.forgetLesson(this.#part);
    else if (knowledge.chooseForm(this.#part) !== form || this.#isTrial)
      knowledge.learnLesson({ part: this.#part, form, certainty: 'named' });
  }
}

function isFormer(form: SessionForm) {
  return form === 'former' || form === 'transcription';
}

/** Returns whether a server reports that it has created or updated a session. */
export function isSessionEvent(
  { type }: JsonEvent,
  state: 'created' | 'updated',
): boolean {
  return type === `session.${state}` || type === `transcription_session.${state}`;
}

const keyHeaderPart: RequestPart = {
  name: 'key header',
  forms: ['Authorization', 'api-key'],
  givenUp: 'never',
};

/** Opens a socket. A server that refuses the key is asked once more with the key in the other header, as Azure. */
async function openSocketWithKey(
  url: URL,
  options: RealtimeLinkOptions,
  listener: SocketListener,
  signal: AbortSignal,
): Promise<JsonSocket> {
  const { apiKey, memory } = options;
  const { knowledge } = memory;
  const chosen = knowledge.chooseForm(keyHeaderPart);
  const open = (keyHeader: string) =>
    JsonSocket.open(url, { ...options, keyHeader }, listener, signal);
  try {
    return await open(chosen);
  } catch (error) {
    const isKeyRefused = error instanceof BotError && error.code === 'provider.bad_key';
    const form = keyHeaderPart.forms.find((other) => other !== chosen);
    if (!isKeyRefused || !apiKey || form === undefined) throw error;
    const socket = await open(form).catch(() => {
      signal.throwIfAborted();
      throw error;
    });
    knowledge.learnLesson({ part: keyHeaderPart, form, certainty: 'named' });
    return socket;
  }
}
