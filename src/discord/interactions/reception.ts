import {
  type AnySelectMenuInteraction,
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  MessageFlags,
  type ModalSubmitInteraction,
  type RepliableInteraction,
} from 'discord.js';
import { ifInTime } from '#src/base/waiting.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandPorts,
  FormHandler,
  PickerHandler,
} from '#src/features/command.ts';
import { InteractionLimits, slowerLine } from '#src/features/contract/interaction-limits.ts';
import { firstChars } from '#src/texts/plain.ts';
import { localeOf, type TextLine } from '#src/texts/texts.ts';
import { callOf, commandCallOf, menuCallOf } from './calls.ts';
import { typedInto } from './forms.ts';
import {
  InteractionRunner,
  type InteractionRunnerOptions,
  type Invocation,
} from './interaction-runner.ts';
import { messageWith, pressedOf } from './rendering.ts';
import { byLine, type CommandEntry } from './slashes.ts';

export type InteractionReceiverOptions = InteractionRunnerOptions & {
  readonly commands: readonly CommandEntry[];
  /** Handlers of the forms that people send. */
  readonly forms: readonly FormHandler[];
  /** Handlers of the menus on messages. */
  readonly pickers: readonly PickerHandler[];
  readonly ports: CommandPorts;
};

const never = new AbortController().signal;

/** Command, button, menu or form, in the fields that its answer needs. */
type Handler = Pick<Button, 'inPlace' | 'run'> & Partial<Command>;

/** Passes interactions of discord.js to their runner; every caller gets an answer. */
export class InteractionReceiver {
  readonly #options;
  readonly #commands;
  readonly #runner;
  readonly #limits = new InteractionLimits();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: InteractionReceiverOptions) {
    this.#options = options;
    this.#commands = byLine(options.commands);
    this.#runner = new InteractionRunner(options);
  }

  /** Never throws. */
  meet(interaction: Interaction): void {
    try {
      if (interaction.isAutocomplete()) void this.#suggest(interaction);
      else if (interaction.isRepliable()) this.#accept(interaction);
    } catch (error) {
      this.#unread(error);
    }
  }

  /** Resolves when whatever was met is answered, after `ms` at the latest. */
  async settled(ms: number): Promise<void> {
    await ifInTime(Promise.allSettled(this.#underWay), ms, this.#options.timing, never);
  }

  #accept(asking: RepliableInteraction): void {
    const work = this.#serve(asking)
      .catch((error: unknown) => this.#unread(error))
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  #unread(error: unknown): void {
    this.#options.report({ kind: 'command-failed', name: 'unread', code: 'internal', error });
  }

  async #serve(asking: RepliableInteraction): Promise<void> {
    if (!asking.inCachedGuild()) return await this.#refuse(asking);
    const invocation = this.#invocationOf(asking);
    const { guildId, user } = asking;
    const waitMs = invocation.isNeverLimited ? 0 : await this.#limits.take(guildId, user.id);
    await this.#runner.answer(
      asking,
      waitMs === 0 ? invocation : saying('too fast', slowerLine(waitMs)),
    );
  }

  /** Refuses a call from a direct message, or from a server that the bot is not in. */
  async #refuse(asking: RepliableInteraction): Promise<void> {
    const name = 'elsewhere';
    const line = { id: 'generic', with: { code: name } } as const;
    try {
      const message = messageWith([line], localeOf(asking.locale));
      await asking.reply({ ...message, flags: message.flags | MessageFlags.Ephemeral });
    } catch (error) {
      this.#options.report({ kind: 'command-failed', name, code: 'discord.unreachable', error });
    }
  }

  /** An interaction that cannot even be read is answered like one that fails. */
  #invocationOf(asking: RepliableInteraction<'cached'>): Invocation {
    try {
      return this.#found(asking);
    } catch (error) {
      return { name: 'unread', run: () => Promise.reject(error) };
    }
  }

  #found(asking: RepliableInteraction<'cached'>): Invocation {
    if (asking.isButton() || asking.isAnySelectMenu() || asking.isModalSubmit())
      return this.#component(asking);
    const name = asking.isChatInputCommand() ? lineOf(asking) : asking.commandName;
    const command = this.#commands.get(name);
    if (!command) return unknown('command');
    if (asking.isChatInputCommand())
      return this.#known(name, command, commandCallOf(asking, command));
    return asking.isMessageContextMenuCommand()
      ? this.#known(name, command, menuCallOf(asking))
      : unknown('command');
  }

  #component(
    asking:
      | AnySelectMenuInteraction<'cached'>
      | ButtonInteraction<'cached'>
      | ModalSubmitInteraction<'cached'>,
  ): Invocation {
    const { buttons, forms, pickers } = this.#options;
    const { name, about } = pressedOf(asking.customId);
    const call = callOf(asking, about);
    const hasName = (one: { readonly name: string }) => one.name === name;
    if (asking.isButton()) return this.#invocation('press', name, buttons.get(name), call);
    if (asking.isAnySelectMenu()) {
      const picked = { ...call, picked: asking.values };
      return this.#invocation('pick', name, pickers.find(hasName), picked);
    }
    const handler = forms.find(hasName);
    const words = { ...(handler && typedInto(asking, handler)), ...call.words };
    return this.#invocation('form', name, handler, { ...call, words });
  }

  #invocation(
    kind: 'press' | 'pick' | 'form',
    name: string,
    handler: Handler | undefined,
    call: CommandCall,
  ): Invocation {
    return handler ? this.#known(`${kind} ${name}`, handler, call) : unknown(kind);
  }

  /** Runs it, and opens its form, unless the server does not let the caller use the bot. */
  #known(name: string, handler: Handler, call: CommandCall): Invocation {
    const { ports } = this.#options;
    const { form, longestMs, shownTo } = handler;
    const denied = async () =>
      handler.isForEverybody ? undefined : await ports.access.denied(call);
    return {
      ...handler,
      name,
      longestMs: typeof longestMs === 'function' ? longestMs(call) : longestMs,
      shownTo: typeof shownTo === 'function' ? shownTo(call) : shownTo,
      form:
        form && (async () => ((await denied()) ? undefined : await handler.form?.(call, ports))),
      async run() {
        const why = await denied();
        return why ? [why] : await handler.run(call, ports);
      },
    };
  }

  async #suggest(asking: AutocompleteInteraction): Promise<void> {
    const found = this.#suggestions(asking).catch(() => []);
    const words = await ifInTime(found, lateMs, this.#options.timing, never);
    const choices = choicesOf(words ?? []);
    await asking.respond(choices).catch(() => {}); // too late: the person typed on
  }

  async #suggestions(asking: AutocompleteInteraction): Promise<readonly string[]> {
    const { ports } = this.#options;
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

/** `privacy status`, as the person typed it. */
function lineOf(asking: ChatInputCommandInteraction | AutocompleteInteraction): string {
  return [asking.commandName, asking.options.getSubcommand(false)].filter(Boolean).join(' ');
}

/** A command, a button, a menu or a form of another version of this bot. */
function unknown(kind: string): Invocation {
  return saying(`unknown ${kind}`, { id: 'confirm.over' });
}

function saying(name: string, line: TextLine): Invocation {
  return { name, run: async () => [line] };
}

/** Discord's limits of choices and of their length, and longest wait, in ms, of a person who types. */
const [maxChoices, maxChars, lateMs] = [25, 100, 200];

/** Choices for a person who types, as many as Discord takes. */
function choicesOf(found: readonly string[]) {
  const words = found.map((word) => firstChars(word, maxChars)).filter((word) => word.trim());
  return [...new Set(words)].slice(0, maxChoices).map((word) => ({ name: word, value: word }));
}
