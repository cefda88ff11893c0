import {
  type AnySelectMenuInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  DiscordAPIError,
  type InteractionCallbackResponse,
  type Message,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalMessageModalSubmitInteraction,
  type ModalSubmitInteraction,
  RESTJSONErrorCodes,
} from 'discord.js';
import type { PanelPlace } from '#src/conversation/ports/panel.ts';
import type { VoiceChannelChatPoster } from '#src/conversation/ports/voice-channel-chat-poster.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { isCut, neverSent } from '#src/discord/network-errors.ts';
import { localeOf } from '#src/texts/texts.ts';
import { modalOf } from './forms.ts';
import type { AnswerableInteraction } from './interaction-runner.ts';
import type { MessageBody as Said } from './rendering.ts';

export type RepliableInteraction =
  | ChatInputCommandInteraction<'cached'>
  | MessageContextMenuCommandInteraction<'cached'>
  | AnySelectMenuInteraction<'cached'>
  | ButtonInteraction<'cached'>
  | ModalSubmitInteraction<'cached'>;

/** Discord takes a first answer for 3 s: a second try must not come much later. */
const againMs = 150;

/** Longest wait, in ms, for a message in place of an answer. */
const writeMs = 60_000;

/** An interaction whose answers survive a cut connection: a harmless request is sent once more. */
export function resilientInteraction(
  asking: RepliableInteraction,
  timing: SyncTiming,
  messages: Pick<VoiceChannelChatPoster, 'offer'>,
): AnswerableInteraction {
  const retried = <T>(send: () => Promise<T>) => twice(send, isCut, timing);
  const reply = async (message: Said) => {
    try {
      return placeOf(await retried(() => asking.reply({ ...message, withResponse: true })));
    } catch (error) {
      if (!isTaken(error)) throw error;
      asking.replied = true;
      return await replaced(asking, message, retried);
    }
  };
  return {
    id: asking.id,
    reply,
    async deferReply(how) {
      try {
        await retried(() => asking.deferReply(how));
      } catch (error) {
        if (!isTaken(error)) throw error;
        asking.deferred = true;
      }
    },
    async update(message) {
      if (!hasMessage(asking)) return await reply({ ...message, flags: MessageFlags.Ephemeral });
      try {
        return placeOf(await retried(() => asking.update({ ...message, withResponse: true })));
      } catch (error) {
        if (!isTaken(error)) throw error;
        asking.replied = true;
        return placeOf(await retried(() => asking.editReply(message)));
      }
    },
    async deferUpdate() {
      if (!hasMessage(asking)) throw new Error('There is no message to be changed.');
      try {
        await retried(() => asking.deferUpdate());
      } catch (error) {
        if (!isTaken(error)) throw error;
        asking.deferred = true;
      }
    },
    editReply: async (message) => placeOf(await retried(() => asking.editReply(message))),
    deleteReply: () => gone(asking, retried),
    followUp: async (message) =>
      placeOf(await twice(() => asking.followUp(message), neverSent, timing)),
    async openForm(form) {
      if (asking.isModalSubmit()) throw new Error('A form cannot open another one.');
      await asking.showModal(modalOf(form, localeOf(asking.locale)));
    },
    async replyExpired() {
      const { channel, channelId, guildId, member } = asking;
      if (channelId === null) return; // only a form may come from nowhere
      const where = { guildId, channelId, name: channel?.name ?? channelId };
      const line = { id: 'answer.expired', with: { name: member.displayName } } as const;
      await messages.offer(where, line, [], AbortSignal.timeout(writeMs));
    },
  };
}

/** Whether it came from a message that can be changed in its place: not so of commands, and of forms that they opened. */
function hasMessage(
  asking: RepliableInteraction,
): asking is
  | AnySelectMenuInteraction<'cached'>
  | ButtonInteraction<'cached'>
  | ModalMessageModalSubmitInteraction<'cached'> {
  return asking.isMessageComponent() || (asking.isModalSubmit() && asking.isFromMessage());
}

type RetryRequest = <T>(send: () => Promise<T>) => Promise<T>;

/**
 * Discord has a first answer already: this one, or a "thinking", whose confirmation was cut off. An edit makes it this one;
 * a private answer cannot be recognised from outside, and follows a first answer that is taken away.
 */
async function replaced(
  asking: RepliableInteraction,
  { flags, ...same }: Said,
  retried: RetryRequest,
): Promise<PanelPlace | undefined> {
  if (flags !== MessageFlags.Ephemeral) return placeOf(await retried(() => asking.editReply(same)));
  await gone(asking, retried);
  await asking.followUp({ ...same, flags });
  return undefined;
}

async function gone(asking: RepliableInteraction, retried: RetryRequest): Promise<void> {
  try {
    await retried(() => asking.deleteReply());
  } catch (error) {
    if (!hasCode(error, RESTJSONErrorCodes.UnknownMessage)) throw error;
  }
}

async function twice<T>(
  send: () => Promise<T>,
  isHarmless: (error: unknown) => boolean,
  timing: SyncTiming,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!isHarmless(error)) throw error;
    await new Promise<void>((resolve) => timing.later(againMs, resolve));
    return await send();
  }
}

function isTaken(error: unknown): boolean {
  return hasCode(error, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged);
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof DiscordAPIError && error.code === code;
}

function placeOf(posted: Message | InteractionCallbackResponse): PanelPlace | undefined {
  const message = 'resource' in posted ? posted.resource?.message : posted;
  return message ? { channelId: message.channelId, messageId: message.id } : undefined;
}
