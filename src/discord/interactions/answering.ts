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
import type { Form } from '#src/ports/form.ts';
import type { PanelPlace } from '#src/ports/panel.ts';
import { localeOf } from '#src/texts/texts.ts';
import { modalOf } from './forms.ts';
import type { MessageBody } from './rendering.ts';

export type RepliableInteraction =
  | ChatInputCommandInteraction<'cached'>
  | MessageContextMenuCommandInteraction<'cached'>
  | AnySelectMenuInteraction<'cached'>
  | ButtonInteraction<'cached'>
  | ModalSubmitInteraction<'cached'>;

export type MessageEdit = Omit<MessageBody, 'flags'>;

/** Answers to one interaction; the posted message is returned where Discord tells it. */
export class InteractionAnswer {
  readonly #asking: RepliableInteraction;

  constructor(asking: RepliableInteraction) {
    this.#asking = asking;
  }

  get id(): string {
    return this.#asking.id;
  }

  async reply(message: MessageBody): Promise<PanelPlace | undefined> {
    const asking = this.#asking;
    const posted = await unlessTaken(asking.reply({ ...message, withResponse: true }));
    asking.replied = true;
    return placeOf(posted);
  }

  async deferReply(how: { readonly flags?: MessageFlags.Ephemeral }): Promise<void> {
    await unlessTaken(this.#asking.deferReply(how));
    this.#asking.deferred = true;
  }

  /** Changes the message whose button, picker or form was used, as the answer. */
  async update(message: MessageEdit): Promise<PanelPlace | undefined> {
    const asking = this.#asking;
    if (!hasMessage(asking)) return await this.reply({ ...message, flags: MessageFlags.Ephemeral });
    const posted = await unlessTaken(asking.update({ ...message, withResponse: true }));
    asking.replied = true;
    return placeOf(posted);
  }

  /** Says that the answer will change that message. */
  async deferUpdate(): Promise<void> {
    const asking = this.#asking;
    if (!hasMessage(asking)) throw new Error('There is no message to be changed.');
    await unlessTaken(asking.deferUpdate());
    asking.deferred = true;
  }

  async editReply(message: MessageEdit): Promise<PanelPlace | undefined> {
    return placeOf(await this.#asking.editReply(message));
  }

  async deleteReply(): Promise<void> {
    await this.#asking.deleteReply();
  }

  async followUp(message: MessageBody): Promise<PanelPlace | undefined> {
    return placeOf(await this.#asking.followUp(message));
  }

  /** Shows a form as the answer. */
  async openForm(form: Form): Promise<void> {
    const asking = this.#asking;
    if (asking.isModalSubmit()) throw new Error('A form cannot open another one.');
    await asking.showModal(modalOf(form, localeOf(asking.locale)));
  }
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

/** Sent again by discord.js after a cut connection, an answer may be there already, which Discord refuses to take twice. */
async function unlessTaken<T>(sending: Promise<T>): Promise<T | undefined> {
  try {
    return await sending;
  } catch (error) {
    const taken = RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;
    if (error instanceof DiscordAPIError && error.code === taken) return undefined;
    throw error;
  }
}

function placeOf(
  posted: Message | InteractionCallbackResponse | undefined,
): PanelPlace | undefined {
  const message = posted && 'resource' in posted ? posted.resource?.message : posted;
  return message ? { channelId: message.channelId, messageId: message.id } : undefined;
}
