import { DiscordAPIError, RESTJSONErrorCodes, Routes } from 'discord.js';
import { messageOf } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import { consentButtons, type PanelPlace } from '#src/conversation/ports/panel.ts';
import { rowsOf, sentence } from '#src/discord/interactions/rendering.ts';
import type { RestBody } from '#src/discord/outbox/outbox.ts';
import { botNameIn } from '#src/discord/places.ts';
import { captionsKept } from '#src/texts/captions-kept.ts';
import { cut } from '#src/texts/plain.ts';
import { type Locale, localeOf } from '#src/texts/texts.ts';
import type { PanelOptions } from './panels.ts';

/** Source: Discord docs, "Start Thread from Message". */
const maxNameChars = 100;
const archiveMinutes = 60;
const never = new AbortController().signal;

type Thread = { readonly messageId: string; readonly id: Promise<string> };

/** The threads under panels, where newcomers are asked; each is opened when it is needed first. */
export class PanelThreads {
  readonly #options: Pick<PanelOptions, 'client' | 'buttons' | 'outbox' | 'report'>;
  readonly #placeIn: (guildId: string) => PanelPlace | undefined;
  readonly #threads = new Map<string, Thread>();
  /** Servers whose operator was told that it does not work there. */
  readonly #reported = new Set<string>();

  constructor(
    options: Pick<PanelOptions, 'client' | 'buttons' | 'outbox' | 'report'>,
    placeIn: (guildId: string) => PanelPlace | undefined,
  ) {
    this.#options = options;
    this.#placeIn = placeIn;
  }

  /**
   * Invites a person in a thread under the panel; without a panel, or without the right to open a thread there, nothing
   * happens. Never throws.
   */
  invite(guildId: string, personId: string, captionsDays?: number): void {
    const place = this.#placeIn(guildId);
    if (place) void this.#invite(guildId, this.#mention(guildId, personId, captionsDays), place);
  }

  async #invite(guildId: string, mention: RestBody, place: PanelPlace): Promise<void> {
    const known = this.#threads.get(guildId);
    const isNew = known?.messageId !== place.messageId;
    const thread = isNew ? { messageId: place.messageId, id: this.#open(guildId, place) } : known;
    this.#threads.set(guildId, thread);
    try {
      await this.#options.outbox.post(await thread.id, mention, never);
    } catch (error) {
      // A thread that was refused for good is not asked for again under this panel.
      if (!isFinal(error) && this.#threads.get(guildId) === thread) this.#threads.delete(guildId);
      this.#warn(guildId, error);
    }
  }

  async #open(guildId: string, { channelId, messageId }: PanelPlace): Promise<string> {
    const { client } = this.#options;
    const line = { id: 'panel.thread', with: { bot: botNameIn(client, guildId) } } as const;
    const name = cut(sentence(line, this.#localeIn(guildId)), maxNameChars);
    const body = { name, auto_archive_duration: archiveMinutes };
    try {
      const made = await client.rest.post(Routes.threads(channelId, messageId), { body });
      const { id } = fieldsOf(made);
      return typeof id === 'string' ? id : messageId;
    } catch (error) {
      if (hasThread(error)) return messageId; // by then they share their id
      throw error;
    }
  }

  /** A message that rings for exactly one person; no other message of the bot rings. */
  #mention(guildId: string, personId: string, captionsDays?: number): RestBody {
    const { buttons: presses } = this.#options;
    const locale = this.#localeIn(guildId);
    const kept = captionsDays === undefined ? [] : [captionsKept(captionsDays)];
    const lines = [{ id: 'consent.no' } as const, { id: 'panel.privacy' } as const, ...kept];
    const card = lines.map((line) => sentence(line, locale)).join(' ');
    const buttons = consentButtons.filter((name) => presses.has(name));
    return {
      content: `<@${personId}> ${card}`,
      allowed_mentions: { parse: [], users: [personId] },
      components: rowsOf(buttons, locale, presses),
    };
  }

  #localeIn(guildId: string): Locale {
    return localeOf(this.#options.client.guilds.cache.get(guildId)?.preferredLocale ?? '');
  }

  #warn(guildId: string, error: unknown): void {
    if (this.#reported.has(guildId)) return;
    this.#reported.add(guildId);
    const why = messageOf(error);
    const message =
      `Server ${guildId}: newcomers are not asked in a thread under the panel: ${why}.` +
      ' Give the bot Create Public Threads and Send Messages in Threads there.';
    this.#options.report({ kind: 'warning', message, guildId, cause: error });
  }
}

/** Deleted, forbidden, or wrong: the same request would be refused again. */
function isFinal(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.status < 500 && error.status !== 429;
}

function hasThread(error: unknown): boolean {
  const code = RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage;
  return error instanceof DiscordAPIError && error.code === code;
}
