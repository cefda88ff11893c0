import type { ChannelId, PersonId } from '#src/base/ids.ts';
import type { Owned } from '#src/people/owned.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { AnyLine, TextLine } from '#src/texts/texts.ts';
import type { OpenedReply, Reply } from './command.ts';

/** Person who gets a reply, and the channel in which a public reply appears. */
export type ReplyReader = {
  readonly personId: PersonId;
  readonly placeId?: ChannelId | undefined;
  /** Asks whether the person may open a voice channel now. */
  readonly mayOpen: (channelId: ChannelId) => Promise<boolean>;
};

/**
 * Opens a reply at the moment in which it leaves. Words of another channel are for the caller alone, who has to be able to
 * open that channel now. Without a word that may leave, the reply is its first line, or says that words were erased.
 *
 * @example
 * import { toChannelId, toPersonId } from '#src/base/ids.ts';
 * import { openReply } from '#src/features/open-reply.ts';
 * import { Owned } from '#src/people/owned.ts';
 *
 * const answer = { id: 'ask.answer', with: { answer: 'At nine.' } } as const;
 * const words = [new Owned(answer, { channelId: toChannelId('1') })];
 * const reader = { personId: toPersonId('2'), mayOpen: async () => false };
 * (await openReply({ id: 'ask.unknown', words }, reader)).id; // 'ask.unknown'
 */
export async function openReply(
  reply: Reply,
  reader: ReplyReader,
): Promise<OpenedReply> {
  const { files, words, ...bare } = reply;
  if (!words && !files) return bare;
  const opened =
    (reply.to === 'room' ? openForPlace(reply, reader) : undefined) ??
    (await openForCaller(reply, reader));
  if (opened) return opened;
  const isErased = [...(words ?? []), ...(files ?? [])].some((each) => each.isErased);
  return isErased
    ? { id: 'words.erased' }
    : ({ id: reply.id, with: reply.with } as TextLine);
}

/** Opens a reply for everybody in its place. Undefined if it holds anything of another channel. */
function openForPlace(reply: Reply, { placeId }: ReplyReader) {
  const { files = [], words = [] } = reply;
  const openedFiles = files.flatMap((file) => file.findForPlace(placeId) ?? []);
  const openedWords = words.flatMap((line) => line.findForPlace(placeId) ?? []);
  const isWhole =
    openedFiles.length === files.length && openedWords.length === words.length;
  return isWhole ? joinReply(reply, openedWords, openedFiles) : undefined;
}

/** Opens a reply for its caller, without lines that the caller may not read. Undefined if nothing is left. */
async function openForCaller(reply: Reply, { mayOpen, personId }: ReplyReader) {
  const { files = [], words = [] } = reply;
  const answers = new Map<ChannelId, Promise<boolean>>();
  const mayOpenOnce = (channelId: ChannelId) => {
    const answer = answers.get(channelId) ?? mayOpen(channelId);
    answers.set(channelId, answer);
    return answer;
  };
  const openAll = async <Value>(values: readonly Owned<Value>[]) => {
    const opened = await Promise.all(
      values.map((value) => value.findForPerson(personId, mayOpenOnce)),
    );
    // Words may have been erased while Discord was asked about others.
    return values.flatMap((value, n) => (value.isErased ? [] : (opened[n] ?? [])));
  };
  const [openedWords, openedFiles] = await Promise.all([
    openAll(words),
    openAll(files),
  ]);
  const isShown =
    openedFiles.length === files.length && (!reply.words || openedWords.length > 0);
  return isShown
    ? joinReply({ ...reply, to: 'caller' }, openedWords, openedFiles)
    : undefined;
}

function joinReply(
  { files: _, words, ...reply }: Reply,
  openedWords: readonly AnyLine[],
  openedFiles: readonly ReplyFile[],
): OpenedReply {
  const [heading, ...furtherWords] = words ? openedWords : [reply];
  const lines = [...furtherWords, ...(reply.lines ?? [])];
  return {
    ...reply,
    ...(heading && { id: heading.id, with: heading.with }),
    ...(lines.length > 0 && { lines }),
    ...(openedFiles.length > 0 && { files: openedFiles }),
  } as OpenedReply; // The heading is a line with all of its placeholders.
}
