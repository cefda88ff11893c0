import {
  type AnySelectMenuInteraction,
  type Attachment,
  type AutocompleteInteraction,
  type BaseInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type CommandInteractionOption,
  type Interaction,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
  type RepliableInteraction,
  type VoiceBasedChannel,
} from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { ErrorCode } from '#src/base/errors.ts';
import {
  type GuildId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
} from '#src/base/ids.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import { readContent, replaceMentions } from '#src/discord/message-content.ts';
import { listRoleIds } from '#src/discord/permissions.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandOption,
  CommandPorts,
  FormHandler,
  PickerHandler,
} from '#src/features/command.ts';
import {
  createUseLimit,
  toSlowDownLine,
} from '#src/features/contract/interaction-limits.ts';
import type { ReplyReader } from '#src/features/open-reply.ts';
import type { Owned } from '#src/people/owned.ts';
import { sealContent } from '#src/ports/authored-content.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { takeFirstChars, toOneLine } from '#src/texts/plain-text.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { type CommandEntry, indexCommandsByLine } from './command-entries.ts';
import { readFormInputs } from './forms.ts';
import {
  InteractionRunner,
  type InteractionRunnerDeps,
  type Invocation,
} from './interaction-runner.ts';
import { parseCustomId, renderLines } from './rendering.ts';

export type CommandHandlers = {
  readonly commands: readonly CommandEntry[];
  readonly forms: readonly FormHandler[];
  readonly pickers: readonly PickerHandler[];
};

export type InteractionReceiverDeps = InteractionRunnerDeps &
  CommandHandlers & { readonly ports: CommandPorts };

type Handler = Pick<Button, 'inPlace' | 'run'> & Partial<Command>;
type CachedInteraction = RepliableInteraction<'cached'>;
type ComponentInteraction =
  | AnySelectMenuInteraction<'cached'>
  | ButtonInteraction<'cached'>
  | ModalSubmitInteraction<'cached'>;

/** Receives interactions of people. Every caller gets an answer. */
export class InteractionReceiver {
  readonly #deps;
  readonly #takeUse = createUseLimit();
  readonly #running = new Set<Promise<void>>();
  readonly #commands;
  readonly #runner;

  constructor(deps: InteractionReceiverDeps) {
    this.#deps = deps;
    this.#commands = indexCommandsByLine(deps.commands);
    this.#runner = new InteractionRunner(deps);
  }

  /** Answers an interaction, or suggests words to a person who types. Never throws. */
  receiveInteraction(interaction: Interaction): void {
    try {
      if (interaction.isAutocomplete()) void this.#sendSuggestions(interaction);
      else if (interaction.isRepliable()) this.#acceptInteraction(interaction);
    } catch (error) {
      this.#reportFailure('unread', 'internal', error);
    }
  }

  /** Waits until all interactions are answered, or for `ms`. */
  async waitUntilSettled(ms: number): Promise<void> {
    const settling = Promise.allSettled(this.#running);
    await waitAtMost(settling, ms, this.#deps.timing, neverAborted);
  }

  #acceptInteraction(interaction: RepliableInteraction) {
    const work = this.#serveInteraction(interaction)
      .catch((error: unknown) => this.#reportFailure('unread', 'internal', error))
      .finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  #reportFailure(name: string, code: ErrorCode | 'internal', error: unknown) {
    this.#deps.report({
      kind: 'command-failed',
      name: admitSetting(name),
      code,
      error,
    });
  }

  async #serveInteraction(interaction: RepliableInteraction) {
    if (!interaction.inCachedGuild()) return await this.#refuseInteraction(interaction);
    const invocation = this.#toInvocation(interaction);
    const guildId = toGuildId(interaction.guildId);
    const waitMs = invocation.isNeverLimited
      ? 0
      : await this.#takeUse(guildId, toPersonId(interaction.user.id));
    await this.#runner.answerInteraction(
      interaction,
      waitMs === 0
        ? invocation
        : createSayingInvocation('too fast', toSlowDownLine(waitMs)),
    );
  }

  /** Refuses a direct message, or a server without the bot. */
  async #refuseInteraction(interaction: RepliableInteraction) {
    const name = 'elsewhere';
    const refusal = { id: 'generic', with: { code: name } } as const;
    try {
      const message = renderLines([refusal], toLocale(interaction.locale));
      const flags = message.flags | MessageFlags.Ephemeral;
      await interaction.reply({ ...message, flags });
    } catch (error) {
      this.#reportFailure(name, 'discord.unreachable', error);
    }
  }

  #toInvocation(interaction: CachedInteraction): Invocation {
    try {
      return this.#findInvocation(interaction);
    } catch (error) {
      return { name: 'unread', run: () => Promise.reject(error) };
    }
  }

  #findInvocation(interaction: CachedInteraction) {
    if (
      interaction.isButton() ||
      interaction.isAnySelectMenu() ||
      interaction.isModalSubmit()
    )
      return this.#findComponentInvocation(interaction);
    const { ports } = this.#deps;
    const isTyped = interaction.isChatInputCommand();
    const name = isTyped ? toCommandLine(interaction) : interaction.commandName;
    const command = this.#commands.get(name);
    if (command && isTyped) {
      const call = toCommandCall(interaction, command.options);
      const wished = command.findWished?.(call, ports) ?? command;
      return createInvocation(name, wished, call, ports);
    }
    return command && interaction.isMessageContextMenuCommand()
      ? createInvocation(name, command, toMenuCall(interaction), ports)
      : createUnknownInvocation('command');
  }

  #findComponentInvocation(interaction: ComponentInteraction) {
    const { buttons, forms, pickers, ports } = this.#deps;
    const { name, about } = parseCustomId(interaction.customId);
    const call = toCall(interaction, about);
    const hasName = (handler: { readonly name: string }) => handler.name === name;
    if (interaction.isButton()) {
      const button = buttons.get(name);
      return button
        ? createInvocation(`press ${name}`, button, call, ports)
        : createUnknownInvocation('press');
    }
    if (interaction.isAnySelectMenu()) {
      const picker = pickers.find(hasName);
      const pickCall = { ...call, picked: interaction.values };
      return picker
        ? createInvocation(`pick ${name}`, picker, pickCall, ports)
        : createUnknownInvocation('pick');
    }
    const form = forms.find(hasName);
    if (!form) return createUnknownInvocation('form');
    const inputs = { ...readFormInputs(interaction, form), ...call.inputs };
    return createInvocation(`form ${name}`, form, { ...call, inputs }, ports);
  }

  async #sendSuggestions(interaction: AutocompleteInteraction) {
    const finding = this.#findSuggestions(interaction).catch(() => []);
    const { timing } = this.#deps;
    const suggestions = await waitAtMost(finding, suggestMs, timing, neverAborted);
    await interaction.respond(toChoices(suggestions ?? [])).catch(() => {}); // too late: the person typed on
  }

  async #findSuggestions(interaction: AutocompleteInteraction) {
    const { ports } = this.#deps;
    const command = this.#commands.get(toCommandLine(interaction));
    if (!command || !interaction.inCachedGuild()) return [];
    const { name, value } = interaction.options.getFocused(true);
    const option = command.options.find((each) => each.name === name);
    if (option?.kind !== 'text' || !option.suggest) return [];
    const call = toCommandCall(interaction, command.options);
    if (!command.isForEverybody && (await ports.guilds.findDenial(call))) return [];
    const suggestions = await option.suggest(value, call, ports);
    return await openSuggestions(suggestions, toReader(call, ports));
  }
}

function createInvocation(
  name: string,
  handler: Handler,
  call: CommandCall,
  ports: CommandPorts,
): Invocation {
  const { form, longestMs, shownTo } = handler;
  const denyCaller = async () =>
    handler.isForEverybody ? undefined : await ports.guilds.findDenial(call);
  return {
    ...handler,
    name,
    reader: toReader(call, ports),
    longestMs: typeof longestMs === 'function' ? longestMs(call) : longestMs,
    shownTo: typeof shownTo === 'function' ? shownTo(call) : shownTo,
    form:
      form &&
      (async () =>
        (await denyCaller()) ? undefined : await handler.form?.(call, ports)),
    async run() {
      const denial = await denyCaller();
      return denial ? [denial] : await handler.run(call, ports);
    },
  };
}

/** Reader of replies to a call, by roles of the moment in which one leaves. */
function toReader(
  { caller, guildId, placeId }: CommandCall,
  { sessions }: CommandPorts,
): ReplyReader {
  return {
    personId: caller.id,
    placeId,
    mayOpen: (channelId) => sessions.canOpen(guildId, channelId, caller.id),
  };
}

function toCommandLine(
  interaction: ChatInputCommandInteraction | AutocompleteInteraction,
) {
  return [interaction.commandName, interaction.options.getSubcommand(false)]
    .filter(Boolean)
    .join(' ');
}

function createUnknownInvocation(kind: string) {
  return createSayingInvocation(`unknown ${kind}`, { id: 'confirm.over' });
}

function createSayingInvocation(name: string, answer: TextLine): Invocation {
  return { name, run: async () => [answer] };
}

/** Opens suggestions for the person who types. */
async function openSuggestions(
  suggestions: readonly (string | Owned<string>)[],
  { mayOpen, personId }: ReplyReader,
) {
  const opened = await Promise.all(
    suggestions.map((suggestion) =>
      typeof suggestion === 'string'
        ? suggestion
        : suggestion.findForPerson(personId, mayOpen),
    ),
  );
  return opened.filter((suggestion) => suggestion !== undefined);
}

const [maxChoices, maxChoiceChars, suggestMs] = [25, 100, 200];

function toChoices(suggestions: readonly string[]) {
  const names = suggestions
    .map((suggestion) => takeFirstChars(suggestion, maxChoiceChars))
    .filter((name) => name.trim());
  return [...new Set(names)]
    .slice(0, maxChoices)
    .map((name) => ({ name, value: name }));
}

type AttachedOptions = Pick<CommandCall, 'channel' | 'file' | 'sound'>;

type SlashInteraction =
  | ChatInputCommandInteraction<'cached'>
  | AutocompleteInteraction<'cached'>;

function toCall(interaction: BaseInteraction<'cached'>, about?: string): CommandCall {
  const { channelId, member } = interaction;
  const channel = member.voice.channel;
  const guildId = toGuildId(interaction.guildId);
  const mayDo = (right: bigint) => interaction.memberPermissions?.has(right) ?? false;
  return {
    guildId,
    caller: {
      id: toPersonId(interaction.user.id),
      name: toOneLine(member.displayName),
      locale: toLocale(interaction.locale),
      roleIds: listRoleIds(member),
      // Servers other than Discord may leave this out.
      mayManage: mayDo(PermissionFlagsBits.ManageGuild),
      mayCreateExpressions:
        mayDo(PermissionFlagsBits.CreateGuildExpressions) ||
        mayDo(PermissionFlagsBits.ManageGuildExpressions),
      channel: channel ? toChannelRef(channel, guildId) : undefined,
    },
    inputs: about === undefined ? {} : { about },
    placeId: channelId === null ? undefined : toChannelId(channelId),
  };
}

/** Builds a call, without options that no longer fit, and numbers within bounds. */
function toCommandCall(
  interaction: SlashInteraction,
  options: Command['options'],
): CommandCall {
  const inputs: Record<string, string> = {};
  let attached: AttachedOptions = {};
  for (const option of options) {
    const filledOption = interaction.options.get(option.name);
    if (filledOption?.value === undefined) continue;
    const text = readOptionText(option, `${filledOption.value}`, interaction);
    if (text !== undefined) inputs[option.name] = text;
    attached = { ...attached, ...readAttached(option, filledOption, interaction) };
  }
  return { ...toCall(interaction), inputs, ...attached };
}

/** Reads an option that is a text, a number, a choice or the id of a channel. Undefined for others. */
function readOptionText(
  option: CommandOption,
  value: string,
  interaction: SlashInteraction,
) {
  switch (option.kind) {
    case 'text':
      return readTypedText(value, option, interaction);
    case 'number':
    case 'decimal':
      return `${Math.max(option.min, Math.min(option.max, Number(value)))}`;
    case 'choice':
    case 'boolean':
    case 'voice-channel':
      return value;
    default:
      return undefined;
  }
}

/** Reads an option that is a voice channel of the server or a file. Empty for others. */
function readAttached(
  { kind }: CommandOption,
  { attachment, value }: CommandInteractionOption<'cached'>,
  { guild }: SlashInteraction,
): AttachedOptions {
  if (kind === 'voice-channel') {
    const channel = guild.channels.cache.get(`${value}`);
    return channel?.isVoiceBased()
      ? { channel: toChannelRef(channel, toGuildId(guild.id)) }
      : {};
  }
  const isFile = kind === 'file' || kind === 'sound';
  return isFile && attachment ? { [kind]: toSentFile(attachment) } : {};
}

function readTypedText(
  text: string,
  { isProse, maxChars }: { readonly isProse?: true; readonly maxChars: number },
  { guild }: SlashInteraction,
) {
  return takeFirstChars(isProse ? replaceMentions(text, guild) : text, maxChars);
}

function toMenuCall(
  interaction: MessageContextMenuCommandInteraction<'cached'>,
): CommandCall {
  const { author, id, member, messageSnapshots, webhookId } = interaction.targetMessage;
  const content = readContent(
    interaction.targetMessage,
    messageSnapshots.first(),
    true,
  );
  const text = replaceMentions(content.text, interaction.guild);
  const message = {
    ...sealContent({ ...content, text }),
    messageId: toMessageId(id),
    author: toOneLine(member?.displayName ?? author.displayName),
    authorId: toPersonId(author.id),
    isBot: author.bot === true || typeof webhookId === 'string',
  };
  return { ...toCall(interaction), message };
}

function toSentFile({
  url,
  name,
  contentType,
}: Attachment): NonNullable<CommandCall['sound']> {
  return { url, name, type: contentType || undefined };
}

function toChannelRef({ id, name }: VoiceBasedChannel, guildId: GuildId): ChannelRef {
  return { guildId, channelId: toChannelId(id), name };
}
