import { MessageType } from 'discord.js';
import type { TypedMessage } from '#src/session/ports/typed-messages.ts';

/** Discord's own limit of a message, for people with a subscription. */
const mostChars = 4_000;

/** A message as the gateway tells it; undefined for what is none of a server, is not whole, or says that somebody joined. */
export function readTyped(data: unknown, botId: string): TypedMessage | undefined {
  const { id, channel_id: channelId, guild_id: guildId, ...rest } = recordOf(data);
  const author = recordOf(rest.author);
  if (typeof id !== 'string' || typeof channelId !== 'string') return undefined;
  if (typeof guildId !== 'string' || typeof author.id !== 'string') return undefined;
  const isUsual = rest.type === MessageType.Default || rest.type === MessageType.Reply;
  if (!isUsual || author.id === botId) return undefined;
  const mentions = Array.isArray(rest.mentions) ? rest.mentions.map(recordOf) : [];
  const nick = recordOf(rest.member).nick;
  const name = [nick, author.global_name, author.username].find((one) => typeof one === 'string');
  return {
    guildId,
    channelId,
    messageId: id,
    author: { id: author.id, name: `${name ?? ''}`, isBot: author.bot === true },
    isWebhook: typeof rest.webhook_id === 'string',
    isMention: mentions.some((one) => one.id === botId),
    text: textOf(rest.content, mentions, botId),
    ...(isEmpty(rest) && { isHidden: true }),
  };
}

/** Without the message content intent Discord empties these, of which a message has one. Source: Discord docs, "Gateway". */
function isEmpty({ content, sticker_items: stickers, ...rest }: Fields): boolean {
  const { attachments, components, embeds, message_snapshots: forwarded } = rest;
  const lists = [attachments, components, embeds, forwarded, stickers];
  const isBare = lists.every((one) => !Array.isArray(one) || one.length === 0);
  return content === '' && isBare && rest.poll === undefined;
}

/** Without the mention of the bot; other people by their names. */
function textOf(content: unknown, mentions: readonly Fields[], botId: string): string {
  if (typeof content !== 'string') return '';
  const names = new Map(mentions.map((one) => [one.id, one.global_name ?? one.username]));
  return content
    .slice(0, mostChars)
    .replace(/<@!?(\d+)>/g, (whole, id: string) =>
      id === botId ? ' ' : `${names.get(id) ?? whole}`,
    )
    .replace(/\s+/g, ' ')
    .trim();
}

type Fields = Readonly<Record<string, unknown>>;

function recordOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
