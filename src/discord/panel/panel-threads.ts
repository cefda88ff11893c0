import { type Client, DiscordAPIError, RESTJSONErrorCodes, Routes } from 'discord.js';
import { messageOf } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import type { Button } from '#src/conversation/command.ts';
import { consentButtons, type PanelPlace } from '#src/conversation/ports/panel.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { type ButtonRow, rowsOf, sentence } from '#src/discord/interactions/rendering.ts';
import { botNameIn } from '#src/discord/places.ts';
import { captionsKept } from '#src/texts/captions-kept.ts';
import { cut } from '#src/texts/plain.ts';
import { type Locale, localeOf } from '#src/texts/texts.ts';
import type { Outbox } from './outbox.ts';
import { isFinal } from './panel.ts';
import type { PanelReplies } from './panels.ts';

/** A message that rings for exactly one person; no other message of the bot rings. */
export type Mention = {
  readonly content: string;
  readonly allowed_mentions: { readonly parse: []; readonly users: readonly [string] };
  readonly components: readonly ButtonRow[];
};

export type PanelThreadOptions = {
  readonly buttons: ReadonlyMap<string, Button>;
  readonly report: (event: DiscordEvent) => void;
  placeIn(guildId: string): PanelPlace | undefined;
  localeIn(guildId: string): Locale;
  botNameIn(guildId: string): string;
  /** A public thread under that message; its id. */
  open(place: PanelPlace, name: string): Promise<string>;
  write(threadId: string, mention: Mention): Promise<unknown>;
};

/** Source: Discord docs, "Start Thread from Message". */
const maxNameChars = 100;
const archiveMinutes = 60;

type Thread = { readonly messageId: string; readonly id: Promise<string> };

/** The threads under panels, where newcomers are asked; each is opened when it is needed first. */
export class PanelThreads {
  readonly #options: PanelThreadOptions;
  readonly #threads = new Map<string, Thread>();
  /** Servers whose operator was told that it does not work there. */
  readonly #reported = new Set<string>();

  constructor(options: PanelThreadOptions) {
    this.#options = options;
  }

  /**
   * Invites a person in a thread under the panel; without a panel, or without the right to open a thread there, nothing
   * happens. Never throws.
   */
  invite(guildId: string, personId: string, captionsDays?: number): void {
    const place = this.#options.placeIn(guildId);
    if (place) void this.#invite(guildId, this.#mention(guildId, personId, captionsDays), place);
  }

  async #invite(guildId: string, mention: Mention, place: PanelPlace): Promise<void> {
    const { write } = this.#options;
    const known = this.#threads.get(guildId);
    const isNew = known?.messageId !== place.messageId;
    const thread = isNew ? { messageId: place.messageId, id: this.#open(guildId, place) } : known;
    this.#threads.set(guildId, thread);
    try {
      await write(await thread.id, mention);
    } catch (error) {
      // A thread that was refused for good is not asked for again under this panel.
      if (!isFinal(error) && this.#threads.get(guildId) === thread) this.#threads.delete(guildId);
      this.#warn(guildId, error);
    }
  }

  async #open(guildId: string, place: PanelPlace): Promise<string> {
    const { botNameIn, localeIn, open } = this.#options;
    const line = { id: 'panel.thread', with: { bot: botNameIn(guildId) } } as const;
    try {
      return await open(place, cut(sentence(line, localeIn(guildId)), maxNameChars));
    } catch (error) {
      if (hasThread(error)) return place.messageId; // by then they share their id
      throw error;
    }
  }

  #mention(guildId: string, personId: string, captionsDays?: number): Mention {
    const { localeIn, buttons: presses } = this.#options;
    const locale = localeIn(guildId);
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

export type ThreadParts = {
  readonly panels: Pick<PanelReplies, 'placeIn'>;
  readonly buttons: ReadonlyMap<string, Button>;
  readonly outbox: Pick<Outbox, 'put'>;
  readonly report: (event: DiscordEvent) => void;
};

/** Opens the threads of a logged-in client. */
export function openPanelThreads(
  client: Client<true>,
  { panels, buttons, outbox, report }: ThreadParts,
): PanelThreads {
  const never = new AbortController().signal;
  return new PanelThreads({
    buttons,
    report,
    placeIn: (guildId) => panels.placeIn(guildId),
    localeIn: (guildId) => localeOf(client.guilds.cache.get(guildId)?.preferredLocale ?? ''),
    botNameIn: (guildId) => botNameIn(client, guildId),
    async open({ channelId, messageId }, name) {
      const body = { name, auto_archive_duration: archiveMinutes };
      const made = await client.rest.post(Routes.threads(channelId, messageId), { body });
      return idOf(made) ?? messageId;
    },
    write(threadId, body) {
      const route = Routes.channelMessages(threadId);
      return outbox.put(threadId, (signal) => client.rest.post(route, { body, signal }), never);
    },
  });
}

export function idOf(made: unknown): string | undefined {
  const { id } = fieldsOf(made);
  return typeof id === 'string' ? id : undefined;
}

function hasThread(error: unknown): boolean {
  const code = RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage;
  return error instanceof DiscordAPIError && error.code === code;
}
