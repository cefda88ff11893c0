import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { MessageContent } from '#src/ports/typed-messages.ts';

/** Longest text of a message: that of all its embeds together. Source: Discord docs, "Embed Limits". */
const mostChars = 6_000;

/**
 * Reads the words and files of a message, of discord.js or as the gateway sends it: what was typed, polls, components and
 * embeds; of one that forwards another, those of the other. Embeds of a line that a person typed are previews of the pages to
 * which it links: they count only where somebody picked that message.
 */
export function readContent(
  message: unknown,
  forwarded: unknown,
  isPicked: boolean,
): MessageContent {
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

/** Reads the fields of these names in the JSON of a part, however deep they are. */
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

/** Reads a file in the fields of discord.js or of the gateway. */
function toMessageFile({
  content_type,
  contentType = content_type,
  filename,
  name = filename,
  url,
}: Fields) {
  return { url: `${url}`, name: `${name ?? ''}`, type: `${contentType ?? ''}` };
}
