import {
  type AnySelectMenuInteraction,
  type Attachment,
  type AutocompleteInteraction,
  type BaseInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Interaction,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
  type RepliableInteraction,
  type VoiceBasedChannel,
} from 'discord.js';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { GuildId } from '#src/base/ids.ts';
import { readContent, replaceMentions } from '#src/discord/message-content.ts';
import { roleIdsOf } from '#src/discord/permissions.ts';
import type {
  Button,
  Command,
  CommandCall,
  CommandPorts,
  FormHandler,
  PickerHandler,
} from '#src/features/command.ts';
import {
  createUseLimit,
  toSlowDownLine,
} from '#src/features/contract/interaction-limits.ts';
import { takeFirstChars, toOneLine } from '#src/texts/plain-text.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { type CommandEntry, indexCommandsByLine } from './command-entries.ts';
import { readFormInputs } from './forms.ts';
import {
  createInteractionRunner,
  type InteractionRunnerOptions,
  type Invocation,
} from './interaction-runner.ts';
import { parseCustomId, renderLines } from './rendering.ts';

export type CommandFace = {
  readonly commands: readonly CommandEntry[];
  readonly forms: readonly FormHandler[];
  readonly pickers: readonly PickerHandler[];
};

type Handler = Pick<Button, 'inPlace' | 'run'> & Partial<Command>;

/** Every caller gets an answer. */
export function createInteractionReceiver(
  options: InteractionRunnerOptions & CommandFace & { readonly ports: CommandPorts },
) {
  const { buttons, forms, pickers, ports } = options;
  const takeUse = createUseLimit();
  const underWay = new Set<Promise<void>>();
  const commands = indexCommandsByLine(options.commands);
  const runner = createInteractionRunner(options);

  function acceptInteraction(asking: RepliableInteraction) {
    const work = serveInteraction(asking)
      .catch((error: unknown) => reportFailure('unread', 'internal', error))
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  function reportFailure(name: string, code: string, error: unknown) {
    options.report({ kind: 'command-failed', name, code, error });
  }

  async function serveInteraction(asking: RepliableInteraction) {
    if (!asking.inCachedGuild()) return await refuseInteraction(asking);
    const invocation = toInvocation(asking);
    const waitMs = invocation.isNeverLimited
      ? 0
      : await takeUse(asking.guildId, asking.user.id);
    await runner.answerInteraction(
      asking,
      waitMs === 0
        ? invocation
        : createSayingInvocation('too fast', toSlowDownLine(waitMs)),
    );
  }

  /** Refuses a direct message, or a server without the bot. */
  async function refuseInteraction(asking: RepliableInteraction) {
    const name = 'elsewhere';
    const line = { id: 'generic', with: { code: name } } as const;
    try {
      const message = renderLines([line], toLocale(asking.locale));
      await asking.reply({ ...message, flags: message.flags | MessageFlags.Ephemeral });
    } catch (error) {
      reportFailure(name, 'discord.unreachable', error);
    }
  }

  function toInvocation(asking: RepliableInteraction<'cached'>) {
    try {
      return findInvocation(asking);
    } catch (error) {
      return { name: 'unread', run: () => Promise.reject(error) };
    }
  }

  function findInvocation(asking: RepliableInteraction<'cached'>) {
    if (asking.isButton() || asking.isAnySelectMenu() || asking.isModalSubmit())
      return toComponentInvocation(asking);
    const isTyped = asking.isChatInputCommand();
    const name = isTyped ? toCommandLine(asking) : asking.commandName;
    const command = commands.get(name);
    if (command && isTyped)
      return createInvocation(
        name,
        command,
        toCommandCall(asking, command.options),
        ports,
      );
    return command && asking.isMessageContextMenuCommand()
      ? createInvocation(name, command, toMenuCall(asking), ports)
      : createUnknownInvocation('command');
  }

  function toComponentInvocation(
    asking:
      | AnySelectMenuInteraction<'cached'>
      | ButtonInteraction<'cached'>
      | ModalSubmitInteraction<'cached'>,
  ) {
    const { name, about } = parseCustomId(asking.customId);
    const call = toCall(asking, about);
    const hasName = (one: { readonly name: string }) => one.name === name;
    if (asking.isButton()) {
      const button = buttons.get(name);
      return button
        ? createInvocation(`press ${name}`, button, call, ports)
        : createUnknownInvocation('press');
    }
    if (asking.isAnySelectMenu()) {
      const picker = pickers.find(hasName);
      const picked = { ...call, picked: asking.values };
      return picker
        ? createInvocation(`pick ${name}`, picker, picked, ports)
        : createUnknownInvocation('pick');
    }
    const form = forms.find(hasName);
    if (!form) return createUnknownInvocation('form');
    const inputs = { ...readFormInputs(asking, form), ...call.inputs };
    return createInvocation(`form ${name}`, form, { ...call, inputs }, ports);
  }

  async function sendSuggestions(asking: AutocompleteInteraction) {
    const found = findSuggestions(asking).catch(() => []);
    const words = await waitAtMost(found, lateMs, options.timing, neverAborted);
    await asking.respond(toChoices(words ?? [])).catch(() => {}); // too late: the person typed on
  }

  async function findSuggestions(asking: AutocompleteInteraction) {
    const command = commands.get(toCommandLine(asking));
    if (!command || !asking.inCachedGuild()) return [];
    const { name, value } = asking.options.getFocused(true);
    const option = command.options.find((each) => each.name === name);
    if (option?.kind !== 'text' || !option.suggest) return [];
    const call = toCommandCall(asking, command.options);
    if (!command.isForEverybody && (await ports.guilds.findDenial(call))) return [];
    return await option.suggest(value, call, ports);
  }

  return {
    receiveInteraction(interaction: Interaction) {
      try {
        if (interaction.isAutocomplete()) void sendSuggestions(interaction);
        else if (interaction.isRepliable()) acceptInteraction(interaction);
      } catch (error) {
        reportFailure('unread', 'internal', error);
      }
    },

    /** Waits until all interactions are answered, or for `ms`. */
    async waitUntilSettled(ms: number) {
      await waitAtMost(Promise.allSettled(underWay), ms, options.timing, neverAborted);
    },
  };
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
    longestMs: typeof longestMs === 'function' ? longestMs(call) : longestMs,
    shownTo: typeof shownTo === 'function' ? shownTo(call) : shownTo,
    form:
      form &&
      (async () =>
        (await denyCaller()) ? undefined : await handler.form?.(call, ports)),
    async run() {
      const why = await denyCaller();
      return why ? [why] : await handler.run(call, ports);
    },
  };
}

function toCommandLine(asking: ChatInputCommandInteraction | AutocompleteInteraction) {
  return [asking.commandName, asking.options.getSubcommand(false)]
    .filter(Boolean)
    .join(' ');
}

function createUnknownInvocation(kind: string) {
  return createSayingInvocation(`unknown ${kind}`, { id: 'confirm.over' });
}

function createSayingInvocation(name: string, line: TextLine): Invocation {
  return { name, run: async () => [line] };
}

const [maxChoices, maxChars, lateMs] = [25, 100, 200];

function toChoices(found: readonly string[]) {
  const words = found
    .map((word) => takeFirstChars(word, maxChars))
    .filter((word) => word.trim());
  return [...new Set(words)]
    .slice(0, maxChoices)
    .map((word) => ({ name: word, value: word }));
}

type SlashInteraction =
  | ChatInputCommandInteraction<'cached'>
  | AutocompleteInteraction<'cached'>;

function toCall(asked: BaseInteraction<'cached'>, about?: string): CommandCall {
  const { channelId, member } = asked;
  const where = member.voice.channel;
  return {
    guildId: asked.guildId,
    caller: {
      id: asked.user.id,
      name: toOneLine(member.displayName),
      locale: toLocale(asked.locale),
      roleIds: roleIdsOf(member),
      // Servers other than Discord may leave this out.
      mayManage: asked.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false,
      channel: where ? toChannelRef(where, asked.guildId) : undefined,
    },
    inputs: about === undefined ? {} : { about },
    placeId: channelId ?? undefined,
  };
}

/** Builds a call, without options that no longer fit, and numbers within bounds. */
function toCommandCall(
  asked: SlashInteraction,
  options: Command['options'],
): CommandCall {
  const inputs: Record<string, string> = {};
  let given: Pick<CommandCall, 'channel' | 'file' | 'sound'> = {};
  for (const option of options) {
    const filled = asked.options.get(option.name);
    if (filled?.value === undefined) continue;
    const value = `${filled.value}`;
    switch (option.kind) {
      case 'voice-channel': {
        const channel = asked.guild.channels.cache.get(value);
        if (channel?.isVoiceBased())
          given = { ...given, channel: toChannelRef(channel, asked.guildId) };
        break;
      }
      case 'file':
      case 'sound':
        if (filled.attachment)
          given = { ...given, [option.kind]: toSentFile(filled.attachment) };
        break;
      case 'text':
        inputs[option.name] = readTypedWords(value, option, asked);
        break;
      case 'number':
      case 'decimal':
        inputs[option.name] =
          `${Math.max(option.min, Math.min(option.max, Number(value)))}`;
        break;
      case 'choice':
      case 'boolean':
        inputs[option.name] = value;
    }
  }
  return { ...toCall(asked), inputs, ...given };
}

function readTypedWords(
  typed: string,
  { isProse, maxChars }: { readonly isProse?: true; readonly maxChars: number },
  { guild }: SlashInteraction,
) {
  return takeFirstChars(isProse ? replaceMentions(typed, guild) : typed, maxChars);
}

function toMenuCall(
  asked: MessageContextMenuCommandInteraction<'cached'>,
): CommandCall {
  const {
    author,
    id: messageId,
    member,
    messageSnapshots,
    webhookId,
  } = asked.targetMessage;
  const content = readContent(asked.targetMessage, messageSnapshots.first(), true);
  const message = {
    ...content,
    messageId,
    author: toOneLine(member?.displayName ?? author.displayName),
    authorId: author.id,
    isBot: author.bot === true || typeof webhookId === 'string',
    text: replaceMentions(content.text, asked.guild),
  };
  return { ...toCall(asked), message };
}

function toSentFile({
  url,
  name,
  contentType,
}: Attachment): NonNullable<CommandCall['sound']> {
  return { url, name, type: contentType || undefined };
}

function toChannelRef({ id, name }: VoiceBasedChannel, guildId: GuildId) {
  return { guildId, channelId: id, name };
}
