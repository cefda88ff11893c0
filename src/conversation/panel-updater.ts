import type { PanelFace } from '#src/conversation/ports/panel.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { UnaskedPeople } from '#src/people/newcomers.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { awayPanel, leftPanel, type PanelPeople, panelOf } from './panel-view.ts';
import type { SessionContext } from './session-context.ts';

/** Time, in ms, for which the panel shows that a person was just heard for the first time. */
const firstHeardMs = 5_000;

/** Shows the panel of one session when it has changed, and invites newcomers there to answer. */
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

  /** `talkingIds`: those who talk. */
  check(people: readonly ChannelMember[], talkingIds: readonly string[]): void {
    const { addressing, channel, features, maySpeak, nameOf, parts, talk } = this.#context;
    const { clock, panels, places, spending } = parts;
    const nowMs = clock.nowMs();
    for (const id of talkingIds) if (!this.#met.has(id)) this.#met.set(id, nowMs);
    const own = features.panel();
    const { current } = talk.state.floor;
    const isSilent = current && (!current.isAudible || current.isStarved);
    this.#show(
      panelOf({
        ...this.#company(people),
        ...(own.captionsDays !== undefined && { captionsDays: own.captionsDays }),
        state: talk.state,
        channel,
        botName: places.botName(channel.guildId),
        locale: places.localeIn(channel.guildId),
        maySpeak: maySpeak(),
        talkingIds,
        isNew: (id) => nowMs - (this.#met.get(id) ?? Number.NEGATIVE_INFINITY) < firstHeardMs,
        isAddressing: (id) => addressing.isOpen(id),
        nameOf,
        step: isSilent ? talk.answers.pendingOf(current.reply)?.step : undefined,
        quietUntil: spending.used(channel.guildId)?.time,
        isInChat: panels.placeIn(channel.guildId)?.channelId === channel.channelId,
        features: own,
      }),
    );
    this.#invite(people, nowMs, own.captionsDays);
  }

  /** The link is away and is to come back. */
  away(people: readonly ChannelMember[]): void {
    this.#show(awayPanel(this.#company(people)));
  }

  /** `why`: what people are to know of it. */
  left(why?: TextLine): void {
    this.#show(leftPanel(why));
  }

  #company(people: readonly ChannelMember[]): PanelPeople {
    const { gate, unanswered } = this.#context;
    unanswered.check(people);
    return { people, gate, isNamed: (id) => unanswered.isNamed(id) };
  }

  /** Invites newcomers to answer; none as long as it is not known who has said no. */
  #invite(people: readonly ChannelMember[], atMs: number, captionsDays?: number): void {
    const { channel, gate, parts } = this.#context;
    const { guildId, channelId } = channel;
    const isUnasked = (id: string) => gate.standing(id) === 'unasked';
    const personId = this.#newcomers.next({
      atMs,
      channelId,
      mayAsk: gate.policy === 'ask' && gate.isRead && !gate.paused,
      people: people.map(({ id, isBot }) => ({ id, isBot, unasked: isUnasked(id) })),
    });
    if (personId !== undefined) parts.panels.invite(guildId, personId, captionsDays);
  }

  #show(face: PanelFace): void {
    const shown = JSON.stringify(face);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#context.parts.panels.show(this.#context.channel.guildId, face);
  }
}
