import { type Guild, PermissionFlagsBits } from 'discord.js';
import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { MessageContent } from '#src/ports/typed-messages.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { findPermissions } from './permissions.ts';

/** Source: Discord docs, "Embed Limits". */
const mostChars = 6_000;

/** Reads words and files of a message, or of the message that it forwards. */
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
  const shown = forwarded || isPicked ? embeds : [];
  const words = [
    toNonEmptyText(content) ?? [],
    collectWords([question, answers], ['text']),
    collectWords(components, ['content', 'label', 'description']),
    collectWords(shown, ['title', 'description', 'name', 'value', 'text']),
  ];
  const files = collectObjects([attachments, components, shown]).map(toMessageFile);
  const pictures = files.filter(({ type }) => /^image\//.test(type));
  return {
    text: words.flat().join('\n').slice(0, mostChars),
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
function collectWords(part: unknown, names: readonly string[]) {
  return collectObjects(part).flatMap((one) =>
    names.flatMap((name) => toNonEmptyText(one[name]) ?? []),
  );
}

function collectObjects(part: unknown) {
  const found: Fields[] = [];
  JSON.stringify(part, (_, value) => {
    if (isRecord(value)) found.push(value);
    return value;
  });
  return found;
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
  told: ReadonlyMap<string, string> = new Map(),
): string {
  const findPerson = (id: string) =>
    told.get(id) ??
    (guild?.members.cache.get(id) ?? guild?.client.users.cache.get(id))?.displayName;
  return text.replace(/<(@[!&]?|#)(\d+)>/g, (whole, mark: string, id: string) => {
    if (mark === '#') return findOpenChannel(id, guild) ?? whole;
    const name = mark === '@&' ? guild?.roles.cache.get(id)?.name : findPerson(id);
    return name === undefined ? whole : toOneLine(name);
  });
}

/** Finds the name of a channel that everybody may see. */
function findOpenChannel(id: string, guild: Guild | undefined) {
  const channel = guild?.channels.cache.get(id);
  const seen = channel && findPermissions(channel, channel.guild.roles.everyone);
  return seen?.has(PermissionFlagsBits.ViewChannel)
    ? toOneLine(channel?.name ?? '')
    : undefined;
}
