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
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { Panels } from '#src/discord/panel/panels.ts';
import type { Replies, Reply } from '#src/features/command.ts';
import type { ReplyAudience } from '#src/ports/command-ports.ts';
import type { Form } from '#src/ports/form.ts';
import { type TextLine, toLocale } from '#src/texts/texts.ts';
import { toModal } from './forms.ts';
import { type MessageBody, type MessageDeps, renderMessage } from './rendering.ts';

export type Invocation = {
  /** Name for logs, say `privacy status` or `press stop`. */
  readonly name: string;
  /** Audience of "thinking". The default is the caller. */
  readonly shownTo?: ReplyAudience;
  /** Changes the message that it came from. */
  readonly inPlace?: true;
  /** The default is a minute. */
  readonly longestMs?: number;
  readonly isNeverLimited?: true;
  /** Runs only after Discord shows "thinking". */
  readonly mustDeferFirst?: true;
  /** Finds a form to open instead of running. */
  form?(): Promise<Form | undefined>;
  run(): Promise<Replies>;
};

export type InteractionRunnerOptions = MessageDeps & {
  readonly panels: Pick<Panels, 'renderPanel' | 'putPanel'>;
};

type Asking = RepliableInteraction<'cached'>;
/** Excludes commands, and forms that commands opened. */
type AskingOnMessage =
  | AnySelectMenuInteraction<'cached'>
  | ButtonInteraction<'cached'>
  | ModalMessageModalSubmitInteraction<'cached'>;
type WaitingPlace = ReplyAudience | 'in place';
/** With `head` the message becomes the panel, below that sentence. */
type RenderedReply = {
  readonly message: MessageBody;
  readonly head?: TextLine;
  readonly inPlace?: true;
};

/** Discord waits 3 s for the first answer. */
const deferMs = 250;
const usualLongestMs = 60_000;
/** A form can only be the first answer. */
const formMs = 1_500;
/** Discord may deliver an interaction twice. */
const maxSeen = 1_000;

/** Runs commands and sends replies. No failure of a command or of Discord throws. */
export function createInteractionRunner(options: InteractionRunnerOptions) {
  const seen = new Set<string>();

  /** Returns whether one opened. */
  async function openForm(asking: Asking, { form: find, name }: Invocation) {
    if (!find || asking.isModalSubmit()) return false;
    try {
      const form = await runWithDeadline(formMs, `The form of ${name}`, find);
      if (form) await asking.showModal(toModal(form, toLocale(asking.locale)));
      return form !== undefined;
    } catch (error) {
      options.report({ kind: 'command-failed', name, code: 'internal', error });
      return false;
    }
  }

  async function runAndSay(asking: Asking, invocation: Invocation) {
    let thinking: Promise<WaitingPlace | undefined> | undefined;
    const deferReply = () => {
      thinking ??= showThinking(asking, invocation).catch(() => undefined);
      return thinking;
    };
    const forget = options.timing.later(deferMs, () => void deferReply());
    if (invocation.mustDeferFirst) await deferReply();
    const [first, ...rest] = await collectReplies(asking, invocation);
    forget();
    followPanel(asking, first, await sayFirst(asking, first, await thinking));
    for (const reply of rest)
      followPanel(asking, reply, await asking.followUp(reply.message));
  }

  async function collectReplies(
    asking: Asking,
    { longestMs = usualLongestMs, name, run }: Invocation,
  ) {
    try {
      return renderReplies(asking, await runWithDeadline(longestMs, name, run));
    } catch (error) {
      const code = error instanceof BotError ? error.code : 'internal';
      options.report({ kind: 'command-failed', name, code, error });
      return renderReplies(asking, [{ id: 'generic', with: { code } }]);
    }
  }

  async function runWithDeadline<T>(ms: number, name: string, work: () => Promise<T>) {
    return await withTimeout(
      work(),
      ms,
      options.timing,
      () => new Error(`${name} took longer than ${ms / 1000} s.`),
    );
  }

  function renderReplies(
    { guildId, guild, locale }: Asking,
    [first, ...rest]: Replies,
  ): readonly [RenderedReply, ...RenderedReply[]] {
    const { panels, buttons } = options;
    const languages = {
      caller: toLocale(locale),
      room: toLocale(guild.preferredLocale),
    };
    const renderReply = (reply: Reply) => {
      if (reply.panel && reply.to === 'room')
        return { message: panels.renderPanel(guildId, reply), head: reply };
      return {
        message: renderMessage(reply, languages, buttons),
        inPlace: reply.inPlace,
      };
    };
    return [renderReply(first), ...rest.map(renderReply)];
  }

  function followPanel(
    { guildId }: Asking,
    { head, message }: RenderedReply,
    posted?: PostedReply,
  ) {
    const place = toPanelPlace(posted);
    if (head !== undefined && place)
      options.panels.putPanel(guildId, place, head, message);
  }

  function isFirst(id: string) {
    if (seen.has(id)) return false;
    seen.add(id);
    dropOldest(seen, maxSeen);
    return true;
  }

  return {
    async answerInteraction(asking: Asking, invocation: Invocation) {
      if (!isFirst(asking.id)) return;
      const { timing, report } = options;
      const { name } = invocation;
      const startMs = timing.nowMs();
      const opensForm = await openForm(asking, invocation);
      try {
        if (!opensForm) await runAndSay(asking, invocation);
        report({ kind: 'command', name, tookMs: timing.nowMs() - startMs });
      } catch (error) {
        report({ kind: 'command-failed', name, code: 'discord.unreachable', error });
      }
    },
  };
}

async function showThinking(
  asking: Asking,
  { inPlace, shownTo = 'caller' }: Invocation,
) {
  if (inPlace && isOnMessage(asking)) {
    await ignoreTaken(asking, 'deferred', asking.deferUpdate());
    return 'in place';
  }
  const flags = shownTo === 'caller' ? (MessageFlags.Ephemeral as const) : undefined;
  await ignoreTaken(asking, 'deferred', asking.deferReply({ flags }));
  return shownTo;
}

/** Edits "thinking" where possible. */
async function sayFirst(
  asking: Asking,
  { inPlace, message }: RenderedReply,
  thinking: WaitingPlace | undefined,
) {
  const { Ephemeral, SuppressEmbeds } = MessageFlags;
  const to = (message.flags & Ephemeral) === 0 ? 'room' : 'caller';
  const edit = { ...message, flags: message.flags & SuppressEmbeds }; // an edit cannot change the readers of a message
  if (thinking === 'in place' ? inPlace : thinking === to)
    return await asking.editReply(edit);
  // "Thinking" cannot turn from public to private or back.
  if (thinking !== undefined) {
    if (thinking !== 'in place') await asking.deleteReply();
    return await asking.followUp(message);
  }
  if (inPlace && isOnMessage(asking)) {
    const update = asking.update({ ...edit, withResponse: true });
    return await ignoreTaken(asking, 'replied', update);
  }
  const own = inPlace ? { ...message, flags: message.flags | Ephemeral } : message;
  const reply = asking.reply({ ...own, withResponse: true });
  return await ignoreTaken(asking, 'replied', reply);
}

function isOnMessage(asking: Asking): asking is AskingOnMessage {
  return (
    asking.isMessageComponent() || (asking.isModalSubmit() && asking.isFromMessage())
  );
}

/** Awaits an answer, and takes an interaction that is answered already as done. */
async function ignoreTaken<T>(
  asking: Asking,
  state: 'deferred' | 'replied',
  sending: Promise<T>,
) {
  try {
    return await sending;
  } catch (error) {
    // discord.js sends again after a cut connection, and Discord refuses the second
    // answer.
    const taken = RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;
    if (!(error instanceof DiscordAPIError) || error.code !== taken) throw error;
    asking[state] = true;
    return undefined;
  }
}

type PostedReply = Message | InteractionCallbackResponse;

function toPanelPlace(posted: PostedReply | undefined) {
  const message = posted && 'resource' in posted ? posted.resource?.message : posted;
  return message ? { channelId: message.channelId, messageId: message.id } : undefined;
}
