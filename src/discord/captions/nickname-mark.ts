import { type Client, PermissionFlagsBits, Routes } from 'discord.js';
import type { NicknameMark } from '#src/conversation/ports/caption-chats.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { permissionsOf } from '#src/discord/permissions.ts';

/** Stands after the name of the bot while captions are written. */
const mark = ' \u2022 CC';
/** Source: Discord docs, "Modify Current Member". */
const maxNickChars = 32;
const answerMs = 10_000;
/** Interval, in ms, between two servers in which a former run left its mark. */
const restoreMs = 250;
/** Wait, in ms, until a mark that Discord did not take away is tried again, doubled each time; the next start tries it, too. */
const firstRetryMs = 30_000;
const mostTries = 8;

type Nickname = string | null;

export type NicknameOptions = {
  /** Null: none. Undefined: the bot is not there, or may not change it. */
  nicknameIn(guildId: string): Nickname | undefined;
  /** Its name where it has no nickname. */
  readonly ownName: string;
  change(guildId: string, nickname: Nickname): Promise<unknown>;
  warn(guildId: string, cause: unknown): void;
  readonly timing: Pick<SyncTiming, 'later'>;
};

/** Marks the nickname of the bot, one change after the other for each server. Never throws. */
export class NicknameMarks implements NicknameMark {
  readonly #options: NicknameOptions;
  readonly #wanted = new Map<string, boolean>();
  readonly #originals = new Map<
    string,
    { readonly marked: Nickname; readonly original: Nickname }
  >();
  /** The last change of ours: Discord tells of it a moment later. */
  readonly #changes = new Map<string, { readonly from: Nickname; readonly to: Nickname }>();
  readonly #busy = new Set<string>();
  readonly #warned = new Set<string>();
  readonly #asked = new Set<string>();
  /** Count of times that Discord refused to take the mark away. */
  readonly #failures = new Map<string, number>();

  constructor(options: NicknameOptions) {
    this.#options = options;
  }

  set(guildId: string, isOn: boolean): void {
    this.#asked.add(guildId);
    this.#failures.delete(guildId);
    this.#want(guildId, isOn);
  }

  #want(guildId: string, isOn: boolean): void {
    this.#wanted.set(guildId, isOn);
    if (!this.#busy.has(guildId)) void this.#follow(guildId);
  }

  /** Takes away a mark that a former run left, unless it was put there anew. */
  restore(guildId: string): void {
    if (!this.#asked.has(guildId)) this.set(guildId, false);
  }

  async #follow(guildId: string): Promise<void> {
    this.#busy.add(guildId);
    for (let isOn = this.#wanted.get(guildId); isOn !== undefined; ) {
      this.#wanted.delete(guildId);
      await this.#change(guildId, isOn);
      isOn = this.#wanted.get(guildId);
    }
    this.#busy.delete(guildId);
  }

  async #change(guildId: string, isOn: boolean): Promise<void> {
    const { nicknameIn, change, warn } = this.#options;
    try {
      const nickname = nicknameIn(guildId);
      if (nickname === undefined) return;
      const last = this.#changes.get(guildId);
      const now = last && last.from === nickname ? last.to : nickname;
      const to = isOn ? this.#marked(now) : this.#unmarked(guildId, now);
      if (to === now) return;
      await change(guildId, to);
      this.#changes.set(guildId, { from: nickname, to });
      this.#failures.delete(guildId);
      if (isOn) this.#originals.set(guildId, { marked: to, original: now });
    } catch (error) {
      if (!isOn) this.#tryAgain(guildId);
      if (this.#warned.has(guildId)) return;
      this.#warned.add(guildId);
      warn(guildId, error);
    }
  }

  /** Later, unless something else is wanted by then. */
  #tryAgain(guildId: string): void {
    const failures = (this.#failures.get(guildId) ?? 0) + 1;
    if (failures >= mostTries) return;
    this.#failures.set(guildId, failures);
    this.#options.timing.later(firstRetryMs * 2 ** (failures - 1), () => {
      if (this.#failures.get(guildId) === failures) this.#want(guildId, false);
    });
  }

  /** The nickname with its mark, or unchanged where the mark does not fit: a cut could not be undone after a crash. */
  #marked(now: Nickname): Nickname {
    if (now?.endsWith(mark)) return now;
    const marked = `${now ?? this.#options.ownName}${mark}`;
    return marked.length > maxNickChars ? now : marked;
  }

  /** A nickname that is the bot's own name is none: the mark was put on that by a former run. */
  #unmarked(guildId: string, now: Nickname): Nickname {
    if (!now?.endsWith(mark)) return now;
    const known = this.#originals.get(guildId);
    if (known?.marked === now) return known.original;
    const name = now.slice(0, -mark.length);
    return name === this.#options.ownName ? null : name;
  }
}

/** Opens the marks of a logged-in client, and takes away marks that a former run left. */
export function openNicknameMarks(
  client: Client<true>,
  timing: SyncTiming,
  report: (event: DiscordEvent) => void,
): NicknameMark {
  const never = new AbortController().signal;
  const nicknameIn = (guildId: string): Nickname | undefined => {
    const me = client.guilds.cache.get(guildId)?.members.me;
    const mayChange = me && permissionsOf(me)?.has(PermissionFlagsBits.ChangeNickname);
    if (!mayChange) return undefined;
    return typeof me.nickname === 'string' ? me.nickname : null;
  };
  const marks = new NicknameMarks({
    nicknameIn,
    ownName: client.user.displayName,
    timing,
    async change(guildId, nick) {
      const message = `Discord did not answer in ${answerMs / 1000} s.`;
      const deadline = { ms: answerMs, timing, late: () => new Error(message) };
      const route = Routes.guildMember(guildId, '@me');
      const patch = (signal: AbortSignal) => client.rest.patch(route, { body: { nick }, signal });
      await withDeadline(patch, deadline, never);
    },
    warn(guildId, cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `Server ${guildId}: the nickname of the bot could not be changed: ${why}`;
      report({ kind: 'warning', message, guildId, cause });
    },
  });
  const left = [...client.guilds.cache.keys()].filter((id) => nicknameIn(id)?.endsWith(mark));
  for (const [n, guildId] of left.entries()) {
    timing.later(n * restoreMs, () => marks.restore(guildId));
  }
  return marks;
}
