import type { SessionDependencies } from '#src/session/dependencies.ts';
import type {
  CaptionOptions,
  CaptionsOff,
  CaptionsOn,
  HourPrice,
} from '#src/session/ports/captions.ts';
import type { SaveOutcome } from '#src/session/ports/command-ports.ts';
import type { SessionPrivacy } from '#src/session/presence/privacy.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';

/** Live captions of the channel where the bot sits: changed there first, then in the store. */
export class SessionCaptionControl {
  readonly #captionMinutesADay: number;
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #privacy: SessionPrivacy;

  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    privacy: SessionPrivacy,
    captionMinutesADay: number,
  ) {
    this.#captionMinutesADay = captionMinutesADay;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#privacy = privacy;
  }

  /** Stays on for that channel. Announced to everybody there, aloud and in writing, before the first word is written. */
  async turnOn(guildId: string, options: CaptionOptions): Promise<CaptionsOn> {
    const session = this.#sessions.session(guildId);
    if (!session) return { kind: 'nowhere' };
    const { channelId } = session.channel;
    const turned = await session.context.captions.turnOn(options);
    if (turned.kind === 'failed') return turned;
    const saved = await this.#sessions.settings.setCaptionsIn(guildId, channelId, options);
    const { kind, placeId } = turned;
    const price = this.#price(guildId);
    return { kind, placeId, isHere: placeId === channelId, price, saved };
  }

  async turnOff(guildId: string): Promise<CaptionsOff> {
    const session = this.#sessions.session(guildId);
    if (!session) return { kind: 'nowhere' };
    const { captions } = session.context;
    const kind = captions.active ? 'off' : 'already';
    const { channelId } = session.channel;
    const { settings } = this.#sessions;
    const [saved] = await Promise.all([
      settings.setCaptionsIn(guildId, channelId, undefined),
      captions.turnOff(),
    ]);
    return { kind, saved };
  }

  #price(guildId: string): HourPrice {
    const { spending } = this.#parts;
    const minutesADay = this.#captionMinutesADay;
    const usd = spending.hourPrice(guildId);
    if (usd === undefined) return { kind: 'unknown', minutesADay };
    return usd === 0 ? { kind: 'free', minutesADay } : { kind: 'priced', usd, minutesADay };
  }

  isOn(guildId: string): boolean {
    return this.#sessions.session(guildId)?.context.captions.active !== undefined;
  }

  /** `isOut`: this person is heard and answered, but not written. Applies at once, and in later sessions. */
  async leaveOut(guildId: string, personId: string, isOut: boolean): Promise<SaveOutcome> {
    if (isOut) {
      for (const { context } of this.#sessions.sessions(guildId))
        context.captions.leaveOut(personId);
    }
    return await this.#privacy.leaveOut(guildId, personId, isOut);
  }
}
