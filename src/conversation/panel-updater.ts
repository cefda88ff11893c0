import type { ConsentGate } from '#src/conversation/hearing/consent-gate.ts';
import type { LostQuestion, PanelFace } from '#src/conversation/ports/panel.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { QueuedQuestion, QueuedTurn } from '#src/conversation/queue/queued-turn.ts';
import { UnaskedPeople } from '#src/people/newcomers.ts';
import type { UsedBudget } from '#src/spending/budget-authority.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
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
  readonly current: QueuedTurn | undefined;
  /** Question that is answered after it. */
  readonly following: QueuedQuestion | undefined;
  /** Something of the current matter has been heard. */
  readonly sounds: boolean;
  /** The tool that runs for it while nothing is heard. */
  readonly step?: PlainTextId;
};

/** Time, in ms, for which the panel shows that a person was just heard for the first time. */
const firstHeardMs = 5_000;
/** Time, in ms, for which the panel shows that a person is not going to be answered, or not without a name; it names five at most. */
const lostMs = 10_000;
const mostLost = 5;

/** Keeps the panel of one session up to date: sends it when it has changed, and invites newcomers there to answer. */
export class PanelUpdater {
  readonly #context: SessionContext;
  readonly #newcomers: UnaskedPeople;
  /** When each person was heard first, by id. */
  readonly #met = new Map<string, number>();
  #lost: readonly (LostQuestion & { readonly atMs: number })[] = [];
  /** People who were told once that they need the name. */
  readonly #notifiedOfName: Set<string>;
  #unnamed: readonly { readonly name: string; readonly atMs: number }[] = [];
  #shown = '';

  /** `former`: panel of the session that this one goes on from; no person is invited twice. */
  constructor(context: SessionContext, former: PanelUpdater | undefined) {
    this.#context = context;
    this.#newcomers = former ? former.#newcomers : new UnaskedPeople();
    this.#notifiedOfName = former ? former.#notifiedOfName : new Set();
  }

  /** Instant at which something that it shows passes by itself, or a newcomer is due; infinite where nothing does. */
  get passesAtMs(): number {
    const nowMs = this.#context.parts.clock.nowMs();
    const met = [...this.#met.values()].map((atMs) => atMs + firstHeardMs);
    const lines = [...this.#lost, ...this.#unnamed].map(({ atMs }) => atMs + lostMs);
    const next = [...met, ...lines].filter((atMs) => atMs > nowMs);
    const { addressing, recentQuestions } = this.#context;
    const passing = [addressing.closesAtMs, recentQuestions.passesAtMs, this.#newcomers.dueAtMs];
    return Math.min(...passing, ...next);
  }

  /** This person has been asked elsewhere whether they may be heard. */
  asked(personId: string): void {
    this.#newcomers.asked(personId);
  }

  /** Shows that the question of this person was dropped. */
  lost(name: string, why: LostQuestion['why']): void {
    const others = this.#lost.filter((one) => one.name !== name);
    const atMs = this.#context.parts.clock.nowMs();
    this.#lost = [...others, { name, why, atMs }].slice(-mostLost);
  }

  /** Shows, once a session, that this person was not answered since they did not say the name. */
  unnamed(personId: string, name: string): void {
    const atMs = this.#context.parts.clock.nowMs();
    const closedMs = atMs - this.#context.addressing.closedAtMs(personId);
    if (closedMs < 0 || this.#notifiedOfName.has(personId)) return;
    this.#notifiedOfName.add(personId);
    this.#unnamed = [...this.#unnamed, { name, atMs }].slice(-mostLost);
  }

  check(activity: ChannelActivity): void {
    const nowMs = this.#context.parts.clock.nowMs();
    for (const id of activity.talking) {
      if (!this.#met.has(id)) this.#met.set(id, nowMs);
    }
    const firstHeard = this.#justMet(activity, nowMs);
    const asked = this.#askedIn(activity);
    this.#lost = this.#lost.filter(({ atMs }) => nowMs - atMs < lostMs);
    this.#unnamed = this.#unnamed.filter(({ atMs }) => nowMs - atMs < lostMs);
    const lost = this.#lost.map(({ name, why }) => ({ name, why }));
    const unnamed = this.#unnamed.map(({ name }) => ({ name }));
    const understood = this.#context.recentQuestions.shown();
    const quiet = this.#context.parts.spending.used(this.#context.channel.guildId);
    const maySpeak = this.#context.maySpeak();
    const state = stateOf({ ...activity, maySpeak, quiet });
    const headline = maySpeak && !activity.gate.paused && this.#headlineFor(activity);
    this.#show(state, this.#chipsOf(activity), {
      ...(headline && { headline }),
      ...(firstHeard.length > 0 && { firstHeard }),
      ...(asked.length > 0 && { asked }),
      next: activity.following?.said.name,
      ...(lost.length > 0 && { lost }),
      ...(unnamed.length > 0 && { unnamed }),
      ...(understood.length > 0 && { understood }),
      ...this.#context.features.panel(),
    });
    this.#invite(activity, nowMs);
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

/** State that the panel shows. A pause comes first, so that the button's presser sees that it worked. */
function stateOf({
  channelName,
  people,
  gate,
  talking,
  current,
  sounds,
  step,
  quiet,
  maySpeak,
}: ChannelActivity & {
  readonly quiet?: UsedBudget;
  readonly maySpeak: boolean;
}): PanelFace['state'] {
  if (gate.paused) return { kind: 'paused' };
  if (current && step) return { kind: 'step', step };
  if (current && !sounds) return { kind: 'thinking' };
  if (current?.kind === 'question') return { kind: 'speaking', name: current.said.name };
  if (current) return { kind: 'speaking', name: channelName };
  if (quiet) return { kind: 'quiet', time: quiet.time };
  const talker = people.find(({ id }) => talking.includes(id));
  if (talker) return { kind: 'hearing', name: talker.name };
  return { kind: maySpeak ? 'listening' : 'captions_only' };
}
