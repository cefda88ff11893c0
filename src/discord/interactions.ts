import { escapeMarkdown, MessageFlags } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import type { Call, Command, CommandPorts, Reply } from '#src/session/command.ts';
import { text, type Words } from '#src/texts/texts.ts';
import type { DiscordEvent } from './events.ts';
import type { Timing } from './timing.ts';

type Message = { readonly content: string; readonly flags?: MessageFlags.Ephemeral };

/** As much of a discord.js interaction as answering needs. */
export interface Asked {
  readonly id: string;
  readonly commandName: string;
  reply(message: Message): Promise<unknown>;
  /** "Thinking", seen by everybody. */
  deferReply(): Promise<unknown>;
  editReply(message: { readonly content: string }): Promise<unknown>;
  deleteReply(): Promise<unknown>;
  followUp(message: Message): Promise<unknown>;
}

export type DeskOptions = {
  readonly commands: readonly Command[];
  readonly ports: CommandPorts;
  readonly timing: Timing;
  readonly tell: (event: DiscordEvent) => void;
};

/** Discord gives 3 s for the first answer; a command that takes longer than this shows as thinking. */
const deferMs = 250;
/** Longer than any command may take; then the caller is told so. */
const lateMs = 60_000;
/** Interactions remembered, so that one delivered twice is answered once. */
const maxSeen = 1_000;
/** Longest message Discord takes. */
const maxChars = 2_000;

/** Runs commands and says their replies; nothing a command or Discord does throws out of it. */
export class CommandDesk {
  readonly #options: DeskOptions;
  readonly #byName: ReadonlyMap<string, Command>;
  readonly #seen = new Set<string>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#byName = new Map(options.commands.map((command) => [command.name, command]));
  }

  command(name: string): Command | undefined {
    return this.#byName.get(name);
  }

  /** Unknown commands and second deliveries are ignored. */
  async answer(asked: Asked, call: Call): Promise<void> {
    const command = this.#byName.get(asked.commandName);
    if (!command || !this.#isFirst(asked.id)) return;
    const { timing, tell } = this.#options;
    const startMs = timing.nowMs();
    let deferring: Promise<boolean> | undefined;
    const forget = timing.later(deferMs, () => {
      deferring = succeeded(asked.deferReply());
    });
    const replies = await this.#replies(command, call);
    forget();
    try {
      await (((await deferring) ?? false) ? answerDeferred : answerAtOnce)(asked, replies);
      tell({ kind: 'command', name: command.name, tookMs: timing.nowMs() - startMs });
    } catch (error) {
      tell({ kind: 'command-failed', name: command.name, code: 'discord.unreachable', error });
    }
  }

  async #replies(command: Command, call: Call): Promise<readonly [Reply, ...Reply[]]> {
    const late = Promise.withResolvers<never>();
    const forget = this.#options.timing.later(lateMs, () =>
      late.reject(new Error(`/${command.name} took longer than ${lateMs / 1000} s.`)),
    );
    try {
      return await Promise.race([runNow(command, call, this.#options.ports), late.promise]);
    } catch (error) {
      const code = error instanceof BotError ? error.code : 'internal';
      this.#options.tell({ kind: 'command-failed', name: command.name, code, error });
      return [{ id: 'generic', with: { code }, to: 'caller' }];
    } finally {
      forget();
    }
  }

  #isFirst(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (oldest !== undefined && this.#seen.size > maxSeen) this.#seen.delete(oldest);
    return true;
  }
}

type Replies = readonly [Reply, ...Reply[]];

/** Async, so that what a command throws at once arrives like what it throws later. */
async function runNow(command: Command, call: Call, ports: CommandPorts): Promise<Replies> {
  return await command.run(call, ports);
}

async function answerAtOnce(asked: Asked, [first, ...rest]: Replies): Promise<void> {
  await asked.reply(messageOf(first));
  for (const reply of rest) await asked.followUp(messageOf(reply));
}

/** "Thinking" was shown to all, and cannot turn private: it is taken away for a private answer. */
async function answerDeferred(asked: Asked, [first, ...rest]: Replies): Promise<void> {
  const isPublic = first.to === 'room' || !(await succeeded(asked.deleteReply()));
  if (isPublic) await asked.editReply({ content: contentOf(first) });
  else await asked.followUp(messageOf(first));
  for (const reply of rest) await asked.followUp(messageOf(reply));
}

function messageOf(reply: Reply): Message {
  const content = contentOf(reply);
  return reply.to === 'room' ? { content } : { content, flags: MessageFlags.Ephemeral };
}

function contentOf(reply: Reply): string {
  return text(reply.id, escaped(reply.with ?? {})).slice(0, maxChars);
}

/** Names of people and channels may hold markdown; it is shown, not obeyed. */
function escaped(words: Words): Words {
  const each = Object.entries(words).map(([key, word]) => {
    return [key, typeof word === 'string' ? escapeMarkdown(word) : word] as const;
  });
  return Object.fromEntries(each);
}

async function succeeded(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch {
    return false;
  }
}
