import { type Guild, PermissionFlagsBits } from 'discord.js';
import {
  type ChannelId,
  type PersonId,
  toChannelId,
  toPersonId,
} from '#src/base/ids.ts';
import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { MessageContent } from '#src/ports/authored-content.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { findPermissions } from './permissions.ts';

/** Source: Discord docs, "Embed Limits". */
const maxTextChars = 6_000;

/** Reads texts and files of a message, or of the message that it forwards. */
export function readContent(
  message: unknown,
  forwarded: unknown,
  isPicked: boolean,
): MessageContent {
  // Embeds of a typed line are previews of linked pages, so they count only if a person
  // picked the message.
  const { attachments, components, content, embeds, poll } = toRecord(
    forwarded ?? message,
  );
  const { answers, question } = toRecord(poll);
  const ownEmbeds = forwarded || isPicked ? embeds : [];
  const texts = [
    toNonEmptyText(content) ?? [],
    collectTexts([question, answers], ['text']),
    collectTexts(components, ['content', 'label', 'description']),
    collectTexts(ownEmbeds, ['title', 'description', 'name', 'value', 'text']),
  ];
  const files = collectObjects([attachments, components, ownEmbeds]).map(toMessageFile);
  const pictures = files.filter(({ type }) => /^image\//.test(type));
  return {
    text: texts.flat().join('\n').slice(0, maxTextChars),
    isForwarded: forwarded ? true : undefined,
    recording: collectObjects(attachments)
      .map(toMessageFile)
      .find(({ name, type }) => soundTypes.test(type) || soundNames.test(name)),
    pictures: pictures.length > 0 ? pictures : undefined,
  };
}

const soundTypes = /^(audio\/|application\/ogg)/;
const soundNames = /\.(wav|mp3|ogg|opus)$/i;

/** Collects texts under these names in JSON of any depth. */
function collectTexts(json: unknown, names: readonly string[]) {
  return collectObjects(json).flatMap((object) =>
    names.flatMap((name) => toNonEmptyText(object[name]) ?? []),
  );
}

function collectObjects(json: unknown) {
  const objects: Fields[] = [];
  JSON.stringify(json, (_, value) => {
    if (isRecord(value)) objects.push(value);
    return value;
  });
  return objects;
}

type Fields = Readonly<Record<string, unknown>>;

function toMessageFile({
  content_type,
  contentType = content_type,
  filename,
  name = filename,
  url,
}: Fields) {
  return { url: `${url}`, name: `${name ?? ''}`, type: `${contentType ?? ''}` };
}

/**
 * Replaces marks by names that everybody may see. Source: Discord docs, "Message
 * Formatting".
 */
export function replaceMentions(
  text: string,
  guild: Guild | undefined,
  /** Names of people by id, where Discord has told others than it keeps. */
  toldNames: ReadonlyMap<PersonId, string> = new Map(),
): string {
  const findPersonName = (personId: PersonId) =>
    toldNames.get(personId) ??
    (guild?.members.cache.get(personId) ?? guild?.client.users.cache.get(personId))
      ?.displayName;
  return text.replace(/<(@[!&]?|#)(\d+)>/g, (mention, sign: string, id: string) => {
    if (sign === '#') return findOpenChannelName(toChannelId(id), guild) ?? mention;
    const name =
      sign === '@&' ? guild?.roles.cache.get(id)?.name : findPersonName(toPersonId(id));
    return name === undefined ? mention : toOneLine(name);
  });
}

/** Finds the name of a channel that everybody may see. */
function findOpenChannelName(channelId: ChannelId, guild: Guild | undefined) {
  const channel = guild?.channels.cache.get(channelId);
  const permissions = channel && findPermissions(channel, channel.guild.roles.everyone);
  return permissions?.has(PermissionFlagsBits.ViewChannel)
    ? toOneLine(channel?.name ?? '')
    : undefined;
}
