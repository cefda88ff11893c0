import { findClosestNames } from '#commands/closest-names.ts';
import type { ChannelId } from '#src/base/ids.ts';
import { formatRecapMessages } from '#src/features/captions/answers/recap.ts';
import { transcriptFormats } from '#src/features/captions/files/transcript-file.ts';
import type {
  FindOutcome,
  NoTranscript,
  RecapRequest,
} from '#src/features/captions/transcripts/transcript-requests.ts';
import type {
  Command,
  CommandCall,
  CommandOption,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type {
  ListedSession,
  QuotedLine,
} from '#src/stores/transcripts/transcript-line.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { AnyLine, TextLine, WordsLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';

const sessionOption: CommandOption = {
  name: 'session',
  description: 'command.captions.session',
  kind: 'text',
  maxChars: 100,
  suggest: suggestSessions,
};

/** `/captions transcript`: sends a transcript as a file. */
export const transcriptGroup: Command = {
  name: 'transcript',
  description: 'command.captions.transcript',
  mustDeferFirst: true,
  options: [
    {
      name: 'format',
      description: 'command.captions.transcript.format',
      kind: 'choice',
      values: transcriptFormats,
    },
    sessionOption,
  ],
  run: sendTranscript,
};

async function sendTranscript(
  call: CommandCall,
  ports: CommandPorts,
): Promise<Replies> {
  const { guildId, caller, inputs } = call;
  const picked = await findPickedSession(call, ports);
  if (picked === 'unknown') return toUnknownValueReply(inputs.session);
  const format = transcriptFormats.find((name) => name === inputs.format) ?? 'txt';
  const outcome = await ports.features.transcripts.createFile(guildId, caller.id, {
    format,
    ...picked,
  });
  if (outcome.kind !== 'file')
    return toNoTranscriptReply(outcome, await findAbsence(call, ports));
  const times = ports.guilds.getTimes(guildId);
  const { transcript } = outcome;
  const heading = transcript.map(({ session }): TextLine => {
    const { channelName: channel, startedAtWallMs } = session;
    const date = times.day(startedAtWallMs);
    return { id: 'captions.thread', with: { channel, date } };
  });
  const files = [transcript.map(({ file }) => file)];
  return [{ id: 'captions.none', words: [heading], files }];
}

type CaptionsAbsence = 'captions.none' | 'captions.begun';

/** Captions that are on are not denied to a person who may read them: of the first sentences, nothing is stored yet. */
async function findAbsence(
  { caller, guildId }: CommandCall,
  { features, sessions }: CommandPorts,
): Promise<CaptionsAbsence> {
  const channel = sessions.at(guildId);
  if (!channel || !features.captions.isOn(guildId)) return 'captions.none';
  const mayRead = await sessions.canOpen(guildId, channel.channelId, caller.id);
  return mayRead ? 'captions.begun' : 'captions.none';
}

function toNoTranscriptReply(
  outcome: NoTranscript,
  id: 'ask.unknown' | CaptionsAbsence = 'ask.unknown',
): Replies {
  if (outcome.kind === 'failed') return [outcome.line];
  return [{ id, buttons: ['captions'] }];
}

/** Answers an option with a value that is not offered. */
export function toUnknownValueReply(x = ''): Replies {
  return [{ id: 'unknown', with: { x } }];
}

async function findPickedSession(
  call: CommandCall,
  ports: CommandPorts,
): Promise<{ readonly sessionId?: string } | 'unknown'> {
  const { caller, guildId, inputs } = call;
  const typed = inputs.session?.trim();
  if (!typed) return {};
  const times = ports.guilds.getTimes(guildId);
  const mayOpen = (channelId: ChannelId) =>
    ports.sessions.canOpen(guildId, channelId, caller.id);
  for (const owned of await listSessions(call, ports)) {
    const session = await owned.findForPerson(caller.id, mayOpen);
    if (session && formatSessionLabel(session, times) === typed)
      return { sessionId: session.id };
  }
  return 'unknown';
}

async function listSessions(
  { guildId, caller }: CommandCall,
  { features }: CommandPorts,
) {
  return (await features.transcripts.listSessions(guildId, caller.id)) ?? [];
}

async function suggestSessions(typed: string, call: CommandCall, ports: CommandPorts) {
  const times = ports.guilds.getTimes(call.guildId);
  const sessions = await listSessions(call, ports);
  return sessions.flatMap((owned) =>
    owned.split((session) =>
      findClosestNames(typed, [formatSessionLabel(session, times)]),
    ),
  );
}

function formatSessionLabel(
  { startedAtWallMs, channelName, lineCount }: ListedSession,
  times: WallTimes,
) {
  const date = `${times.day(startedAtWallMs)} ${times.minute(startedAtWallMs)}`;
  return `${date} ${channelName.slice(0, 60)} (${lineCount})`;
}

const maxQuoteChars = 150;

/** `/captions find`: quotes stored lines with these words. */
export const findCommand: Command = {
  name: 'find',
  description: 'command.captions.find',
  options: [
    {
      name: 'words',
      description: 'command.captions.find.words',
      required: true,
      kind: 'text',
      maxChars: 200,
    },
  ],
  async run({ guildId, caller, inputs }, { features, guilds }) {
    const query = inputs.words ?? '';
    const outcome = await features.transcripts.findLines(guildId, caller.id, query);
    return formatQuotes(outcome, guilds.getTimes(guildId));
  },
};

/** Builds a reply of quotes with their speakers and times, or explains that there are none. */
export function formatQuotes(outcome: FindOutcome, times: WallTimes): Replies {
  if (outcome.kind !== 'found') return toNoTranscriptReply(outcome);
  const words = outcome.lines.map((line) =>
    line.map((quote) => formatQuote(quote, times)),
  );
  return [{ id: 'ask.unknown', words }];
}

function formatQuote(
  { name, atWallMs, text, link }: QuotedLine,
  times: WallTimes,
): WordsLine {
  const quote = `"${truncate(text, maxQuoteChars)}"`;
  const linkedQuote = link === undefined ? quote : `${quote} ${link}`;
  return {
    id: 'find.line',
    with: { name, time: times.minute(atWallMs), text: linkedQuote },
  };
}

/**
 * A self-hosted model may need this long for an evening of talk. The session ends a minute earlier.
 */
export const maxRecapMs: number = 14 * 60_000;

/** `/captions recap`: summarises a session. */
export const recapCommand: Command = {
  name: 'recap',
  description: 'command.captions.recap',
  longestMs: maxRecapMs,
  options: [sessionOption],
  run: summariseSession,
};

async function summariseSession(call: CommandCall, ports: CommandPorts) {
  const picked = await findPickedSession(call, ports);
  if (picked === 'unknown') return toUnknownValueReply(call.inputs.session);
  return await toRecapReply(call, ports, picked);
}

/** Has a session summarised, and builds a reply of one or several messages. */
export async function toRecapReply(
  call: CommandCall,
  ports: CommandPorts,
  request: RecapRequest,
): Promise<Replies> {
  const { guildId, caller } = call;
  const { features, guilds } = ports;
  const outcome = await features.transcripts.createRecap(guildId, caller.id, request);
  if (outcome.kind !== 'recap')
    return toNoTranscriptReply(outcome, await findAbsence(call, ports));
  const times = guilds.getTimes(guildId);
  const messages = outcome.recap.split((recap) => formatRecapMessages(recap, times));
  const [reply, ...furtherReplies] = messages.map(
    (message): Reply => ({
      id: 'captions.none',
      words: message.split((lines): readonly AnyLine[] => lines),
    }),
  );
  return reply
    ? [reply, ...furtherReplies]
    : toNoTranscriptReply({ kind: 'none' }, await findAbsence(call, ports));
}
