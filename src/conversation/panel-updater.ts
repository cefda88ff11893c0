import type { ConsentGate } from '#src/conversation/hearing/consent-gate.ts';
import { currentTurn } from '#src/conversation/machine/questions.ts';
import type { ConversationState, TurnState } from '#src/conversation/machine/state.ts';
import type { HeardQuestion, PanelFace } from '#src/conversation/ports/panel.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { UnaskedPeople } from '#src/people/newcomers.ts';
import type { UsedBudget } from '#src/spending/budget-authority.ts';
import { cut } from '#src/texts/plain.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import { joinedLine } from './joining/joined-line.ts';
import type { SessionContext } from './session-context.ts';

/** People in a channel, whether or not the bot reaches them. */
export type ChannelPresence = {
  /** Everybody there, bots included. */
  readonly people: readonly ChannelMember[];
  readonly gate: ConsentGate;
};

/** Activity in a channel at one moment. */
export type ChannelActivity = ChannelPresence & {
  readonly channelName: string;
  /** Ids of those who talk. */
  readonly talking: readonly string[];
};

/** Time, in ms, for which the panel shows that a person was just heard for the first time. */
const firstHeardMs = 5_000;
/** Questions shown at once, one of each person, and the most characters of each. */
const [mostShown, mostChars] = [3, 200];

/** Keeps the panel of one session up to date: sends it when it has changed, and invites newcomers there to answer. */
export class PanelUpdater {
  readonly #context: SessionContext;
  readonly #newcomers: UnaskedPeople;
  /** When each person was heard first, by id. */
  readonly #met = new Map<string, number>();
  #shown = '';

  /** `former`: panel of the session that this one goes on from; no person is invited twice. */
  constructor(context: SessionContext, former: PanelUpdater | undefined) {
    this.#context = context;
    this.#newcomers = former ? former.#newcomers : new UnaskedPeople();
  }

  /** Instant at which something that it shows passes by itself, or a newcomer is due; infinite where nothing does. */
  get passesAtMs(): number {
    const nowMs = this.#context.parts.clock.nowMs();
    const met = [...this.#met.values()].map((atMs) => atMs + firstHeardMs);
    const next = met.filter((atMs) => atMs > nowMs);
    const passing = [this.#context.addressing.closesAtMs, this.#newcomers.dueAtMs];
    return Math.min(...passing, ...next);
  }

  /** This person has been asked elsewhere whether they may be heard. */
  asked(personId: string): void {
    this.#newcomers.asked(personId);
  }

  check(activity: ChannelActivity): void {
    const nowMs = this.#context.parts.clock.nowMs();
    for (const id of activity.talking) {
      if (!this.#met.has(id)) this.#met.set(id, nowMs);
    }
    const firstHeard = this.#justMet(activity, nowMs);
    const asked = this.#askedIn(activity);
    const { talk } = this.#context;
    const { dropped, unnamed: nameless } = talk.state.notes;
    const lost = dropped.map(({ by, why }) => ({ name: this.#context.nameOf(by), why }));
    const unnamed = nameless.map(({ by }) => ({ name: this.#context.nameOf(by) }));
    const understood = this.#understood();
    const next = followingOf(talk.state);
    const step = this.#step();
    const quiet = this.#context.parts.spending.used(this.#context.channel.guildId);
    const maySpeak = this.#context.maySpeak();
    const state = stateOf(talk.state, { ...activity, maySpeak, step, quiet });
    const headline = maySpeak && !activity.gate.paused && this.#headlineFor(activity);
    this.#show(state, this.#chipsOf(activity), {
      ...(headline && { headline }),
      ...(firstHeard.length > 0 && { firstHeard }),
      ...(asked.length > 0 && { asked }),
      next: next?.name,
      ...(lost.length > 0 && { lost }),
      ...(unnamed.length > 0 && { unnamed }),
      ...(understood.length > 0 && { understood }),
      ...this.#context.features.panel(),
    });
    this.#invite(activity, nowMs);
  }

  /** The tool people wait for. */
  #step(): PlainTextId | undefined {
    const { talk } = this.#context;
    const { current } = talk.state.floor;
    const isSilent = current && (!current.isAudible || current.isStarved);
    return isSilent ? talk.answers.pendingOf(current.reply)?.step : undefined;
  }

  /**
   * Questions on the panel, the latest of each person: spoken words, while they are written nowhere else, in the chat of the voice channel.
   */
  #understood(): readonly HeardQuestion[] {
    const { channel, features, gate, parts, talk } = this.#context;
    const place = parts.panels.placeIn(channel.guildId);
    if (place?.channelId !== channel.channelId) return [];
    const { isEnding } = talk.state;
    if (features.panel().captionsIn !== undefined || gate.paused || isEnding) return [];
    const agreed = talk.state.notes.understood.filter(({ by }) => hasAgreed(by, gate));
    const latest = new Map(agreed.map((one) => [one.by, one]));
    return [...latest.values()].slice(-mostShown).flatMap(({ by, words }) => {
      const text = cut(visibleLine(words), mostChars);
      return text === '' ? [] : [{ name: this.#context.nameOf(by), words: text }];
    });
  }

  /** The link is away and is to come back. */
  away(company: ChannelPresence): void {
    this.#show({ kind: 'reconnecting' }, this.#chipsOf(company));
  }

  /** `why`: what people are to know of it. */
  left(why?: TextLine): void {
    this.#show({ kind: 'left', why }, []);
  }

  #headlineFor({ channelName: channel, people, gate }: ChannelActivity): TextLine {
    const {
      channel: { guildId },
      parts,
    } = this.#context;
    const persons = people.filter(({ isBot }) => !isBot);
    const isAsking = persons.some(({ id }) => gate.standing(id) === 'unasked');
    return joinedLine(persons.length, isAsking, { channel, bot: parts.places.botName(guildId) });
  }

  /** Names of people who are heard, or have not answered and are named once; of the others only their number. */
  #chipsOf({ people, gate }: ChannelPresence): PanelFace['people'] {
    const { unanswered } = this.#context;
    unanswered.check(people);
    return people.flatMap(({ id, isBot, name }): PanelFace['people'] => {
      const heard = gate.standing(id);
      if (isBot || (heard === 'no' && !gate.saidNo(id))) return [];
      const isNamed = heard === 'yes' || (heard === 'unasked' && unanswered.isNamed(id));
      return [{ ...(isNamed && { name }), heard }];
    });
  }

  #justMet({ people, gate }: ChannelActivity, nowMs: number): readonly string[] {
    const isNew = ({ id }: ChannelMember) => {
      const metAtMs = this.#met.get(id) ?? Number.NEGATIVE_INFINITY;
      return nowMs - metAtMs < firstHeardMs && gate.standing(id) === 'yes';
    };
    return people.filter(isNew).map(({ name }) => name);
  }

  /** Names of people whom the panel invites to talk: addressed, silent, and with consent. */
  #askedIn({ people, gate, talking }: ChannelActivity): readonly string[] {
    const isAwaited = ({ id }: ChannelMember) =>
      this.#context.addressing.isOpen(id) && !talking.includes(id) && gate.standing(id) === 'yes';
    return gate.paused ? [] : people.filter(isAwaited).map(({ name }) => name);
  }

  /** Invites newcomers to answer; none as long as it is not known who has said no. */
  #invite({ people, gate }: ChannelActivity, atMs: number): void {
    const { channel } = this.#context;
    const { guildId, channelId } = channel;
    const personId = this.#newcomers.next({
      atMs,
      channelId,
      mayAsk: gate.policy === 'ask' && gate.isRead && !gate.paused,
      people: people.map(({ id, isBot }) => ({
        id,
        isBot,
        unasked: gate.standing(id) === 'unasked',
      })),
    });
    if (personId === undefined) return;
    const { captionsDays } = this.#context.features.panel();
    this.#context.parts.panels.invite(guildId, personId, captionsDays);
  }

  #show(
    state: PanelFace['state'],
    people: PanelFace['people'],
    passing: Omit<PanelFace, 'state' | 'people'> = {},
  ): void {
    const { panels } = this.#context.parts;
    const face: PanelFace = { state, people, ...passing };
    const shown = JSON.stringify(face);
    if (shown === this.#shown) return;
    this.#shown = shown;
    panels.show(this.#context.channel.guildId, face);
  }
}

/**
 * Whether this person may be written, and said yes themselves: each yes is told that all who can open the chat may read their
 * questions.
 */
function hasAgreed(personId: string, gate: ConsentGate): boolean {
  return gate.mayWrite(personId) && gate.consentOf(personId) !== 'policy';
}

/** Question that is answered after the current one. */
function followingOf({ floor, turns }: ConversationState): TurnState | undefined {
  const [next] = floor.queue.flatMap((id) => turns.find((one) => one.id === id) ?? []);
  return floor.current && next;
}

/** State that the panel shows. A pause comes first, so that the button's presser sees that it worked. */
function stateOf(
  state: ConversationState,
  {
    channelName,
    gate,
    maySpeak,
    people,
    quiet,
    step,
    talking,
  }: ChannelActivity & {
    readonly quiet?: UsedBudget;
    readonly maySpeak: boolean;
    readonly step: PlainTextId | undefined;
  },
): PanelFace['state'] {
  const { current, queue } = state.floor;
  const isPending = state.turns.some(({ open }) => open.some(({ isEnded }) => isEnded));
  const isAwaited = current !== undefined || queue.length > 0 || isPending;
  if (gate.paused) return { kind: 'paused' };
  if (isAwaited && step) return { kind: 'step', step };
  if (isAwaited && !current?.isAudible) return { kind: 'thinking' };
  const turn = currentTurn(state);
  if (turn) return { kind: 'speaking', name: turn.name };
  if (current) return { kind: 'speaking', name: channelName };
  if (quiet) return { kind: 'quiet', time: quiet.time };
  const talker = people.find(({ id }) => talking.includes(id));
  if (talker) return { kind: 'hearing', name: talker.name };
  return { kind: maySpeak ? 'listening' : 'captions_only' };
}
