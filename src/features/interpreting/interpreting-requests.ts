import type { GuildId } from '#src/base/ids.ts';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import type { SessionObjects } from '#src/ports/feature-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import { interpretedLanguagesSetting } from '#src/settings/channel-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { SessionInterpreting } from './session-interpreting.ts';

/** How a request to interpret, or to end that, ended. */
export type InterpretOutcome =
  | { readonly kind: 'set'; readonly isSaved: boolean }
  | { readonly kind: 'failed'; readonly line: TextLine };

/** Sets the languages between which the channel of a session is interpreted, for commands and tools. Never throws. */
export class InterpretingRequests {
  readonly #sessions: ServerSessions;
  readonly #interpreting: SessionObjects<SessionInterpreting>;

  constructor(
    sessions: ServerSessions,
    interpreting: SessionObjects<SessionInterpreting>,
  ) {
    this.#sessions = sessions;
    this.#interpreting = interpreting;
  }

  /** Begins to interpret between languages (BCP 47), at least two, and tells the channel so aloud. Saves the choice. */
  async turnOn(
    guildId: GuildId,
    languages: readonly string[],
  ): Promise<InterpretOutcome> {
    const session = this.#sessions.findSession(guildId);
    if (!session) return toFailure({ id: 'leave.nowhere' });
    const different = languages.filter(
      (tag, n) => languages.findIndex((other) => isSameLanguage(other, tag)) === n,
    );
    if (different.length < 2) return toFailure({ id: 'interpret.languages' });
    const obstacle = this.#interpreting.get(session).findObstacle();
    return obstacle
      ? toFailure(obstacle)
      : await this.#setLanguages(guildId, different);
  }

  /** Ends interpreting, and drops the translations that wait. */
  async turnOff(guildId: GuildId): Promise<InterpretOutcome> {
    return await this.#setLanguages(guildId, []);
  }

  async #setLanguages(
    guildId: GuildId,
    languages: readonly string[],
  ): Promise<InterpretOutcome> {
    const { settings } = this.#sessions;
    const { formatValue, key } = interpretedLanguagesSetting;
    const value = languages.length > 0 ? formatValue(languages) : undefined;
    const saves = this.#sessions.listSessions(guildId).map(async (session) => {
      const { channelId } = session.channel;
      await settings.loadGuild(guildId);
      const changes = new Map([[key, value]]);
      const saving = settings.setChannelValues(guildId, channelId, changes);
      session.applySettings(key, true);
      return await saving;
    });
    const isSaved = (await Promise.all(saves)).every((each) => each);
    return { kind: 'set', isSaved };
  }
}

function toFailure(line: TextLine): InterpretOutcome {
  return { kind: 'failed', line };
}
