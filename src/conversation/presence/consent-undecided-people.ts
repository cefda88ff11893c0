import { speakable } from '#src/chat/text/speakable.ts';
import type { ConsentGate } from '#src/conversation/hearing/consent-gate.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SessionChannel } from '#src/conversation/session-dependencies.ts';
import { notifyPerson, spokenLocale, spokenText } from '#src/notices/notice.ts';
import { type PacketHeader, UnheardPackets } from '#src/people/unheard-packets.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { greetingRules } from '#src/turn/greeting.ts';

/** Parts of a session that tell who has not decided. */
type UndecidedParts = SessionChannel & {
  readonly gate: ConsentGate;
  readonly people: () => readonly ChannelMember[];
  readonly signal: AbortSignal;
};

/** People of one session whom it remembers to have named or told; further ones are neither named nor told. */
const mostPeople = 1_000;

/** Whether a person there has said neither yes nor no, bots left out. */
export function hasUnasked({ gate, people }: Pick<UndecidedParts, 'gate' | 'people'>): boolean {
  return people().some(({ id, isBot }) => !isBot && gate.standing(id) === 'unasked');
}

/**
 * People of a session who have said neither yes nor no: the panel names each once, and a person who talks without being heard
 * reads once how to be heard. It never names or tells a bot, nor a person who said no, is blocked, or is left out of captions.
 */
export class UndecidedPeople {
  readonly #context: UndecidedParts;
  readonly #packets = new UnheardPackets();
  /** Whether the panel names a person now; false: it did. */
  readonly #named: Map<string, boolean>;
  /** People who talked without being heard, and were told. */
  readonly #notified: Set<string>;

  /** `former`: the same of the session that this one goes on from; nobody is named or told twice. */
  constructor(context: UndecidedParts, former: UndecidedPeople | undefined) {
    this.#context = context;
    this.#named = former ? former.#named : new Map();
    this.#notified = former ? former.#notified : new Set();
  }

  /** To be called before the panel is drawn, with everybody there. */
  check(people: readonly ChannelMember[]): void {
    const open = people.filter((one) => this.#isOpen(one)).map(({ id }) => id);
    const openIds = new Set(open);
    this.#packets.keep(openIds);
    for (const id of this.#named.keys()) if (!openIds.has(id)) this.#named.set(id, false);
    for (const id of open) {
      if (!this.#named.has(id) && this.#named.size < mostPeople) this.#named.set(id, true);
    }
  }

  isNamed(personId: string): boolean {
    return this.#named.get(personId) === true;
  }

  /** Forgets this person, as if they had never been here. */
  forget(personId: string): void {
    this.#packets.forget(personId);
    this.#named.delete(personId);
    this.#notified.delete(personId);
  }

  /** Handles the header of a packet of a person who is not heard. Throws nothing of its own. */
  arrived(packet: PacketHeader): void {
    const { speakerId } = packet;
    if (this.#notified.has(speakerId) || this.#notified.size >= mostPeople) return;
    const person = this.#context.people().find(({ id }) => id === speakerId);
    const mayNotify = person !== undefined && !this.#context.gate.paused && this.#isOpen(person);
    const isEnough = mayNotify && this.#packets.add(packet);
    if (isEnough || !mayNotify) this.#packets.forget(speakerId);
    if (!isEnough) return;
    this.#notified.add(speakerId);
    notifyPerson(speakerId, [{ id: 'consent.no' }], this.#context, this.#context.signal);
  }

  /** Whether this person may still answer, as far as the stores have told: a stored no may not be known yet. */
  #isOpen({ id, isBot }: ChannelMember): boolean {
    const { gate } = this.#context;
    return gate.isRead && !isBot && gate.standing(id) === 'unasked' && !gate.isLeftOut(id);
  }
}

/** Greets aloud and once, and says whom the bot hears: for people who did not call it and so have read nothing of it. */
export function greetOnArrival(
  context: SessionContext,
  people: readonly ChannelMember[],
  callerId: string,
): void {
  const { channel, isFirst, maySpeak, parts, queue, settings } = context;
  const isOther = ({ id, isBot }: ChannelMember) => !isBot && id !== callerId;
  if (!maySpeak() || !isFirst('greeted') || !people.some(isOther)) return;
  const { language } = settings();
  const { listenFirstMs, tooLateMs } = greetingRules;
  queue.put({
    language: spokenLocale(channel.guildId, parts, language),
    longestWaitMs: tooLateMs,
    greetingAfterMs: listenFirstMs,
    words: () =>
      speakable(spokenText({ id: greetingOf(context) }, channel.guildId, parts, language)),
    ended: () => undefined,
  });
}

function greetingOf(context: SessionContext) {
  if (context.settings().consent.policy === 'notice') return 'join.spoken.notice';
  return hasUnasked(context) ? 'join.spoken' : 'join.spoken.heard';
}
