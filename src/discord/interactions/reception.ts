import {
  type AnySelectMenuInteraction,
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
} from 'discord.js';
import type { DiscordEvent } from '#src/discord/events.ts';
import { withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  FormHandler,
  PickerHandler,
  Replies,
} from '#src/features/contract/command.ts';
import type { Form } from '#src/ports/form.ts';
import { firstChars } from '#src/texts/plain.ts';
import { localeOf } from '#src/texts/texts.ts';
import { InteractionAnswer, type RepliableInteraction } from './answering.ts';
import { callOf, commandCallOf, formCallOf, languagesOf, menuCallOf, pickCallOf } from './calls.ts';
import {
  InteractionRunner,
  type InteractionRunnerOptions,
  type Invocation,
} from './interaction-runner.ts';
import { type Admission, InteractionLimits, type LimitedRequest } from './rate-limits.ts';
import { linkedCommands, messageWith, pressedOf } from './rendering.ts';
import { byLine, type CommandEntry } from './slashes.ts';

export type InteractionReceiverOptions = InteractionRunnerOptions & {
  readonly commands: readonly CommandEntry[];
  /** Ids of registered commands by name, as far as Discord has told them. */
  readonly commandIds?: ReadonlyMap<string, string>;
  /** Handlers of the forms that people send. */
  readonly forms: readonly FormHandler[];
  /** Handlers of the menus on messages. */
  readonly pickers: readonly PickerHandler[];
  readonly ports: CommandPorts;
  /** Commands and buttons that one person may use in 10 s; 0: no limit. */
  readonly commandsPerPerson: number;
};

/** Passes interactions of discord.js to their runner; every caller gets an answer. */
export class InteractionReceiver {
  readonly #options: InteractionReceiverOptions;
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #runner: InteractionRunner;
  readonly #limits: InteractionLimits;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: InteractionReceiverOptions) {
    this.#options = options;
    this.#commands = byLine(options.commands);
    this.#runner = new InteractionRunner({
      ...options,
      linked: (content) => linkedCommands(content, this.#commands, options.commandIds ?? new Map()),
    });
    this.#limits = new InteractionLimits(options.commandsPerPerson);
  }

  /** Never throws. */
  meet(interaction: Interaction): void {
    try {
      if (interaction.isAutocomplete()) void this.#suggest(interaction);
      else if (isForUs(interaction)) this.#accept(interaction);
    } catch (error) {
      this.#unread(error);
    }
  }

  /** Resolves when whatever was met is answered, after `ms` at the latest. */
  async settled(ms: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const forget = this.#options.timing.later(ms, late.resolve);
    await Promise.race([late.promise, Promise.allSettled(this.#underWay)]);
    forget();
  }

  #accept(asking: ForUs): void {
    const work = this.#serve(asking)
      .catch((error: unknown) => this.#unread(error))
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  #unread(error: unknown): void {
    this.#options.report({ kind: 'command-failed', name: 'unread', code: 'internal', error });
  }

  async #serve(asking: ForUs): Promise<void> {
    if (asking.inCachedGuild()) await this.#answer(asking);
    else if ((await this.#admit('command', 'elsewhere', asking)).kind === 'admitted')
      await refuse(asking, this.#options.report);
  }

  async #answer(asking: RepliableInteraction): Promise<void> {
    const invocation = this.#requestOf(asking);
    const admission = await this.#admit('command', invocation.name, asking);
    if (admission.kind === 'dropped') return;
    const languages = languagesOf(asking);
    const done = admission.kind === 'admitted' ? invocation : tooFast(admission.waitMs);
    const invocationContext = { guildId: asking.guildId, languages, ...done };
    await this.#runner.answer(new InteractionAnswer(asking), invocationContext);
  }

  async #admit(
    kind: LimitedRequest['kind'],
    name: string,
    { user, guildId }: Interaction,
  ): Promise<Admission> {
    return await this.#limits.admit({ kind, name, userId: user.id, guildId: guildId ?? '' });
  }

  /** An interaction that cannot even be read is answered like one that fails. */
  #requestOf(asking: RepliableInteraction): InvocationRequest {
    try {
      if (asking.isButton()) return this.#press(asking);
      if (asking.isAnySelectMenu()) return this.#pick(asking);
      return asking.isModalSubmit() ? this.#send(asking) : this.#command(asking);
    } catch (error) {
      return { name: 'unread', shownTo: 'caller', run: () => Promise.reject(error) };
    }
  }

  #command(asking: CommandInteraction): InvocationRequest {
    const name = asking.isChatInputCommand() ? lineOf(asking) : asking.commandName;
    const command = this.#commands.get(name);
    if (!command) return unknown('command');
    const { longestMs, shownTo, thinksFirst, meanwhile } = command;
    const call = () =>
      asking.isChatInputCommand() ? commandCallOf(asking, command) : menuCallOf(asking);
    return {
      name,
      longestMs: typeof longestMs === 'function' ? longestMs(call()) : longestMs,
      thinksFirst,
      shownTo: typeof shownTo === 'string' ? shownTo : shownTo(call()),
      meanwhile: meanwhile && (() => meanwhile(call())),
      form: command.form && (() => this.#formOf(command, call())),
      run: () => this.#allowed(command, call()),
    };
  }

  #press(asking: ButtonInteraction<'cached'>): InvocationRequest {
    const { name, about } = pressedOf(asking.customId);
    const button = this.#options.buttons.get(name);
    if (!button) return unknown('press');
    return {
      name: `press ${button.name}`,
      longestMs: button.longestMs,
      thinksFirst: button.thinksFirst,
      inPlace: button.inPlace,
      shownTo: 'caller',
      form: button.form && (() => this.#formOf(button, callOf(asking, about))),
      run: () => this.#allowed(button, callOf(asking, about)),
    };
  }

  #pick(asking: AnySelectMenuInteraction<'cached'>): InvocationRequest {
    const { name, about } = pressedOf(asking.customId);
    const handler = this.#options.pickers.find((one) => one.name === name);
    if (!handler) return unknown('menu');
    return {
      name: `pick ${handler.name}`,
      inPlace: handler.inPlace,
      shownTo: 'caller',
      run: () => this.#allowed(handler, pickCallOf(asking, about)),
    };
  }

  #send(asking: ModalSubmitInteraction<'cached'>): InvocationRequest {
    const { name, about } = pressedOf(asking.customId);
    const handler = this.#options.forms.find((one) => one.name === name);
    if (!handler) return unknown('form');
    return {
      name: `form ${handler.name}`,
      // A form that a command opened is on no message.
      inPlace: asking.isFromMessage() ? handler.inPlace : undefined,
      shownTo: 'caller',
      run: () => this.#allowed(handler, formCallOf(asking, handler, about)),
    };
  }

  async #formOf(
    command: Pick<Command, 'form' | 'isForEverybody'>,
    call: CommandCall,
  ): Promise<Form | undefined> {
    const { ports } = this.#options;
    const denied = command.isForEverybody ? undefined : await ports.access.denied(call);
    return denied ? undefined : await command.form?.(call, ports);
  }

  /** Runs it, unless the server does not let the caller use the bot. */
  async #allowed(
    command: Pick<Command, 'isForEverybody' | 'run'>,
    call: CommandCall,
  ): Promise<Replies> {
    const { ports } = this.#options;
    const denied = command.isForEverybody ? undefined : await ports.access.denied(call);
    return denied ? [{ ...denied, to: 'caller' }] : await command.run(call, ports);
  }

  async #suggest(asking: AutocompleteInteraction): Promise<void> {
    const { ports, timing } = this.#options;
    if ((await this.#admit('suggestion', 'suggest', asking)).kind !== 'admitted') return;
    const found = async () => await this.#found(asking, ports);
    const choices = await suggestions(found, timing);
    await asking.respond(choices).catch(() => {}); // too late: the person typed on
  }

  async #found(asking: AutocompleteInteraction, ports: CommandPorts): Promise<readonly string[]> {
    const command = this.#commands.get(lineOf(asking));
    if (!command || !asking.inCachedGuild()) return [];
    const { name, value } = asking.options.getFocused(true);
    const option = command.options.find((each) => each.name === name);
    if (option?.kind !== 'text' || !option.suggest) return [];
    const call = commandCallOf(asking, command);
    if (!command.isForEverybody && (await ports.access.denied(call))) return [];
    return await option.suggest(value, call, ports);
  }
}

/** Interactions that get an answer. */
type ForUs =
  | ChatInputCommandInteraction
  | MessageContextMenuCommandInteraction
  | AnySelectMenuInteraction
  | ButtonInteraction
  | ModalSubmitInteraction;
type CommandInteraction =
  | ChatInputCommandInteraction<'cached'>
  | MessageContextMenuCommandInteraction<'cached'>;

function isForUs(interaction: Interaction): interaction is ForUs {
  return (
    interaction.isChatInputCommand() ||
    interaction.isMessageContextMenuCommand() ||
    interaction.isButton() ||
    interaction.isAnySelectMenu() ||
    interaction.isModalSubmit()
  );
}

/** Invocation without the fields that are the same for all. */
type InvocationRequest = Pick<Invocation, 'name' | 'shownTo' | 'run'> &
  Partial<Pick<Invocation, 'form' | 'inPlace' | 'longestMs' | 'meanwhile' | 'thinksFirst'>>;

/** `privacy status`, as the person typed it. */
function lineOf(asking: ChatInputCommandInteraction | AutocompleteInteraction): string {
  return [asking.commandName, asking.options.getSubcommand(false)].filter(Boolean).join(' ');
}

function tooFast(waitMs: number): InvocationRequest {
  const reply = { id: 'slow.down', with: { s: Math.ceil(waitMs / 1_000) }, to: 'caller' } as const;
  return { name: 'too fast', shownTo: 'caller', run: async () => [reply] };
}

/** A command, a button, a menu or a form of another version of this bot. */
function unknown(name: string): InvocationRequest {
  const reply = { id: 'confirm.over', to: 'caller' } as const;
  return { name: `unknown ${name}`, shownTo: 'caller', run: async () => [reply] };
}

/** Refuses a call from a direct message, or from a server that the bot is not in. */
async function refuse(asking: ForUs, report: (event: DiscordEvent) => void): Promise<void> {
  const line = { id: 'generic', with: { code: 'elsewhere' } } as const;
  try {
    const message = messageWith([line], localeOf(asking.locale));
    await asking.reply({ ...message, flags: MessageFlags.Ephemeral });
  } catch (error) {
    report({ kind: 'command-failed', name: 'elsewhere', code: 'discord.unreachable', error });
  }
}

type Choice = { readonly name: string; readonly value: string };

/** Discord's limits of choices and of their length, and longest wait, in ms, of a person who types. */
const [maxChoices, maxChars, lateMs] = [25, 100, 200];

const never = new AbortController().signal;

/**
 * Choices for a person who types, out of the words that `ask` finds in time; none where it fails, and as many as Discord
 * takes. Never throws.
 */
async function suggestions(
  ask: () => Promise<readonly string[]>,
  timing: SyncTiming,
): Promise<Choice[]> {
  const late = () => new Error(`nothing was found in ${lateMs} ms`);
  try {
    return choicesOf(await withDeadline(ask, { ms: lateMs, timing, late }, never));
  } catch {
    return [];
  }
}

function choicesOf(found: readonly string[]): Choice[] {
  const words = found.map((word) => firstChars(word, maxChars)).filter((word) => word.trim());
  return [...new Set(words)].slice(0, maxChoices).map((word) => ({ name: word, value: word }));
}
