import { closest } from '#commands/closest-names.ts';
import type {
  CommandCall,
  CommandOption,
  CommandPorts,
  Replies,
} from '#src/features/contract/command.ts';
import { noTranscript, quotes, unknownName } from './transcript.ts';

/** Subjects of a question besides a day: the current session, the previous one, or all of them. */
const subjects = ['this', 'last', 'all'] as const;

/** The transcript that a question is answered from. */
export const subjectOption: CommandOption = {
  name: 'about',
  description: 'command.ask.about.option',
  kind: 'text',
  maxChars: 20,
  async suggest(typed, { guildId, callerId }, { features, timesIn }) {
    const times = timesIn(guildId);
    const sessions = await features.transcripts.sessions(guildId, callerId);
    const days = (sessions ?? []).map(({ startedAtWallMs }) => times.day(startedAtWallMs));
    return closest(typed, [...new Set([...subjects, ...days])]);
  },
};

/** Quotes the lines that answer a question, to the caller alone; aloud what everybody there may know. */
export async function askTranscript(
  { guildId, callerId, callerName, words }: CommandCall,
  { features, timesIn }: Pick<CommandPorts, 'features' | 'timesIn'>,
  question: string,
  isAloud: boolean,
): Promise<Replies> {
  const typed = words.about?.trim().toLowerCase() ?? '';
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(typed);
  const about = subjects.find((one) => one === typed) ?? (isDay ? typed : undefined);
  if (about === undefined) return unknownName(typed);
  if (!/[\p{L}\p{N}]/u.test(question)) return [{ id: 'say.empty', to: 'caller' }];
  const asker = { id: callerId, name: callerName };
  const found = await features.transcripts.ask(guildId, asker, { question, about, isAloud });
  if (found.kind === 'failed') return [{ ...found.line, to: 'caller' }];
  return found.kind === 'found' ? quotes(found.lines, timesIn(guildId)) : noTranscript(found);
}
