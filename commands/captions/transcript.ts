import { findClosestNames } from '#commands/closest-names.ts';
import { formatRecapMessages } from '#src/features/captions/answers/recap.ts';
import { transcriptFormats } from '#src/features/captions/files/transcript-file.ts';
import type {
  ListedSession,
  QuotedLine,
} from '#src/features/captions/transcript-line.ts';
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
} from '#src/features/command.ts';
import { truncate } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';

const sessionOption: CommandOption = {
  name: 'session',
  description: 'command.captions.session',
  kind: 'text',
  maxChars: 100,
  suggest: async (typed, call, ports) =>
    findClosestNames(typed, [...(await findByLabel(call, ports)).keys()]),
};

export const transcriptGroup: Command = {
  name: 'transcript',
  description: 'command.captions.transcript',
  mustDeferFirst: true,
  options: [
    {
      name: 'format',
      description: 'command.captions.transcript',
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
  const format = transcriptFormats.find((one) => one === inputs.format) ?? 'txt';
  const outcome = await ports.features.transcripts.createFile(guildId, caller.id, {
    format,
    ...picked,
  });
  if (outcome.kind !== 'file') return toNoTranscriptReply(outcome, 'captions.none');
  const { channelName: channel, startedAtWallMs } = outcome.session;
  const date = ports.guilds.getTimes(guildId).day(startedAtWallMs);
  const files = [outcome.file];
  return [{ id: 'captions.thread', with: { channel, date }, files }];
}

function toNoTranscriptReply(
  outcome: NoTranscript,
  id: 'ask.unknown' | 'captions.none' = 'ask.unknown',
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
  const typed = call.inputs.session?.trim();
  if (!typed) return {};
  const session = (await findByLabel(call, ports)).get(typed);
  return session ? { sessionId: session.id } : 'unknown';
}

async function findByLabel(
  { guildId, caller }: CommandCall,
  { features, guilds }: CommandPorts,
): Promise<ReadonlyMap<string, ListedSession>> {
  const sessions = await features.transcripts.listSessions(guildId, caller.id);
  const times = guilds.getTimes(guildId);
  return new Map(
    (sessions ?? []).map((session) => [formatSessionLabel(session, times), session]),
  );
}

function formatSessionLabel(
  { startedAtWallMs, channelName, lineCount }: ListedSession,
  times: WallTimes,
) {
  const when = `${times.day(startedAtWallMs)} ${times.minute(startedAtWallMs)}`;
  return `${when} ${channelName.slice(0, 60)} (${lineCount})`;
}

const maxQuoteChars = 150;

export const findCommand: Command = {
  name: 'find',
  description: 'command.captions.find',
  options: [
    {
      name: 'words',
      description: 'command.captions.find',
      required: true,
      kind: 'text',
      maxChars: 200,
    },
  ],
  async run({ guildId, caller, inputs: typed }, { features, guilds }) {
    const words = typed.words ?? '';
    const found = await features.transcripts.findLines(guildId, caller.id, words);
    return formatQuotes(found, guilds.getTimes(guildId));
  },
};

export function formatQuotes(found: FindOutcome, times: WallTimes): Replies {
  if (found.kind !== 'found') return toNoTranscriptReply(found);
  const [first, ...others] = found.lines.map((line) => formatQuote(line, times));
  return first ? [{ ...first, lines: others }] : toNoTranscriptReply({ kind: 'none' });
}

function formatQuote(
  { name, atWallMs, text, link }: QuotedLine,
  times: WallTimes,
): TextLine {
  const quote = `"${truncate(text, maxQuoteChars)}"`;
  const words = link === undefined ? quote : `${quote} ${link}`;
  return { id: 'find.line', with: { name, time: times.minute(atWallMs), text: words } };
}

/**
 * A self-hosted model may need this long for an evening of talk. The session ends a minute earlier.
 */
export const maxRecapMs = 14 * 60_000;

export const recapCommand: Command = {
  name: 'recap',
  description: 'command.captions.recap',
  longestMs: maxRecapMs,
  options: [sessionOption],
  run: summarise,
};

async function summarise(call: CommandCall, ports: CommandPorts) {
  const picked = await findPickedSession(call, ports);
  if (picked === 'unknown') return toUnknownValueReply(call.inputs.session);
  return await toRecapReply(call, ports, picked);
}

export async function toRecapReply(
  { guildId, caller }: CommandCall,
  { features, guilds }: CommandPorts,
  request: RecapRequest,
): Promise<Replies> {
  const outcome = await features.transcripts.createRecap(guildId, caller.id, request);
  if (outcome.kind !== 'recap') return toNoTranscriptReply(outcome, 'captions.none');
  const messages = formatRecapMessages(outcome, guilds.getTimes(guildId));
  const [first, ...more] = messages.map(([line, ...lines]) => ({ ...line, lines }));
  return first ? [first, ...more] : toNoTranscriptReply({ kind: 'none' });
}
