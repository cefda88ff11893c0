import {
  type AnySelectMenuInteraction,
  type ButtonInteraction,
  DiscordAPIError,
  type InteractionCallbackResponse,
  type Message,
  MessageFlags,
  type ModalMessageModalSubmitInteraction,
  RESTJSONErrorCodes,
  type RepliableInteraction,
} from 'discord.js';
import { withTimeout } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { nobody, toChannelId, toGuildId, toMessageId } from '#src/base/ids.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { Panels } from '#src/discord/panel/panels.ts';
import type { OpenedReply, Replies, Reply } from '#src/features/command.ts';
import { openReply, type ReplyReader } from '#src/features/open-reply.ts';
import type { ReplyAudience } from '#src/ports/command-ports.ts';
import type { Form } from '#src/ports/form.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { toModal } from './forms.ts';
import { type MessageBody, type MessageDeps, renderMessage } from './rendering.ts';

export type Invocation = {
  /** Name for logs, say `privacy status` or `press stop`. */
  readonly name: string;
  /** Audience of "thinking". The default is the caller. */
  readonly shownTo?: ReplyAudience;
  /** The reply replaces the message of the button, menu or form. */
  readonly inPlace?: true;
  /** The default is a minute. */
  readonly longestMs?: number;
  readonly isNeverLimited?: true;
  /** Runs only after Discord shows "thinking". */
  readonly mustDeferFirst?: true;
  /** Reader of the replies, who is asked about as each of them leaves. */
  readonly reader?: ReplyReader;
  /** Finds a form to open instead of running. */
  form?(): Promise<Form | undefined>;
  /** Runs the command. An error is reported, and answered with its code. */
  run(): Promise<Replies>;
};

export type InteractionRunnerDeps = MessageDeps & {
  readonly panels: Pick<Panels, 'renderPanel' | 'putPanel'>;
};

type CachedInteraction = RepliableInteraction<'cached'>;
/** Excludes commands, and forms that commands opened. */
type MessageInteraction =
  | AnySelectMenuInteraction<'cached'>
  | ButtonInteraction<'cached'>
  | ModalMessageModalSubmitInteraction<'cached'>;
type WaitingPlace = ReplyAudience | 'in place';
/** With a headline the message becomes the panel, below that sentence. */
type RenderedReply = {
  readonly message: MessageBody;
  readonly headline?: TextLine;
  readonly inPlace?: true;
};

/** Discord waits 3 s for the first answer. */
const deferMs = 250;
const usualLongestMs = 60_000;
/** Replies without a reader hold no words of people. */
const nobodyReads: ReplyReader = { personId: nobody, mayOpen: async () => false };
/** A form can only be the first answer. */
const formMs = 1_500;
/** Discord may deliver an interaction twice. */
const maxSeenIds = 1_000;

/** Runs commands and sends replies. No failure of a command or of Discord throws. */
export class InteractionRunner {
  readonly #deps;
  readonly #seenIds = new Set<string>();

  constructor(deps: InteractionRunnerDeps) {
    this.#deps = deps;
  }

  /** Answers an interaction, once even if Discord delivers it twice. Never throws. */
  async answerInteraction(
    interaction: CachedInteraction,
    invocation: Invocation,
  ): Promise<void> {
    if (!this.#noteInteraction(interaction.id)) return;
    const { timing, report } = this.#deps;
    const { name } = invocation;
    const startMs = timing.nowMs();
    const opensForm = await this.#openForm(interaction, invocation);
    try {
      if (!opensForm) await this.#runAndReply(interaction, invocation);
      report({
        kind: 'command',
        name: admitSetting(name),
        tookMs: timing.nowMs() - startMs,
      });
    } catch (error) {
      report({
        kind: 'command-failed',
        name: admitSetting(name),
        code: 'discord.unreachable',
        error,
      });
    }
  }

  /** Returns whether a form opened. */
  async #openForm(
    interaction: CachedInteraction,
    { form: findForm, name }: Invocation,
  ) {
    if (!findForm || interaction.isModalSubmit()) return false;
    try {
      const form = await this.#runWithDeadline(formMs, `The form of ${name}`, findForm);
      if (form)
        await interaction.showModal(toModal(form, toLocale(interaction.locale)));
      return form !== undefined;
    } catch (error) {
      this.#deps.report({
        kind: 'command-failed',
        name: admitSetting(name),
        code: 'internal',
        error,
      });
      return false;
    }
  }

  async #runAndReply(interaction: CachedInteraction, invocation: Invocation) {
    let thinking: Promise<WaitingPlace | undefined> | undefined;
    const deferReply = () => {
      thinking ??= showThinking(interaction, invocation).catch(() => undefined);
      return thinking;
    };
    const cancelTimer = this.#deps.timing.later(deferMs, () => void deferReply());
    if (invocation.mustDeferFirst) await deferReply();
    const replies = await this.#collectReplies(invocation);
    const [firstReply, ...laterReplies] = replies;
    cancelTimer();
    const waitingPlace = await thinking;
    const render = (reply: Reply) => this.#renderReply(interaction, invocation, reply);
    const first = await render(firstReply);
    const posted = await sendFirstReply(interaction, first, waitingPlace);
    this.#followPanel(interaction, first, posted);
    for (const laterReply of laterReplies) {
      const later = await render(laterReply);
      this.#followPanel(interaction, later, await interaction.followUp(later.message));
    }
  }

  async #collectReplies({
    longestMs = usualLongestMs,
    name,
    run,
  }: Invocation): Promise<Replies> {
    try {
      return await this.#runWithDeadline(longestMs, name, run);
    } catch (error) {
      return [this.#reportFailure(name, error)];
    }
  }

  #reportFailure(name: string, error: unknown): TextLine {
    const code = error instanceof BotError ? error.code : 'internal';
    this.#deps.report({
      kind: 'command-failed',
      name: admitSetting(name),
      code,
      error,
    });
    return { id: 'generic', with: { code } };
  }

  async #runWithDeadline<T>(ms: number, name: string, work: () => Promise<T>) {
    return await withTimeout(
      work(),
      ms,
      this.#deps.timing,
      () => new Error(`${name} took longer than ${ms / 1000} s.`),
    );
  }

  /** Renders a reply as its reader may read it now. */
  async #renderReply(
    interaction: CachedInteraction,
    { name, reader }: Invocation,
    reply: Reply,
  ): Promise<RenderedReply> {
    const { channelId, guildId } = interaction;
    const placeId = channelId === null ? undefined : toChannelId(channelId);
    try {
      if (reply.panel && reply.to === 'room')
        return {
          message: this.#deps.panels.renderPanel(toGuildId(guildId), placeId, reply),
          headline: reply,
        };
      return this.#renderOpened(
        interaction,
        await openReply(reply, reader ?? nobodyReads),
      );
    } catch (error) {
      return this.#renderOpened(interaction, this.#reportFailure(name, error));
    }
  }

  #renderOpened(interaction: CachedInteraction, reply: OpenedReply): RenderedReply {
    const { guild, locale } = interaction;
    const languages = {
      caller: toLocale(locale),
      room: toLocale(guild.preferredLocale),
    };
    return {
      message: renderMessage(reply, languages, this.#deps.buttons),
      inPlace: mayReplace(interaction, reply) ? reply.inPlace : undefined,
    };
  }

  #followPanel(
    { guildId }: CachedInteraction,
    { headline, message }: RenderedReply,
    posted?: PostedReply,
  ) {
    const place = toPanelPlace(posted);
    if (headline !== undefined && place)
      this.#deps.panels.putPanel(toGuildId(guildId), place, headline, message);
  }

  /** Returns false if the interaction was noted before. */
  #noteInteraction(interactionId: string) {
    if (this.#seenIds.has(interactionId)) return false;
    this.#seenIds.add(interactionId);
    dropOldest(this.#seenIds, maxSeenIds);
    return true;
  }
}

async function showThinking(
  interaction: CachedInteraction,
  { inPlace, shownTo = 'caller' }: Invocation,
) {
  if (inPlace && isOnMessage(interaction)) {
    await ignoreAnswered(interaction, 'deferred', interaction.deferUpdate());
    return 'in place';
  }
  const flags = shownTo === 'caller' ? (MessageFlags.Ephemeral as const) : undefined;
  await ignoreAnswered(interaction, 'deferred', interaction.deferReply({ flags }));
  return shownTo;
}

/** Sends the first reply, by an edit of "thinking" where possible. */
async function sendFirstReply(
  interaction: CachedInteraction,
  { inPlace, message }: RenderedReply,
  thinking: WaitingPlace | undefined,
) {
  const { Ephemeral, SuppressEmbeds } = MessageFlags;
  const audience = (message.flags & Ephemeral) === 0 ? 'room' : 'caller';
  const edit = { ...message, flags: message.flags & SuppressEmbeds }; // an edit cannot change the readers of a message
  if (thinking === 'in place' ? inPlace : thinking === audience)
    return await interaction.editReply(edit);
  // "Thinking" cannot turn from public to private or back.
  if (thinking !== undefined) {
    if (thinking !== 'in place') await interaction.deleteReply();
    return await interaction.followUp(message);
  }
  if (inPlace && isOnMessage(interaction)) {
    const update = interaction.update({ ...edit, withResponse: true });
    return await ignoreAnswered(interaction, 'replied', update);
  }
  const flags = inPlace ? message.flags | Ephemeral : message.flags;
  const reply = interaction.reply({ ...message, flags, withResponse: true });
  return await ignoreAnswered(interaction, 'replied', reply);
}

/** Tests whether all readers of the message of a button may read the reply. */
function mayReplace(interaction: CachedInteraction, { inPlace, to }: OpenedReply) {
  if (!inPlace || to === 'room' || !isOnMessage(interaction)) return true;
  return interaction.message.flags.has(MessageFlags.Ephemeral) === true;
}

function isOnMessage(
  interaction: CachedInteraction,
): interaction is MessageInteraction {
  return (
    interaction.isMessageComponent() ||
    (interaction.isModalSubmit() && interaction.isFromMessage())
  );
}

/** Awaits an answer. Undefined if the interaction was answered before. */
async function ignoreAnswered<T>(
  interaction: CachedInteraction,
  state: 'deferred' | 'replied',
  sending: Promise<T>,
) {
  try {
    return await sending;
  } catch (error) {
    // discord.js sends again after a cut connection, and Discord refuses the second
    // answer.
    const answered = RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;
    if (!(error instanceof DiscordAPIError) || error.code !== answered) throw error;
    interaction[state] = true;
    return undefined;
  }
}

type PostedReply = Message | InteractionCallbackResponse;

function toPanelPlace(posted: PostedReply | undefined): MessagePlace | undefined {
  const message = posted && 'resource' in posted ? posted.resource?.message : posted;
  if (!message) return undefined;
  const { channelId, id } = message;
  return { channelId: toChannelId(channelId), messageId: toMessageId(id) };
}
