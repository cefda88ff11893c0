import { randomBytes } from 'node:crypto';
import type { Dispatch } from '#sandbox/gateway/gateway-wire.ts';
import type { Channel, Guild, Member, World } from '#sandbox/world/world.ts';
import { fileLimitBytes } from '#sandbox/world/world-attachments.ts';
import { callerJson, channelJson, type Json, messageJson } from '#sandbox/world/world-json.ts';
import type { BoardMessage, MessageBoard } from '#sandbox/world/world-messages.ts';
import { permissionsOf } from '#sandbox/world/world-permissions.ts';
import { type InteractionKind, InteractionRecord } from './interaction-record.ts';

export type InteractionInput = {
  readonly kind: InteractionKind;
  readonly guild: Guild;
  readonly caller: Member;
  readonly channel: Channel;
  readonly data: Json;
  readonly message?: BoardMessage;
};

/** Source: Discord docs, "Interaction Type". */
export const interactionTypes = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

/** Every interaction, found by id by callbacks and by token by webhooks. */
export class Interactions {
  readonly #world: World;
  readonly #board: MessageBoard;
  readonly #dispatch: (event: Dispatch) => void;
  readonly #records = new Map<string, InteractionRecord>();

  constructor(world: World, board: MessageBoard, dispatch: (event: Dispatch) => void) {
    this.#world = world;
    this.#board = board;
    this.#dispatch = dispatch;
  }

  /** Tells the bot what a person did. */
  start(act: InteractionInput): InteractionRecord {
    const id = this.#world.ids.next();
    const token = randomBytes(24).toString('base64url');
    const { kind, guild, channel, caller, message } = act;
    const opening = { id, token, kind, channelId: channel.id, callerId: caller.user.id, message };
    const record = new InteractionRecord(opening, this.#world, this.#board);
    this.#records.set(token, record);
    const data = this.#json(record, act);
    this.#dispatch({ name: 'INTERACTION_CREATE', guildId: guild.id, data });
    return record;
  }

  byToken(token: string): InteractionRecord | undefined {
    return this.#records.get(token);
  }

  byId(id: string): InteractionRecord | undefined {
    return [...this.#records.values()].find((record) => record.id === id);
  }

  #json(record: InteractionRecord, act: InteractionInput): Json {
    const { kind, guild, caller, channel, data, message } = act;
    const { bot } = this.#world;
    const permissions = permissionsOf(this.#world, guild, caller.user.id, channel).toString();
    return {
      id: record.id,
      application_id: bot.id,
      type: interactionTypes[kind],
      token: record.opening.token,
      version: 1,
      guild_id: guild.id,
      guild: { id: guild.id, locale: guild.locale, features: [] },
      channel_id: channel.id,
      channel: { ...channelJson(guild, channel), permissions },
      member: callerJson(this.#world, guild, caller, channel),
      locale: caller.locale,
      guild_locale: guild.locale,
      app_permissions: permissionsOf(this.#world, guild, bot.id, channel).toString(),
      entitlements: [],
      authorizing_integration_owners: { '0': guild.id },
      context: 0,
      attachment_size_limit: fileLimitBytes,
      data,
      message: message && messageJson(this.#world, message),
    };
  }
}
